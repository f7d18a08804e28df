"""Notes to samples, by a synthesiser of sound fonts.

The synthesiser is rustysynth, from the package midirenderer, with its reverb. The package
pretty_midi provides the sound font TimGM6mb, the names of the General MIDI instruments, and the
MIDI data that the synthesiser reads. Any other SoundFont 2 file can be used instead.
"""

import difflib
import io
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import midirenderer
import numpy as np
import pretty_midi
import soundfile
from pretty_midi.constants import INSTRUMENT_MAP

from stylernn.errors import FileFormatError, UsageError
from stylernn.sound import RATE
from stylernn.sound.performance import Played
from stylernn.system import limits

__all__ = ["program", "sound_font", "synthesise"]

_VOLUME, _PAN, _REVERB, _CHORUS = 7, 10, 91, 93  # General MIDI controllers
_ROOM = 48  # share of the sound that is sent to the reverb, of 127
_RESOLUTION = 4800  # ticks a quarter, at 120 quarters a minute: a tenth of a millisecond


def program(instrument: str) -> int:
    """The program number of a General MIDI instrument.

    Args:
        instrument: its name, or some words of it: "clarinet", "tenor sax", "piano". If several
            instruments have these words in their names, the first of them is taken.

    Returns:
        The number, from 0.

    Raises:
        UsageError: if there is none; the message names the nearest ones.

    Example:
        >>> program("clarinet")
        71
    """
    words = instrument.lower().split()
    names = [name.lower() for name in INSTRUMENT_MAP]
    if instrument.lower() in names:
        return names.index(instrument.lower())
    found = [
        number for number, name in enumerate(names) if words and all(word in name for word in words)
    ]
    if found:
        return found[0]
    near = difflib.get_close_matches(instrument.lower(), names, n=3, cutoff=0.4)
    hint = (
        f"Did you mean {' or '.join(INSTRUMENT_MAP[names.index(name)] for name in near)}?"
        if near
        else ""
    )
    raise UsageError(
        f"no such instrument: {instrument!r}", expected="a name out of General MIDI", remedy=hint
    )


def sound_font(path: Path | None = None) -> bytes:
    """Read a sound font.

    Args:
        path: a SoundFont 2 file; by default the one that comes with pretty_midi.

    Returns:
        The content of the file.

    Raises:
        FileFormatError: if there is no such file, or it is too large or no sound font.
    """
    chosen = path or Path(str(files("pretty_midi"))) / "TimGM6mb.sf2"
    if not chosen.is_file():
        raise FileFormatError(f"no such file: {chosen}", expected="a sound font (.sf2)")
    try:
        data = limits.contents(chosen, "font_megabytes", remedy="Use a smaller one.")
    except OSError as error:
        raise FileFormatError(
            f"cannot read {chosen}", found=error.strerror or str(error)
        ) from error
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise FileFormatError(f"{chosen} is no sound font", expected="a SoundFont 2 file (.sf2)")
    return data


def synthesise(
    notes: Iterable[Played],
    instrument: str,
    length: float,
    *,
    pan: float = 0.0,
    font: bytes | None = None,
) -> np.ndarray:
    """Synthesise notes on one instrument, with reverberation.

    Args:
        notes: the notes, in seconds.
        instrument: General MIDI name, see `program`.
        length: of the result in seconds; what sounds later is cut off.
        pan: position between left, -1, and right, 1.
        font: content of a sound font, see `sound_font`.

    Returns:
        float64 samples, shape (frames, 2), at the loudness of the sound font.

    Raises:
        UsageError: if there is no such instrument.
        FileFormatError: if the sound font is damaged.
    """
    data = _midi(notes, program(instrument), length, pan)
    try:
        sound = midirenderer.render_wave_from(sound_font() if font is None else font, data)
    except (RuntimeError, ValueError) as error:
        raise FileFormatError(
            "the sound font is damaged", expected="a SoundFont 2 file", found=str(error)
        ) from error
    samples, rate = soundfile.read(io.BytesIO(sound), always_2d=True)
    if rate != RATE:
        raise RuntimeError(f"midirenderer made {rate} frames a second, expected {RATE}")
    frames = round(length * RATE)
    return np.pad(samples[:frames], ((0, max(frames - len(samples), 0)), (0, 0)))


def _midi(notes: Iterable[Played], number: int, length: float, pan: float) -> bytes:
    """The notes of one instrument as a MIDI file of the given length in seconds."""
    score = pretty_midi.PrettyMIDI(resolution=_RESOLUTION, initial_tempo=120)
    player = pretty_midi.Instrument(number)
    player.notes = [
        pretty_midi.Note(
            note.velocity, note.pitch, note.onset, min(note.onset + note.duration, length)
        )
        for note in notes
        if note.onset < length
    ]
    settings = {_VOLUME: 127, _PAN: round(64 + 63 * pan), _REVERB: _ROOM, _CHORUS: 0}
    player.control_changes = [
        pretty_midi.ControlChange(kind, value, 0) for kind, value in settings.items()
    ]
    player.control_changes.append(pretty_midi.ControlChange(_REVERB, _ROOM, length))
    score.instruments = [player]
    buffer = io.BytesIO()
    score.write(buffer)
    return buffer.getvalue()
