"""A small synthesiser for listening tests, with the same plain sound for every item.

It is additive: eight partials decay the faster the higher they are, as those of a plucked string
do. It needs neither a sound font nor a system library, and gives the same samples on every machine.
All items have the same loudness, so that loudness does not influence the choices.
"""

import base64
import io
import wave

import numpy as np

from stylernn.music.melody import TICKS_PER_QUARTER, Melody

__all__ = ["RATE", "data_uri", "render"]

RATE = 16_000
"""Samples a second."""

_PARTIALS = np.arange(1, 9)
_ATTACK, _RELEASE, _TAIL = 0.006, 0.06, 0.4
_LOUDNESS = 0.12


def render(melody: Melody, *, tempo: float = 110.0) -> np.ndarray:
    """Play a melody.

    Args:
        melody: what to play, from its first note on.
        tempo: quarter notes a minute; the tempo of the melody is not used.

    Returns:
        Samples from -1 to 1 at `RATE`, with the same root mean square for every melody; float64,
        shape (samples,).

    Example:
        >>> sound = render(Melody.from_array(np.array([(0, 24, 69)])), tempo=60)
        >>> len(sound) / RATE
        1.4
    """
    seconds = 60 / (tempo * TICKS_PER_QUARTER)
    start = melody.notes[0].onset
    sound = np.zeros(int(((melody.notes[-1].end - start) * seconds + _TAIL) * RATE))
    for note in melody.notes:
        tone = _tone(440 * 2 ** ((note.pitch - 69) / 12), note.duration * seconds)
        first = int((note.onset - start) * seconds * RATE)
        part = sound[first : first + len(tone)]
        part += tone[: len(part)]
    level = np.sqrt(np.mean(sound**2))
    return np.clip(sound * _LOUDNESS / max(level, 1e-9), -1, 1)


def data_uri(sound: np.ndarray) -> str:
    """Encode samples as a WAV file of 16 bits in a data URI.

    Args:
        sound: samples from -1 to 1 at `RATE`.

    Returns:
        The data URI.

    Example:
        >>> data_uri(np.zeros(2))[:30]
        'data:audio/wav;base64,UklGRigA'
    """
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 32_767).astype("<i2").tobytes())
    return "data:audio/wav;base64," + base64.b64encode(buffer.getvalue()).decode()


def _tone(frequency: float, length: float) -> np.ndarray:
    """One note: its partials below half the sampling rate, with attack, decay and release."""
    time = np.arange(int((length + _RELEASE) * RATE)) / RATE
    partials = _PARTIALS[_PARTIALS * frequency < 0.45 * RATE]
    decay = np.exp(-time[:, None] * (1.2 + 0.9 * partials) * (frequency / 440) ** 0.3)
    waves = np.sin(2 * np.pi * frequency * partials * time[:, None]) * decay / partials**1.4
    envelope = np.minimum(time / _ATTACK, 1) * np.clip((length + _RELEASE - time) / _RELEASE, 0, 1)
    return waves.sum(axis=1) * envelope
