"""Round trips of real MIDI files and scores: transferred, replaced in their files, and read again.

The files come with the package music21: MIDI files of its tests, and scores of its corpus that are
written as MIDI of one track (format 0) or of many (format 1), with their lyrics. Here, a model of
random weights transfers a few; `python -m pytest -m slow` uses the pretrained model for all.
"""

import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path

import music21
import pytest
from midi_files import hangs
from music21 import converter, corpus

import stylernn as s
from stylernn.formats import midi, midi_replace, score_text, smf
from stylernn.music.melody import TICKS_PER_QUARTER, Melody

PACKAGE = Path(music21.__file__).parent
MIDI = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.mid"))
CHORALES = [
    f"bach/bwv{number}"
    for number in (253, 267, 281, 295, 310, 323, 338, 352, 366, 380, 394, 408, 422, 436)
]
ENSEMBLES = [
    "monteverdi/madrigal.4.7",
    "palestrina/Agnus_0",
    "corelli/opus3no1/1grave",
    "mozart/k156/movement2",
    "liliuokalani/aloha_oe",
]
SONGS = [
    "schubert/lindenbaum",
    "schumann_robert/opus48no2",
    "verdi/laDonnaEMobile",
    "webern/webern_dormi_jesu_op_16_no_2",
    "handel/rinaldo/lascia_chio_pianga",
    "johnson_j_r/lift_every_voice",
    "leadSheet/fosterBrownHair",
    "leadSheet/berlinAlexandersRagtime",
]
TUNES = [
    *(f"essenFolksong/altdeu10:{number}" for number in (0, 1, 2, 3, 5)),
    *(f"essenFolksong/ballad10:{number}" for number in (0, 1, 2, 3)),
    *(f"oneills1850/0001-0050:{number}" for number in (1, 2, 3)),
]
SCORES = [*CHORALES, *ENSEMBLES, *SONGS, *TUNES]
SHARED = 0.8  # a part of which less is melody has an accompaniment in it
FEW = [
    MIDI[number - 1] for number in (3, 8, 14, 17, 18, 23)
]  # a long one, and five that share a compiled program


def real_file(name: str, folder: Path, kind: int = 1) -> Path:
    """A MIDI file of the package, or a score as MIDI (of a collection, the tune of a number)."""
    if name.endswith(".mid"):
        return PACKAGE / name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(_score(name).write("midi", folder / "score.mid"))
    if kind == 0:
        path.write_bytes(smf.dump(in_one_track(smf.parse(path.read_bytes(), name))))
    return path


def _score(name: str) -> music21.stream.Score:
    work, _, number = name.partition(":")
    if not number:
        return corpus.parse(work)
    return converter.parseData(
        score_text.tune_texts(corpus.getWork(work))[int(number)], format="abc"
    )


def in_one_track(file: smf.File) -> smf.File:
    """The same music in format 0: one track, a channel for each of the old ones."""
    merged = []
    for number, chunk in enumerate(file.tracks):
        for event in smf.events(file.chunks[chunk].data, "x"):
            channel = number + (number > 8)  # the tenth is for drums
            status = event.status if event.status >= 0xF0 else event.status & 0xF0 | channel
            merged.append(event._replace(status=status))
    assert len(file.tracks) < 16
    last = max(event.tick for event in merged)
    kept = sorted((event for event in merged if not event.ends_track), key=lambda event: event.tick)
    track = smf.dump_track([*kept, smf.Event(last, 0xFF, b"\x2f\x00")])
    return smf.File(b"\0\0\0\x01" + file.header[4:], [smf.Chunk(b"MTrk", track)])


def length(file: smf.File) -> int:
    return max(
        event.tick for number in file.tracks for event in smf.events(file.chunks[number].data, "x")
    )


def check_put_back(before: Path, after: Path, tune: s.MelodyFile, made: Melody) -> None:
    """All but the melody is unchanged, every note has an end, and the file is not longer."""
    place = midi.locate(before, track=tune.track)[1]
    old, new = (smf.parse(path.read_bytes(), path.name) for path in (before, after))
    assert (old.header, old.rest) == (new.header, new.rest)
    voice, _ = midi_replace._find(old, place, before.name)
    for number, (a, b) in enumerate(zip(old.chunks, new.chunks, strict=True)):
        if number != voice.chunk:
            assert a == b
    track, again = (smf.events(file.chunks[voice.chunk].data, "x") for file in (old, new))
    staying, found = others(track, voice.channel), others(again, voice.channel)
    assert len(found) - len(staying) <= 1  # the program, again, for notes that come before it
    assert [event for event in found if event.status >> 4 != 0xC or event in staying] == staying
    assert hangs(track) or not hangs(again)
    assert made.bars == tune.melody.bars
    begin = (made.notes[-1].onset - place.shift) * smf.quarter(old, "x") / TICKS_PER_QUARTER
    assert length(new) == length(old) or begin >= length(old)
    if place.taken.mean() < SHARED:
        beside = Counter(map(tuple, place.notes[~place.taken].tolist()))
        assert not beside - Counter(
            (event.tick, event.data[0]) for event in again if event.starts_note
        )
    else:
        melody = midi.read(after, track=place.part)
        assert [note[::2] for note in melody.notes] == [note[::2] for note in made.notes]


def others(track: list[smf.Event], channel: int) -> list[smf.Event]:
    """Events that are no notes of a channel."""
    return [
        event
        for event in track
        if not (event.is_note and event.status & 15 == channel) and not event.ends_track
    ]


def check_alone(path: Path, made: Melody) -> None:
    """A melody of its own is in its file as it was made, to the end of its last bar."""
    file = smf.parse(path.read_bytes(), path.name)
    assert midi.read(path).notes == made.notes
    assert not any(hangs(smf.events(file.chunks[number].data, "x")) for number in file.tracks)
    assert length(file) == made.end * 20


def there_and_back(path: Path, folder: Path, model: Path | None) -> None:
    """To jazz, and what came of it to classical."""
    tune = s.read(path)
    there, back = folder / "there.mid", folder / "back.mid"
    made = s.transfer(tune, "jazz", model=model, candidates=1)
    made.write(there)
    if not tune.arranged:
        check_alone(there, made.melody)
        return
    check_put_back(path, there, tune, made.melody)
    part = midi.locate(path)[1].part
    tune = replace(
        s.read(there, track=part), arranged=True
    )  # even if little is left beside the melody
    made = s.transfer(tune, "classical", model=model, candidates=1)
    made.write(back)
    check_put_back(there, back, tune, made.melody)


@pytest.mark.parametrize("name", FEW)
def test_a_few_files_there_and_back(name: str, tmp_path: Path, tiny_model: Path) -> None:
    there_and_back(real_file(name, tmp_path), tmp_path, tiny_model)


@pytest.mark.parametrize("kind", [0, 1])
def test_a_chorale_there_and_back(kind: int, tmp_path: Path, tiny_model: Path) -> None:
    path = real_file(CHORALES[0], tmp_path, kind)
    assert smf.parse(path.read_bytes(), "x").format == kind
    there_and_back(path, tmp_path, tiny_model)


def test_there_are_sixty() -> None:
    assert len({*MIDI, *SCORES}) >= 60


@pytest.mark.slow
@pytest.mark.parametrize("name", [*MIDI, *SCORES])
def test_all_files_there_and_back(name: str, tmp_path: Path) -> None:
    there_and_back(real_file(name, tmp_path, kind=len(name) % 2), tmp_path, None)
