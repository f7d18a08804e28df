"""A melody and where it comes from: what `stylernn.read` and `stylernn.transfer` return."""

import os
import tempfile
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylernn.display import html
from stylernn.errors import UsageError
from stylernn.formats import midi_replace, registry
from stylernn.generation.transfer import Result
from stylernn.music.melody import Melody
from stylernn.representation.note_alignment import NoteAlignment
from stylernn.sound import ENDINGS as SOUNDS
from stylernn.system.atomic_write import atomic_write

__all__ = ["AnyPath", "MelodyFile"]

AnyPath = str | os.PathLike[str]
"""A path, or its name."""


@dataclass(frozen=True, repr=False)
class MelodyFile:
    """A melody that knows where it comes from.

    Args:
        melody: the notes.
        path: the file that it, or the tune it was made of, was read from.
        track: the part of that file that was asked for.
        arranged: it stands among other tracks of that file, and is put back there when written as
            MIDI.
        source: the tune that it was made of, with the bars, key and tempo that were asked for.
        style: that it is in, where stylernn made it.
        seed: that it was drawn with.
        result: of the transfer that made it.
        alignment: what became of each note of the tune.
        provenance: where it comes from, see `provenance.describe`.
    """

    melody: Melody
    path: Path | None = None
    track: int | None = None
    arranged: bool = False
    source: Melody | None = None
    style: str = ""
    seed: int = 0
    result: Result | None = None
    alignment: NoteAlignment | None = None
    provenance: dict[str, Any] | None = None

    def __repr__(self) -> str:
        melody = self.melody
        title = f"{melody.title!r}, " if melody.title else ""
        style = f", in {self.style} (seed {self.seed})" if self.style else ""
        size = f"{melody.bars} bars of {melody.metre}, {len(melody.array)} notes"
        return f"<MelodyFile {title}{size}{style}>"

    def write(self, path: AnyPath, *, replace: bool = False, melody_only: bool = False) -> Path:
        """Write MIDI, a score or sound, by the ending of the name.

        Args:
            path: the file to write.
            replace: whether a file of that name may be replaced.
            melody_only: leave out the other tracks of the file that the melody comes from.

        Returns:
            The path.

        Raises:
            UsageError: if the file exists and may not be replaced, cannot be written, or no format
                has its ending.
        """
        path = Path(path)
        if os.path.lexists(path) and not replace:
            remedy = "Choose another name, or pass replace=True."
            raise UsageError(f"{path} exists", remedy=remedy)
        if path.suffix.lower() in SOUNDS:
            from stylernn.sound import recording

            recording.write(recording.record(self.melody, self.style, seed=self.seed), path)
        elif self.is_put_back(path, melody_only=melody_only) and self.path is not None:
            data = midi_replace.put_back(self.path, self.melody, track=self.track)
            with atomic_write(path) as draft:
                draft.write_bytes(data)
        else:
            registry.write(self.melody, path)
        return path

    def is_put_back(self, path: Path, *, melody_only: bool = False) -> bool:
        """Whether `write` puts the melody among the other tracks of its file.

        Args:
            path: that would be written.
            melody_only: as for `write`.
        """
        return self.arranged and not melody_only and registry.is_midi(path)

    def show(self) -> None:
        """Show the piano roll and a player.

        In a notebook they appear below the cell, elsewhere in the browser.
        """
        try:
            from IPython import get_ipython
        except ModuleNotFoundError:
            shell = None
        else:
            shell = get_ipython()
        if shell is not None:
            from IPython.display import HTML, display

            display(HTML(self._repr_html_()))
            return
        with tempfile.NamedTemporaryFile(
            "w", suffix=".html", delete=False, encoding="utf-8"
        ) as file:
            file.write(f"<!doctype html><meta charset='utf-8'>{self._repr_html_()}")
        webbrowser.open(Path(file.name).as_uri())

    def _repr_html_(self) -> str:
        return html.fragment(self.melody, self.alignment, style=self.style, seed=self.seed)
