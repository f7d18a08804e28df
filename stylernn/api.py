"""stylernn from Python, in three calls; `import stylernn as s` finds them.

    tune = s.read("in.mid")
    jazz = s.transfer(tune, to="jazz", seed=1)
    jazz.write("out.mid")

A `MelodyFile` is a melody that remembers its file, so that it can be put back among the other tracks, and what it was made
of. The arguments are those of the commands; the model is loaded once.
"""

import os
import tempfile
import webbrowser
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from stylernn.adaptation import user_styles
from stylernn.display import html
from stylernn.errors import StylernnError, UsageError
from stylernn.formats import midi_replace, registry
from stylernn.generation import generate as generation
from stylernn.generation import provenance
from stylernn.generation import transfer as transferring
from stylernn.generation.transfer import Result, TransferConfig
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.melody import Melody
from stylernn.representation import note_alignment
from stylernn.representation.note_alignment import NoteAlignment
from stylernn.reranking import originality
from stylernn.system import paths
from stylernn.system.atomic_write import atomic_write
from stylernn.training import run_folder

__all__ = [
    "MelodyFile",
    "generate",
    "load",
    "model_file",
    "read",
    "styles",
    "transfer",
    "variations",
]

_ATTEMPTS = 8
_STRIDE = (
    1_000_003  # between the seeds of attempts, so that those of neighbouring seeds do not meet
)
_SEEDS = 2**32

AnyPath = str | os.PathLike[str]


@dataclass(frozen=True)
class MelodyFile:
    """A melody with its past.

    Args:
        melody: the notes.
        path: the file that it, or the tune it was made of, was read from.
        track: the part of that file that was asked for.
        arranged: it stands among other tracks of that file, and is put back there when written as MIDI.
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
    style: str = ""
    seed: int = 0
    result: Result | None = None
    alignment: NoteAlignment | None = None
    provenance: dict[str, Any] | None = None

    def write(self, path: AnyPath, *, melody_only: bool = False) -> Path:
        """Write MIDI, a score or sound, by the ending of the name.

        Args:
            path: replaced as a whole.
            melody_only: leave out the other tracks of the file that the tune comes from.
        """
        path = Path(path)
        if path.suffix.lower() in (".wav", ".flac", ".mp3"):
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
        """Whether `write` puts the melody among the other tracks of its file."""
        return self.arranged and not melody_only and registry.is_midi(path)

    def show(self) -> None:
        """Show the piano roll and a player: in a notebook below the cell, elsewhere in the browser."""
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


def read(path: AnyPath, *, track: int | None = None) -> MelodyFile:
    """Read the melody of a music file.

    Args:
        path: MIDI, MusicXML, ABC or Humdrum.
        track: the part to read, by default the melody.
    """
    path = Path(path)
    melody = registry.read(path, track=track)
    return MelodyFile(
        melody, path, track, registry.is_midi(path) and midi_replace.is_arrangement(path)
    )


def transfer(
    tune: MelodyFile | Melody | AnyPath,
    to: str,
    *,
    seed: int = 0,
    model: AnyPath | None = None,
    max_copy: int | None = None,
    **options: Any,
) -> MelodyFile:
    """Put a tune into another style.

    Args:
        tune: from `read`, or a file's name.
        to: a style, or a mixture such as "jazz=0.7,celtic=0.3".
        seed: the same seed gives the same notes.
        model: a model file or run folder instead of the shipped model.
        max_copy: draw again, with other seeds, where this many notes running, or more, stand in the training set.
        options: fields of `stylernn.generation.transfer.TransferConfig`, such as `preserve=0.8`.

    Raises:
        StylernnError: if the style is unknown, a file cannot be read, or all draws copy too much.
    """
    tune, maker = _as_tune(tune), _maker(model)
    wanted = TransferConfig(**{"keep_metre": tune.arranged, **options})
    _check_max_copy(max_copy, known=maker.training is not None)
    for attempt in range(_ATTEMPTS):
        used = (seed + attempt * _STRIDE) % _SEEDS
        result = transferring.transfer(
            maker.model, tune.melody, to, wanted, seed=used, training=maker.training
        )
        made = _made(tune, maker, result, to, used, wanted)
        if max_copy is None or (made.provenance or {})["originality"]["longest_copy"] < max_copy:
            return made
    problem = f"{_ATTEMPTS} results of seed {seed} all copy {max_copy} notes or more"
    raise StylernnError(
        problem, remedy="Try another seed, a lower strength or a higher temperature."
    )


def variations(
    tune: MelodyFile | Melody | AnyPath,
    to: str,
    *,
    count: int = 8,
    seed: int = 0,
    model: AnyPath | None = None,
    **options: Any,
) -> list[MelodyFile]:
    """Several different transfers of a tune, the best first; `transfer` says the rest."""
    tune, maker = _as_tune(tune), _maker(model)
    wanted = TransferConfig(**{"keep_metre": tune.arranged, **options})
    results = transferring.variations(
        maker.model, tune.melody, to, wanted, seed=seed, count=count, training=maker.training
    )
    return [_made(tune, maker, result, to, seed, wanted) for result in results]


def generate(
    style: str, *, model: AnyPath | None = None, seed: int = 0, **options: Any
) -> list[MelodyFile]:
    """Write new melodies in a style; options are those of `stylernn.generation.generate.generate`, such as `bars=16, count=4`."""
    made = generation.generate(load(model), style, seed=seed, **options)
    return [MelodyFile(melody, style=style, seed=seed) for melody in made]


def styles(model: AnyPath | None = None) -> list[str]:
    """Names of the styles that a model knows, and of the user's own that were learnt for it."""
    loaded = load(model)
    own = (user_styles.load(user_styles.file_of(name)) for name in user_styles.saved_styles())
    return [
        *(style.name for style in loaded.header.styles),
        *(o.style.name for o in own if o.model == loaded.digest),
    ]


