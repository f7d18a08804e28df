"""Names of output files, and checks that they can be written, before any other work."""

import os
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from stylernn.errors import UsageError
from stylernn.sound import ENDINGS as SOUNDS

if TYPE_CHECKING:
    from stylernn.music.melody import Melody

__all__ = [
    "PAGES",
    "PICTURES",
    "SOUNDS",
    "check",
    "check_folder",
    "numbered",
    "plan",
    "plots",
    "varied",
    "write",
]

PICTURES = (".png", ".svg", ".pdf")
"""Endings of the piano rolls that can be drawn."""

PAGES = (".png", ".svg")
"""Endings of the pages that can be engraved."""


def plan(inputs: Sequence[Path], out: Path | None, style: str) -> list[Path]:
    """Name the output of each input.

    One input goes to `out`, or into it if it is a folder. Without `out`, `tune.mid` becomes
    `tune.STYLE.mid` in the current folder. Several inputs keep their names in the folder `out`,
    which is made if it does not exist.

    Args:
        inputs: the files to read.
        out: file or folder of the user, if any.
        style: for the names.

    Returns:
        One path for each input.

    Raises:
        UsageError: if two inputs would get the same name, or `out` is a file and there are several
            inputs.
    """
    if out is None:
        outputs = [Path(f"{path.stem}.{_named(style)}{path.suffix}") for path in inputs]
    elif len(inputs) > 1 or out.is_dir():
        outputs = [_folder(out) / path.name for path in inputs]
    else:
        outputs = [out]
    for path in outputs:
        if outputs.count(path) > 1:
            raise UsageError(
                f"two inputs would both be written to {path}", remedy="Transfer them one by one."
            )
    return outputs


def numbered(out: Path | None, style: str, count: int) -> list[Path]:
    """Name new melodies: `STYLE-1.mid`, `STYLE-2.mid` ... in a folder, or `out` itself.

    Args:
        out: file or folder of the user, if any; a file is numbered if there are several melodies.
        style: for the names.
        count: how many melodies.

    Returns:
        One path for each melody.

    Raises:
        UsageError: if the folder cannot be made.
    """
    if out is None:
        base = Path(f"{_named(style)}.mid")
    elif out.is_dir() or not out.suffix:
        base = _folder(out) / f"{_named(style)}.mid"
    else:
        base = out
    if count == 1 and base == out:
        return [base]
    return [base.with_name(f"{base.stem}-{number}{base.suffix}") for number in range(1, count + 1)]


def varied(path: Path, count: int) -> list[Path]:
    """Name variations: the path itself, or numbered if there are several.

    Args:
        path: name of a single result.
        count: how many variations.

    Returns:
        One path for each variation.

    Example:
        >>> [str(path) for path in varied(Path("tune.mid"), 2)]
        ['tune-1.mid', 'tune-2.mid']
    """
    return (
        [path]
        if count == 1
        else [path.with_name(f"{path.stem}-{k}{path.suffix}") for k in range(1, count + 1)]
    )


def check(
    outputs: Iterable[Path],
    *,
    force: bool,
    sources: Iterable[Path] = (),
    endings: Sequence[str] | None = None,
) -> None:
    """Make sure that every output can be written.

    Args:
        outputs: the files to be written.
        force: existing files may be replaced.
        sources: files that must never be replaced.
        endings: the endings that are allowed; by default those of music and sound files.

    Raises:
        UsageError: naming the first output that cannot be written, and why.
    """
    from stylernn.formats import registry

    known = registry.endings() + SOUNDS if endings is None else endings
    # `Path.resolve` would fail on links in a circle.
    protected = {os.path.realpath(path) for path in sources}
    for path in outputs:
        ending = path.suffix.lower()
        if ending not in known:
            expected = f"an ending out of {', '.join(known)}"
            raise UsageError(
                f"cannot write {path}",
                expected=expected,
                remedy="Choose a name with such an ending with -o.",
            )
        if ending in SOUNDS and find_spec("midirenderer") is None:
            remedy = "Install it with: pip install 'stylernn[sound]'"
            raise UsageError(f"{path} needs the synthesiser of the extra sound", remedy=remedy)
        folder = path.parent
        if not folder.is_dir():
            raise UsageError(
                f"cannot write {path}: there is no folder {folder}",
                remedy="Create the folder first.",
            )
        if path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder")
        if os.path.realpath(path) in protected:
            raise UsageError(
                f"{path} is an input and would be overwritten",
                remedy="Choose another output with -o.",
            )
        if os.path.lexists(path) and not force:  # also true for a broken link
            raise UsageError(
                f"{path} exists",
                remedy="Overwrite it with --force or choose another output with -o.",
            )
        if not os.access(folder, os.W_OK):
            raise UsageError(f"cannot write {path}: the folder {folder} is not writable")


def check_folder(folder: Path, names: Iterable[str], *, force: bool) -> None:
    """Make sure that some files can be written into a folder, which need not exist yet.

    Args:
        folder: the folder.
        names: of the files.
        force: existing files may be replaced.

    Raises:
        UsageError: naming the first file or folder that cannot be written, and why.
    """
    nearest = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    if not nearest.is_dir():
        raise UsageError(
            f"cannot make the folder {folder}: {nearest} is none", remedy="Choose another with -o."
        )
    if not os.access(nearest, os.W_OK):
        raise UsageError(f"cannot write to {folder}: the folder {nearest} is not writable")
    for path in (folder / name for name in names):
        if path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder")
        if os.path.lexists(path) and not force:
            raise UsageError(
                f"{path} exists",
                remedy="Overwrite it with --force or choose another folder with -o.",
            )


def plots(plot: Path | None, outputs: Sequence[Path]) -> list[Path]:
    """Name the pictures of results.

    Args:
        plot: file of the user, if any; it is numbered if there are several results.
        outputs: the results.

    Returns:
        One path for each result; none without `plot`.

    Example:
        >>> [str(path) for path in plots(Path("roll.png"), [Path("a.mid"), Path("b.mid")])]
        ['roll-1.png', 'roll-2.png']
    """
    if plot is None:
        return []
    if len(outputs) == 1:
        return [plot]
    return [
        plot.with_name(f"{plot.stem}-{number}{plot.suffix}")
        for number in range(1, len(outputs) + 1)
    ]


def write(melody: "Melody", path: Path, style: str = "", *, seed: int = 0) -> None:
    """Write a melody as a music file or, by the ending of the path, as a sound file.

    Args:
        melody: the melody.
        path: where to write.
        style: that a sound file is played in.
        seed: of the performance of a sound file.
    """
    if path.suffix.lower() in SOUNDS:
        from stylernn.sound import recording

        recording.write(recording.record(melody, style, seed=seed), path)
    else:
        from stylernn.formats import registry

        registry.write(melody, path)


def _named(style: str) -> str:
    """A style for the name of a file: "a=0.7,b=0.3" becomes "a0.7-b0.3", "tunes/ref.mid" "ref"."""
    parts = (part.partition("=") for part in style.split(","))
    return "-".join(f"{Path(name.strip()).stem}{weight.strip()}" for name, _, weight in parts)


def _folder(path: Path) -> Path:
    """An output folder, made if its parent exists."""
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is a file", expected="a folder for the results")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}", remedy="Create the folder first.")
    path.mkdir(exist_ok=True)
    return path
