"""Recognition of tunes that are the same composition.

Two tunes belong together if they share their *work*, an id made from title and composer, or their
*opening*, the first notes without key and tempo. Sources differ in spelling, so the work id is a
title without accents, punctuation, articles, dance names and movement numbers. Where composer and
opus number are known, they are used instead of the title.
"""

import re
import unicodedata

import numpy as np

from stylernn.music.melody import Melody

__all__ = ["OPENING_NOTES", "opening", "plain", "work_id"]

OPENING_NOTES = 12
"""Number of notes that are compared at the start of a tune."""

_MOVEMENT = re.compile(r"[\s,:.-]*\b(mvt|mov|movement)\b\.?\s*\w+\s*$", re.IGNORECASE)
_ASIDE = re.compile(r"\([^)]*\)|\[[^]]*\]")
_OPUS = re.compile(r"\bop(?:us)?[\s._]*(\d+)(?:[\s,._]*no?[\s._]*(\d+))?", re.IGNORECASE)
_KOECHEL = re.compile(r"\bkv?[\s._]*(\d{2,3})", re.IGNORECASE)
_APOSTROPHE = re.compile(r"['’`]")
_PUNCTUATION = re.compile(r"[^\w\s]")
_ARTICLES = {"a", "an", "the", "der", "die", "das", "le", "la", "les"}
_DANCE_NAMES = (
    "reel reels jig jigs hornpipe hornpipes strathspey polka waltz schottische quickstep hymntune"
)
_FORM_NAMES = """
    string strings quartet quartets quartett quatuor sonata trio suite minuet menuet rondo prelude
    serenade romance song lied chanson air aria melody tune untitled title ditto do march fling slip
    quick step version setting variation set part no nr number op opus in of and for i ii iii iv v
    vi a b c d e f g h bes es major minor sharp flat natural allegro andante adagio presto
"""
_DANCES = frozenset(_DANCE_NAMES.split())
_GENERIC = _DANCES | frozenset(_FORM_NAMES.split())


def plain(text: str) -> str:
    """A title in lower-case words, without accents, punctuation, leading articles and brackets.

    Args:
        text: a title or a name.

    Returns:
        Words of letters and digits, separated by single spaces.

    Example:
        >>> plain("The Café (a reel)")
        'cafe'
    """
    text = text.replace("_", " ")
    bare = unicodedata.normalize(
        "NFKD", _ASIDE.sub(" ", text) if _ASIDE.sub("", text).strip() else text
    )
    bare = "".join(ch for ch in bare if not unicodedata.combining(ch)).casefold()
    words = _PUNCTUATION.sub(" ", _APOSTROPHE.sub("", bare)).split()
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return " ".join(words)


def work_id(title: str, composer: str, identity: str) -> str:
    """An id of the composition, which tunes from different sources share.

    Args:
        title: as the source gives it; it may end in a movement number.
        composer: "Haydn, Joseph" or "Joseph Haydn"; "" where unknown.
        identity: of the tune; it is the id where the title is generic ("Jig") and no composer is
            known.

    Returns:
        Surname and opus where both are known, else the plain title. A title of generic words only
        ("String Quartet No. 1") has the composer's surname before it.

    Example:
        >>> work_id("String Quartet, Op. 76, No. 2, mvt 1", "Haydn, Joseph", "op76-2.mxl")
        'haydn op 76 no 2'
        >>> work_id("The Irish Washerwoman Jig", "", "0123")
        'irish washerwoman'
        >>> work_id("Jig", "", "0123")
        'only 0123'
    """
    title = _MOVEMENT.sub("", title.replace("_", " "))
    surname = _surname(composer)
    if surname == "mozart" and (koechel := _KOECHEL.search(title)):
        return f"mozart k {int(koechel[1])}"
    if surname and (opus := _OPUS.search(title)):
        return f"{surname} op {int(opus[1])}" + (f" no {int(opus[2])}" if opus[2] else "")
    words = plain(title).split()
    if len(words) > 1 and words[0].isdigit():
        words = words[1:]
    while len(words) > 1 and words[-1] in _DANCES:
        words = words[:-1]
    name = " ".join(words)
    if all(word in _GENERIC or word.isdigit() for word in words):
        return f"{surname} {name}" if surname and words else f"only {identity}"
    return name


def opening(melody: Melody) -> tuple[int, ...]:
    """The first notes of a melody without key and tempo.

    Args:
        melody: any tune.

    Returns:
        At most `2 * (OPENING_NOTES - 1)` integers: intervals in semitones, then inter-onset times
        divided by their greatest common divisor. They are equal for two melodies that begin with
        the same notes in any key or note values.

    Example:
        >>> from stylernn.music.melody import Note
        >>> opening(Melody((Note(0, 24, 60), Note(24, 12, 64), Note(36, 12, 67))))
        (4, 3, 2, 1)
    """
    notes = melody.array[:OPENING_NOTES].astype(np.int64)
    intervals, steps = np.diff(notes[:, 2]), np.diff(notes[:, 0])
    divisor = int(np.gcd.reduce(steps)) if len(steps) else 1
    return (*intervals.tolist(), *(steps // divisor).tolist())


def _surname(composer: str) -> str:
    """The plain surname of "Haydn, Joseph" or "Joseph Haydn (1732-1809)", or ""."""
    if not composer:
        return ""
    name = re.sub(r"\([^)]*\).*$", "", composer)
    last = name.split(",")[0] if "," in name else (name.split() or [""])[-1]
    return plain(last)
