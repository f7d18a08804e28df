"""`stylernn render`: hear a music file, played in the manner of a style."""

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
            help="A .wav, .flac or .mp3 file; by default FILE's name as .wav.",
        ),
    ] = None,
    style: Annotated[
        str,
        typer.Option(
            metavar="STYLE", help="Play it in the manner of this style: swing, accents, instrument."
        ),
    ] = "",
    instrument: Annotated[
        str,
        typer.Option(metavar="NAME", help='Any of General MIDI, such as clarinet or "tenor sax".'),
    ] = "",
    tempo: Annotated[
        float | None, typer.Option(metavar="X", min=20, max=400, help="Quarter notes per minute.")
    ] = None,
    straight: Annotated[bool, typer.Option("--straight", help="Play exactly as written.")] = False,
    accompany: Annotated[bool, typer.Option("--accompany", help="Add bass and chords.")] = False,
    sound_font: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar="STYLERNN_SOUND_FONT",
            help="A SoundFont 2 file instead of the one that comes along.",
        ),
    ] = None,
    track: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, help="The melody's track, as `stylernn inspect` numbers them."
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
    level = (
        f"{mastering.loudness(samples):.1f} LUFS, true peak {mastering.true_peak(samples):.1f} dB"
    )
    typer.echo(
        f"{path}: {formatting.count(melody.bars, 'bar')}, {len(samples) / RATE:.1f} seconds, {level}"
    )
