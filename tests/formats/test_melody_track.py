"""The choice of the melody among the tracks of scores, written as MIDI with and without part names.

The label is the part that a musician calls the melody: the soprano of a chorale, the first violin
of a quartet, the voice of a song. `python -m pytest -m slow` tests more scores.
"""

import warnings
from pathlib import Path

import pytest
from midi_files import META_NAME, line, meta, smf
from music21 import corpus, stream

from stylernn.formats import midi, music21_reader

QUARTETS = [
    f"{opus}/movement{k}"
    for opus in ("mozart/k155", "mozart/k156", "haydn/opus74no1")
    for k in (1, 2, 3)
]
MADRIGALS = [
    f"monteverdi/madrigal.{book}"
    for book in ("3.1", "3.9", "3.18", "4.7", "4.13", "5.1", "5.4", "5.7")
]
SONGS = [
    "schumann_robert/opus48no2",
    "verdi/laDonnaEMobile",
    "weber/concertino_clarinet",
    "webern/webern_dormi_jesu_op_16_no_2",
]
CHORALES = [
    f"bach/bwv{number}"
    for number in (253, 267, 281, 295, 310, 323, 338, 352, 366, 380, 394, 408, 422, 436)
]


def as_midi(path: Path, score: stream.Score, *, named: bool) -> Path:
    """A score as a MIDI file of one track a part, each on a channel of its own."""
    tracks = []
    for number, part in enumerate(score.parts):
        notes = [
            (20 * onset, 20 * length, pitch)
            for onset, length, pitch in music21_reader.line(part, score).notes.tolist()
        ]
        name = [meta(0, META_NAME, (part.partName or "").encode())] if named else []
        tracks.append([*name, *line(*notes, channel=number % 9)])
    return smf(path, *tracks)


def share_found(names: list[str], folder: Path, *, named: bool) -> float:
    """Share of scores whose first part is found to be the melody."""
    found = []
    for name in names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path = as_midi(folder / "score.mid", corpus.parse(name), named=named)
        found += [part.index == 0 for part in midi.tracks(path) if part.chosen]
    assert len(found) == len(names)
    return sum(found) / len(found)


@pytest.mark.parametrize("named", [True, False], ids=["named", "nameless"])
def test_the_melody_of_chorales_and_madrigals_is_found(tmp_path: Path, named: bool) -> None:
    assert share_found([*CHORALES[:10], *MADRIGALS[:2]], tmp_path, named=named) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("named", [True, False], ids=["named", "nameless"])
def test_the_melody_of_many_scores_is_found(tmp_path: Path, named: bool) -> None:
    assert share_found([*CHORALES, *MADRIGALS, *QUARTETS, *SONGS], tmp_path, named=named) >= 0.9
