"""The Weimar Jazz Database: improvised solos from its authors' R data files.

Three tables: solos (`wjd_meta`), beats with bars and chords (`wjd_annotated_beat_tracks`), notes (`wjd_transforms`).

Onset
    A note stands at (bar, beat, tatum of so many divisions). The beat track says how long each bar is, so the drift of
    tempo plays no part. Swung eighths are annotated straight: swing belongs to playback.
Grid
    Divisions reach 36 a beat, and transcribers' noise with them. Each beat is written on the coarsest of the grids
    `_GRIDS` that keeps its notes apart, and of equally coarse ones on that which moves them least.
Duration
    Only the articulation is known: sounding time over the time to the next onset. A note lasts until the next onset,
    unless it is silent for an eighth or longer: then the rest is real, and the note ends where it does, to the grid.
Rhythm of no metre
    Six free solos are annotated in bars of one beat. They have no bars and are dropped.

Reference: Pfleiderer, Frieler, Abesser, Zaddach, Burkhart (eds.), Inside the Jazzomat, Schott 2017.
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
"""Places in a beat, in ticks: quarters or thirds of it, then sixths or eighths, twelfths, and every tick."""

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
        folder: holds the three .rda files.
        style: label of the tunes; the substyle is Weimar's own, such as "bebop".
        source: the same for all tunes.
        licence: the same for all tunes.
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


def snap_beat(places: np.ndarray) -> np.ndarray:
    """Write the onsets of one beat on a musical grid.

    Args:
        places: in ticks from the beat, 0 <= place < 24, rising; float, shape (notes,), at most 24.

    Returns:
        Integer ticks, shape (notes,), strictly rising.
    """
    for grids in _GRIDS:
        choices = [grid[np.abs(places[:, None] - grid).argmin(1)] for grid in grids]
        apart = [choice for choice in choices if np.all(np.diff(choice) > 0)]
        if apart:
            return min(apart, key=lambda choice: float(np.abs(choice - places).sum()))
    return np.arange(len(places)) * TICKS_PER_QUARTER // len(places)


def _melody(beats: Table, notes: Table, key: Key | None, tempo: float, title: str) -> Melody:
    first, last = int(notes["bar"].min()), int(notes["bar"].max())
    bars = np.arange(first, last + 1)
    periods = np.array([beats["period"][beats["bar"] == bar][0] for bar in bars])
    starts = np.concatenate([[0], np.cumsum(periods * TICKS_PER_QUARTER)])
    changes = [0, *(np.flatnonzero(np.diff(periods)) + 1).tolist()]
    onsets = _onsets(notes, starts[:-1][notes["bar"] - first])
    rising = np.append(
        True, onsets[1:] > np.maximum.accumulate(onsets)[:-1]
    )  # two notes of 200,000 do not
    onsets, notes = onsets[rising], {column: values[rising] for column, values in notes.items()}
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
    places = (notes["tatum"] - 1) * TICKS_PER_QUARTER / notes["division"]
    cuts = np.flatnonzero(np.diff(beats)) + 1
    snapped = [snap_beat(part) for part in np.split(places, cuts)]
    return beats + np.concatenate(snapped)


def _ends(onsets: np.ndarray, articulation: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Where notes end, in ticks, by the rule in the module's docstring; the last one by its class of duration."""
    gaps = np.diff(onsets)
    sounding = onsets[:-1] + gaps * np.nan_to_num(articulation[:-1], nan=1.0)
    beat, place = np.divmod(sounding, TICKS_PER_QUARTER)
    ends = (beat * TICKS_PER_QUARTER + _ENDS[np.abs(place[:, None] - _ENDS).argmin(1)]).astype(
        np.int64
    )
    ends = np.where(
        onsets[1:] - sounding < _REST, onsets[1:], np.maximum(ends, onsets[:-1] + _ENDS[1])
    )
    last = onsets[-1] + int(TICKS_PER_QUARTER * 2.0 ** classes[-1])
    return np.append(np.minimum(ends, onsets[1:]), last)


def _key(name: str) -> Key | None:
    """Weimar's "Eb-maj"; None for chromatic, blues and no keys."""
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
    """The columns that are needed of one R data frame.

    rdata's conversion to pandas takes twice as long as parsing, most of it for columns of text that nobody asks for.
    """
    import rdata  # imports pandas and xarray, which takes a second

    gc.disable()  # millions of small objects and no cycles: parsing is a third faster
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
    order = np.argsort(
        table["melid"], kind="stable"
    )  # a solo's rows are in order, but not all stand together
    return {name: column[order] for name, column in table.items()}


def _text(column: list) -> np.ndarray:
    return np.array([(entry.value or b"").decode("utf-8") for entry in column])
