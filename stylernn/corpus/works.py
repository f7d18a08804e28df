"""Which tunes are the same composition.

Two signs of kinship: the *work*, an identity made from title and composer, and the *opening*, the first notes without
their key and tempo. Sources disagree on spelling, so a work is what is left of a title when accents, punctuation,
articles, dance names and movement numbers are gone. An opus number with a composer says more than any title.
"""

import re
import unicodedata

import numpy as np

from stylernn.music.melody import Melody

__all__ = ["OPENING_NOTES", "opening", "plain", "work_id"]

OPENING_NOTES = 12

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
    string strings quartet quartets quartett quatuor sonata trio suite minuet menuet rondo prelude serenade romance song
    lied chanson air aria melody tune untitled title ditto do march fling slip quick step version setting variation
    set part no nr number op opus in of and for i ii iii iv v vi a b c d e f g h bes es major minor sharp flat natural
    allegro andante adagio presto
"""
_DANCES = frozenset(_DANCE_NAMES.split())
_GENERIC = _DANCES | frozenset(_FORM_NAMES.split())


def plain(text: str) -> str:
    """Lower-case words of letters and digits, without accents, articles at the start or words in brackets."""
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
    """A name of the composition that tunes from different sources share.

    Args:
        title: as the source gives it; may end in a movement number.
        composer: "" where unknown; as "Haydn, Joseph" or "Joseph Haydn".
        identity: of the tune, used where a title says nothing ("Jig") and no composer is known.

    Returns:
        Surname and opus ("haydn op 76 no 2") where both are known, else the plain title; a title of generic words
        only ("String Quartet No. 1") has the composer before it.
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
    """The first notes without key and tempo: intervals in semitones, then inter-onset times over their common divisor.

    Returns:
        At most `2 * (OPENING_NOTES - 1)` integers; equal for two melodies that start alike in any key or note value.
    """
    notes = melody.array[:OPENING_NOTES].astype(np.int64)
    intervals, steps = np.diff(notes[:, 2]), np.diff(notes[:, 0])
    divisor = int(np.gcd.reduce(steps)) if len(steps) else 1
    return (*intervals.tolist(), *(steps // divisor).tolist())


def _surname(composer: str) -> str:
    if not composer:
        return ""
    name = re.sub(r"\([^)]*\).*$", "", composer)
    last = name.split(",")[0] if "," in name else (name.split() or [""])[-1]
    return plain(last)
