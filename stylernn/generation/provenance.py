"""Provenance: where a result comes from, as plain data.

It says which model made the result, from what data that model learnt, with which style, seed and
settings the result was drawn, what became of each note of the tune, how much of the training set it
copies, and which versions of packages were used. The command line prints it as JSON for other
programs, and writes it to a file beside the result.
"""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stylernn.generation.transfer import Result, TransferConfig
from stylernn.model.checkpoint import Model
from stylernn.music.melody import Melody
from stylernn.representation.note_alignment import Change, NoteAlignment
from stylernn.reranking import originality
from stylernn.reranking.originality import COPY_NOTES, NgramIndex
from stylernn.system.atomic_write import atomic_write

__all__ = ["beside", "describe", "model_facts", "originality_facts", "write"]

_PACKAGES = ("jax", "jaxlib", "flax", "numpy", "symusic", "music21")


def describe(
    result: Result,
    alignment: NoteAlignment,
    *,
    style: str,
    seed: int,
    options: TransferConfig,
    model: Mapping[str, Any],
    copied: Any,
) -> dict[str, Any]:
    """Describe where a result comes from.

    Args:
        result: from `transfer`.
        alignment: from `note_alignment.compare`.
        style: the style as it was asked for.
        seed: the seed that the result was drawn with.
        options: the settings of the transfer.
        model: from `model_facts`.
        copied: from `originality_facts`.

    Returns:
        Plain values, ready for JSON.
    """
    settings = {**asdict(options), "locked": sorted(options.locked)}
    return {
        "style": style,
        "seed": seed,
        "settings": settings,
        "model": dict(model),
        "originality": copied,
        "structural_notes": {"tune": result.structural, "kept": result.structural_kept},
        "totals": alignment.totals,
        "notes": [_note(change, result.melody) for change in alignment.notes],
        "dropped": [note._asdict() for note in alignment.dropped],
        "versions": {
            "stylernn": version("stylernn"),
            "python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
        },
    }


def model_facts(path: Path | None, model: Model) -> dict[str, Any]:
    """Describe a model, the data that it learnt from and their licences.

    Args:
        path: of its file; None for a model in memory.
        model: the model.

    Returns:
        Name and SHA-256 of the file (of the parameters, for a model in memory), its corpora and how
        it was trained; plain values, ready for JSON.
    """
    return {
        "file": path.name if path else None,
        "sha256": originality.fingerprint(path) if path else model.digest,
        "data": [dict(source) for source in model.header.corpora],
        "training": model.header.provenance,
    }


def originality_facts(result: Result, training: NgramIndex | None) -> dict[str, Any]:
    """Describe the longest passage that a result copies from the training set.

    Args:
        result: from `transfer`; what it has in common with its own tune does not count.
        training: index of the training set, see `originality`; None if the model has none.

    Returns:
        Length of the passage in notes, and how it was found; plain values, ready for JSON.
    """
    if training is None:
        return {"longest_copy": None, "because": "the model has no index of its training set"}
    return {
        "longest_copy": originality.longest_copy(result.melody, training, result.source),
        "shortest_counted": COPY_NOTES,
        "compared_with": {"tunes": training.tunes, "figures": training.ngrams},
        "chance_of_a_false_figure": training.chance,
    }


def beside(path: Path) -> Path:
    """Name the file with the provenance of a result.

    Args:
        path: of the result.

    Returns:
        A path in the same folder.

    Example:
        >>> beside(Path("out.mid")).name
        'out.provenance.json'
    """
    return path.with_suffix(".provenance.json")


def write(facts: Mapping[str, Any], path: Path) -> None:
    """Write provenance as a JSON file. A file of that name is replaced as a whole.

    Args:
        facts: from `describe`.
        path: the file, see `beside`.
    """
    with atomic_write(path) as draft:
        text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
        # The name of a file may contain bytes that are no UTF-8.
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")


def _note(change: Change, melody: Melody) -> dict[str, Any]:
    """One note of the result, with its bar as musicians count them: a pickup is bar 0."""
    bar = int((melody.bar_lines <= change.note.onset).sum()) - int(melody.pickup > 0)
    facts: dict[str, Any] = {**change.note._asdict(), "bar": bar, "kind": change.kind}
    if change.origin is not None:
        facts |= {
            "origin": change.origin._asdict(),
            "semitones": change.semitones,
            "ticks": change.ticks,
        }
    return facts
