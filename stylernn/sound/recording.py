"""A recording of a melody: performed, accompanied, balanced, mastered, and written as a file."""

import io
import os
from pathlib import Path

import numpy as np
import soundfile

from stylernn.errors import UsageError
from stylernn.music.melody import TICKS_PER_QUARTER, Melody
from stylernn.sound import ENDINGS, RATE
from stylernn.sound.accompaniment import accompany
from stylernn.sound.mastering import loudness, master
from stylernn.sound.performance import manner, perform
from stylernn.sound.synthesis import sound_font, synthesise
from stylernn.system.atomic_write import atomic_write

__all__ = ["TAIL", "record", "write"]

TAIL = 1.5
"""Seconds of reverberation after the last bar."""

_LONGEST = 20 * 60  # seconds; a gigabyte of samples
_BALANCE = {"bass": -5.0, "chords": -8.0}  # loudness against the melody's, in LU
_PANS = {"bass": -0.1, "chords": 0.25}
_FADE = 0.5  # seconds


def record(
    melody: Melody,
    style: str = "",
    *,
    instrument: str = "",
    tempo: float | None = None,
    straight: bool = False,
    accompanied: bool = False,
    seed: int = 0,
    font: Path | None = None,
) -> np.ndarray:
    """Record a melody, from its first note to the end of its last bar.

    Args:
        melody: with notes.
        style: decides how it is played, see `performance`.
        instrument: see `synthesis.program`; by default the style's.
        tempo: quarter notes a minute; by default the melody's.
        straight: play as written.
        accompanied: with bass and chords, see `accompaniment`.
        seed: the same seed gives the same samples.
        font: a SoundFont 2 file instead of the one that comes by package.

    Returns:
        Samples, see `stylernn.sound`.

    Raises:
        UsageError: if there is no such instrument, or the melody lasts more than 20 minutes.
        FileFormatError: if the sound font cannot be used.
    """
    tempo = tempo or melody.tempo
    tune = perform(melody, style, tempo=tempo, straight=straight, seed=seed)
    players = {"melody": (tune, instrument or manner(style).instrument)}
    if accompanied:
        band = accompany(melody, style, tempo=tempo, straight=straight, seed=seed)
        players |= {
            "bass": (band.bass, band.bass_instrument),
            "chords": (band.chords, band.chord_instrument),
        }
    players = {role: player for role, player in players.items() if player[0]}
    second = 60 / (tempo * TICKS_PER_QUARTER)
    begin = min(
        [
            melody.notes[0].onset * second,
            *(notes[0].onset for role, (notes, _) in players.items() if role != "melody"),
        ]
    )
    length = melody.end * second - begin + TAIL
    if length > _LONGEST:
        found = f"{length / 60:.0f} minutes"
        raise UsageError(
            "this is too long to record", expected=f"at most {_LONGEST // 60} minutes", found=found
        )
    data = sound_font(font)
    stems = {
        role: synthesise(
            [note._replace(onset=max(note.onset - begin, 0.0)) for note in notes],
            name,
            length,
            pan=_PANS.get(role, 0.0),
            font=data,
        )
        for role, (notes, name) in players.items()
    }
    return master(_faded(_balanced(stems)))


def write(samples: np.ndarray, path: str | os.PathLike[str]) -> None:
    """Write samples in the format that the ending of `path` says; an existing file is replaced as a whole.

    Raises:
        UsageError: if the ending is none of `stylernn.sound.ENDINGS` or the file cannot be written.
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(
            f"cannot tell the format of {path}", expected=f"an ending out of {', '.join(ENDINGS)}"
        )
    data = io.BytesIO()  # soundfile has errors of its own for files that cannot be written
    soundfile.write(data, samples, RATE, format=ending[1:].upper())
    with atomic_write(path) as draft:
        draft.write_bytes(data.getbuffer())


def _balanced(stems: dict[str, np.ndarray]) -> np.ndarray:
    """The players together, each as loud against the melody as its role asks for, whatever the sound font does."""
    mix = stems.pop("melody")
    levels = {role: loudness(stem) for role, stem in stems.items()}
    lead = loudness(mix) if stems else 0.0
    for role, stem in stems.items():
        if np.isfinite(levels[role]) and np.isfinite(lead):
            mix = mix + stem * 10 ** ((lead + _BALANCE[role] - levels[role]) / 20)
    return mix


def _faded(samples: np.ndarray) -> np.ndarray:
    """The last half second dies away, so that the reverberation is not cut off."""
    frames = min(round(_FADE * RATE), len(samples))
    fade = np.ones(len(samples))
    fade[len(samples) - frames :] = np.cos(np.linspace(0, np.pi / 2, frames)) ** 2
    return samples * fade[:, None]
