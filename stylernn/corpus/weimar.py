"""The Weimar Jazz Database: improvised solos, read from its authors' R data files.

Three tables are read: solos (`wjd_meta`), beats with bars and chords (`wjd_annotated_beat_tracks`)
and notes (`wjd_transforms`).

Onsets:
    The position of a note is annotated as bar, beat, and tatum out of a number of divisions of the
    beat. The beat track gives the length of each bar in beats, so that changes of tempo do not
    matter. Swung eighths are annotated as straight ones.
Grid:
    A beat is annotated in up to 36 divisions, more than the transcription is exact. The notes of
    each beat are moved to the coarsest grid of `_GRIDS` on which their onsets differ; of equally
    coarse grids, to the one that moves them least.
Durations:
    Only the articulation is annotated: sounding time over the time to the next onset. A note lasts
    until the next onset. If at least an eighth of silence follows it, the rest is kept and the end
    of the note is moved to the grid.
Free rhythm:
    Six solos are annotated in bars of one beat. They have no metre and are dropped.

Reference:
    Pfleiderer, Frieler, Abesser, Zaddach, Burkhart (eds., 2017), Inside the Jazzomat, Schott.
"""

import gc
from itertools import pairwise
from pathlib import Path

import numpy as np

from stylernn.corpus.parsing import workers
from stylernn.corpus.tunes import MIN_NOTES, Dropped, LabelledMelody
from stylernn.corpus.works import work_id
from stylernn.music.melody import TICKS_PER_QUARTER, Chord, Key, Melody, TimeSignature

__all__ = ["read", "snap_beat"]

_COLUMNS = {
    "wjd_meta": ("melid", "title", "performer", "style", "key", "avgtempo"),
    "wjd_annotated_beat_tracks": ("melid", "bar", "beat", "period", "chord"),
    "wjd_transforms": (
        "melid",
        "bar",
        "beat",
        "tatum",
        "division",
        "pitch_raw",
        "articulation_raw",
        "durclass_rel_raw",
    ),
}
_GRIDS = tuple(
    tuple(np.arange(0, TICKS_PER_QUARTER, step) for step in steps)
    for steps in ((6, 8), (4, 3), (2,), (1,))
)
"""Positions in a beat, in ticks: its quarters or thirds, sixths or eighths, twelfths, all."""

_ENDS = np.array([0, 6, 8, 12, 16, 18, 24])
_REST = TICKS_PER_QUARTER // 2
_FIFTHS = {"C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F": -1}
_MODES = {"": "major", "maj": "major", "mix": "major", "min": "minor", "dor": "minor"}

Table = dict[str, np.ndarray]


def read(
    folder: Path, *, style: str, source: str, licence: str
) -> tuple[list[LabelledMelody], list[Dropped]]:
    """All solos.

    Args:
        folder: the folder of the three .rda files.
        style: label of the tunes; their substyle is the database's, such as "bebop".
        source: of all tunes.
        licence: of all tunes.

    Returns:
        The tunes in the order of the database, and the solos that were dropped.
    """
    with workers(2) as pool:
        solos, beats, notes = pool.map(_table, [folder / f"{name}.rda" for name in _COLUMNS])
    tunes, dropped = [], []
    for row, number in enumerate(solos["melid"].tolist()):
        title, performer = str(solos["title"][row]), str(solos["performer"][row])
        identity = f"{number:03d} {performer}: {title}"
        solo_beats, solo_notes = _rows(beats, number), _rows(notes, number)
        if np.all(solo_beats["period"] == 1):
            dropped.append(Dropped(identity, "free rhythm: no bars annotated"))
            continue
        if len(solo_notes["bar"]) < MIN_NOTES:
            dropped.append(Dropped(identity, f"fewer than {MIN_NOTES} notes"))
            continue
        melody = _melody(
            solo_beats,
            solo_notes,
            _key(str(solos["key"][row])),
            float(solos["avgtempo"][row]),
            title,
        )
        substyle = str(solos["style"][row]).lower()
        tunes.append(
            LabelledMelody(
                melody, style, identity, work_id(title, "", identity), source, licence, substyle
            )
        )
    return tunes, dropped


def snap_beat(positions: np.ndarray) -> np.ndarray:
    """Move the onsets of one beat to the coarsest musical grid on which they differ.

    Args:
        positions: float, shape (notes,), at most 24; rising ticks after the beat, from 0 to < 24.

    Returns:
        int64 ticks from the beat, shape (notes,), strictly rising.

    Example:
        >>> snap_beat(np.array([0.4, 7.7, 16.2])).tolist()
        [0, 8, 16]
    """
    for grids in _GRIDS:
        choices = [grid[np.abs(positions[:, None] - grid).argmin(1)] for grid in grids]
        apart = [choice for choice in choices if np.all(np.diff(choice) > 0)]
        if apart:
            return min(apart, key=lambda choice: float(np.abs(choice - positions).sum()))
    return np.arange(len(positions)) * TICKS_PER_QUARTER // len(positions)


