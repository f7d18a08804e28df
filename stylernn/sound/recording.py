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

_LONGEST = 20 * 60  # seconds; the samples then take a gigabyte
_BALANCE = {"bass": -5.0, "chords": -8.0}  # loudness relative to the melody, in LU
_PANS = {"bass": -0.1, "chords": 0.25}  # from -1, left, to 1, right
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
        melody: a tune with at least one note.
        style: label of the style in whose manner it is played, see `performance.manner`.
        instrument: General MIDI name, see `synthesis.program`; by default the style's instrument.
        tempo: quarter notes a minute; by default the melody's.
        straight: play it as written, without swing, accents and small deviations of timing.
        accompanied: add bass and chords, see `accompaniment.accompany`.
        seed: the same seed gives the same samples.
        font: a SoundFont 2 file; by default the one that comes with pretty_midi.

    Returns:
        float64 samples, shape (frames, 2), at the loudness `mastering.TARGET`.

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
    """Write samples as a sound file; an existing file is replaced as a whole.

    Args:
        samples: float, shape (frames, 2).
        path: of the file; its suffix is one of `stylernn.sound.ENDINGS` and decides the format.

    Raises:
        UsageError: if the suffix is another one or the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in ENDINGS:
        raise UsageError(
            f"cannot tell the format of {path}",
            expected=f"an ending out of {', '.join(ENDINGS)}",
        )
    data = io.BytesIO()  # a file object of our own, since soundfile raises errors of its own
    soundfile.write(data, samples, RATE, format=suffix[1:].upper())
    with atomic_write(path) as draft:
        draft.write_bytes(data.getbuffer())


def _balanced(stems: dict[str, np.ndarray]) -> np.ndarray:
    """The sum of the stems, each at the loudness of its role relative to the melody."""
    mix = stems.pop("melody")
    levels = {role: loudness(stem) for role, stem in stems.items()}
    lead = loudness(mix) if stems else 0.0
    for role, stem in stems.items():
        if np.isfinite(levels[role]) and np.isfinite(lead):
            mix = mix + stem * 10 ** ((lead + _BALANCE[role] - levels[role]) / 20)
    return mix


def _faded(samples: np.ndarray) -> np.ndarray:
    """The samples with a fade over the last half second, so that no reverberation is cut off."""
    frames = min(round(_FADE * RATE), len(samples))
    fade = np.ones(len(samples))
    fade[len(samples) - frames :] = np.cos(np.linspace(0, np.pi / 2, frames)) ** 2
    return samples * fade[:, None]
