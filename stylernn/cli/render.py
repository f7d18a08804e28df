"""`stylernn render`: plays a music file into a sound file, in the manner of a style."""

from pathlib import Path
from typing import Annotated

import typer

from stylernn.cli import formatting, options, outputs
from stylernn.formats.registry import format_names

__all__ = ["command"]


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"A {format_names()} file.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="A .wav, .flac or .mp3 file. [default: the name of FILE with the ending .wav]",
        ),
    ] = None,
    style: Annotated[
        str,
        typer.Option(
            metavar="STYLE",
            help="Play with the swing, accents and instrument of this style. "
            "[default: a piano, without swing and accents]",
        ),
    ] = "",
    instrument: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help='An instrument of General MIDI, such as clarinet or "tenor sax". '
            "[default: that of the style]",
        ),
    ] = "",
    tempo: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            min=20,
            max=400,
            help="Quarter notes per minute. [default: the tempo of the file]",
        ),
    ] = None,
    straight: Annotated[
        bool, typer.Option("--straight", help="Play the notes exactly as written.")
    ] = False,
    accompany: Annotated[bool, typer.Option("--accompany", help="Add bass and chords.")] = False,
    sound_font: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar="STYLERNN_SOUND_FONT",
            help="A SoundFont 2 file. [default: the one that is installed with pretty_midi]",
        ),
    ] = None,
    track: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Track to read, as numbered by `stylernn inspect`. "
            "[default: the one that looks like the melody]",
        ),
    ] = None,
    seed: options.Seed = 0,
    force: options.Force = False,
) -> None:
    """Play a melody into a sound file."""
    path = out or Path(f"{file.stem}.wav")
    outputs.check([path], force=force, sources=[file], endings=outputs.SOUNDS)

    from stylernn.formats import registry
    from stylernn.sound import RATE, mastering, recording

    melody = registry.read(file, track=track)
    samples = recording.record(
        melody,
        style,
        instrument=instrument,
        tempo=tempo,
        straight=straight,
        accompanied=accompany,
        seed=seed,
        font=sound_font,
    )
    recording.write(samples, path)
    length = f"{formatting.count(melody.bars, 'bar')}, {len(samples) / RATE:.1f} seconds"
    loudness, peak = mastering.loudness(samples), mastering.true_peak(samples)
    typer.echo(f"{path}: {length}, {loudness:.1f} LUFS, true peak {peak:.1f} dB")