def _melody(beats: Table, notes: Table, key: Key | None, tempo: float, title: str) -> Melody:
    """One solo as a melody that begins with the bar of its first note."""
    first, last = int(notes["bar"].min()), int(notes["bar"].max())
    bars = np.arange(first, last + 1)
    periods = np.array([beats["period"][beats["bar"] == bar][0] for bar in bars])
    starts = np.concatenate([[0], np.cumsum(periods * TICKS_PER_QUARTER)])
    changes = [0, *(np.flatnonzero(np.diff(periods)) + 1).tolist()]
    onsets = _onsets(notes, starts[:-1][notes["bar"] - first])
    # Two of the database's 200,000 notes are not later than the one before them.
    rising = np.append(True, onsets[1:] > np.maximum.accumulate(onsets)[:-1])
    onsets = onsets[rising]
    notes = {column: values[rising] for column, values in notes.items()}
    ends = _ends(onsets, notes["articulation_raw"], notes["durclass_rel_raw"])
    inside = (beats["bar"] >= first) & (beats["bar"] <= last)
    chord_ticks = (
        starts[beats["bar"][inside] - first] + (beats["beat"][inside] - 1) * TICKS_PER_QUARTER
    )
    chords = [
        Chord(int(tick), str(name))
        for tick, name in zip(chord_ticks, beats["chord"][inside], strict=True)
    ]
    return Melody.from_array(
        np.stack([onsets, ends - onsets, notes["pitch_raw"]], axis=1),
        metres=tuple((int(starts[bar]), TimeSignature(int(periods[bar]), 4)) for bar in changes),
        key=key,
        tempo=tempo,
        pickup=int(starts[1] - onsets[0]) if onsets[0] < starts[1] <= 2 * onsets[0] else 0,
        title=title,
        chords=tuple(chords[:1])
        + tuple(now for before, now in pairwise(chords) if now.symbol != before.symbol),
    )


def _onsets(notes: Table, bar_starts: np.ndarray) -> np.ndarray:
    """Onsets in ticks, strictly rising; int64, shape (notes,)."""
    beats = bar_starts + (notes["beat"] - 1) * TICKS_PER_QUARTER
    positions = (notes["tatum"] - 1) * TICKS_PER_QUARTER / notes["division"]
    cuts = np.flatnonzero(np.diff(beats)) + 1
    snapped = [snap_beat(part) for part in np.split(positions, cuts)]
    return beats + np.concatenate(snapped)


def _ends(onsets: np.ndarray, articulation: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Ends of the notes in ticks, by the rule at the head of this module; int64, shape (notes,).

    The end of the last note follows from its annotated class of duration.
    """
    gaps = np.diff(onsets)
    sounding = onsets[:-1] + gaps * np.nan_to_num(articulation[:-1], nan=1.0)
    beat, position = np.divmod(sounding, TICKS_PER_QUARTER)
    snapped = _ENDS[np.abs(position[:, None] - _ENDS).argmin(1)]
    ends = (beat * TICKS_PER_QUARTER + snapped).astype(np.int64)
    ends = np.where(
        onsets[1:] - sounding < _REST, onsets[1:], np.maximum(ends, onsets[:-1] + _ENDS[1])
    )
    last = onsets[-1] + int(TICKS_PER_QUARTER * 2.0 ** classes[-1])
    return np.append(np.minimum(ends, onsets[1:]), last)


def _key(name: str) -> Key | None:
    """The key that the database writes as "Eb-maj"; None for chromatic, blues and missing keys."""
    tonic, _, mode = name.partition("-")
    if not tonic or mode not in _MODES:
        return None
    fifths = (
        _FIFTHS[tonic[0]]
        + 7 * (tonic.count("#") - tonic.count("b"))
        - (3 if _MODES[mode] == "minor" else 0)
    )
    return Key((fifths + 5) % 12 - 5 if abs(fifths) > 6 else fifths, _MODES[mode])


def _rows(table: Table, solo: int) -> Table:
    """The rows of one solo."""
    start, stop = np.searchsorted(table["melid"], [solo, solo + 1])
    return {column: values[start:stop] for column, values in table.items()}


def _table(path: Path) -> Table:
    """The columns of one R data frame that `_COLUMNS` names.

    The conversion to pandas is left out: it takes twice as long as parsing, most of it for columns
    that are not needed.
    """
    import rdata  # imports pandas and xarray, which takes a second

    gc.disable()  # parsing makes millions of objects without cycles and is a third faster so
    try:
        frame = rdata.parser.parse_file(path).object.value[0]
    finally:
        gc.enable()
    attributes = frame.attributes
    while (attributes.tag.referenced_object or attributes.tag).value.value != b"names":
        attributes = attributes.value[1]
    names = [name.value.decode() for name in attributes.value[0].value]
    wanted = {name: frame.value[names.index(name)].value for name in _COLUMNS[path.stem]}
    table = {
        name: _text(column) if isinstance(column, list) else np.asarray(column)
        for name, column in wanted.items()
    }
    # The rows of a solo are in order, but not all of them are adjacent.
    order = np.argsort(table["melid"], kind="stable")
    return {name: column[order] for name, column in table.items()}


def _text(column: list) -> np.ndarray:
    """A column of R strings as an array of str; missing ones are empty."""
    return np.array([(entry.value or b"").decode("utf-8") for entry in column])