def model_file(model: AnyPath | None = None) -> Path:
    """The file of a model: itself, the best of a run folder, or by default the one that comes with stylernn."""
    path = paths.bundled_model() if model is None else Path(model)
    return path / run_folder.MODEL if path.is_dir() else path


def load(model: AnyPath | None = None) -> Model:
    """A model, by default the one that comes with stylernn; each file is read once."""
    return _loaded(model_file(model))


class _Maker(NamedTuple):
    """A model, its file, and the index of what it learnt from."""

    model: Model
    path: Path
    training: originality.NgramIndex | None


def _maker(model: AnyPath | None) -> _Maker:
    path = model_file(model)
    return _Maker(_loaded(path), path, originality.beside(path))


def _as_tune(tune: MelodyFile | Melody | AnyPath) -> MelodyFile:
    return (
        MelodyFile(tune)
        if isinstance(tune, Melody)
        else tune
        if isinstance(tune, MelodyFile)
        else read(tune)
    )


def _made(
    tune: MelodyFile, maker: _Maker, result: Result, style: str, seed: int, options: TransferConfig
) -> MelodyFile:
    """A result with what became of the tune and where it comes from."""
    found = note_alignment.compare(result.source, result.melody)
    made_by = provenance.model_facts(maker.path, maker.model.header)
    copied = provenance.originality_facts(result, maker.training)
    facts = provenance.describe(
        result, found, style=style, seed=seed, options=options, model=made_by, copied=copied
    )
    return replace(
        tune,
        melody=result.melody,
        style=style,
        seed=seed,
        result=result,
        alignment=found,
        provenance=facts,
    )


@cache
def _loaded(path: Path) -> Model:
    return checkpoint.load_model(path)


def _check_max_copy(max_copy: int | None, *, known: bool) -> None:
    if max_copy is None:
        return
    least = originality.COPY_NOTES
    if max_copy < least:
        raise UsageError(
            "max_copy cannot be used", expected=f"a number from {least}", found=str(max_copy)
        )
    if not known:
        raise UsageError("the model has no index of its training set, so copies cannot be told")
