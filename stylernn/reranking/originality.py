"""Whether a melody is new, or lifted from a training set: what evaluation and the command line share.

A *figure* is twelve notes running, as they are the same in every key and at every tempo: the intervals between them,
and the ratios of the times from onset to onset. An index keeps the figures of a training set in a Bloom filter, so that
a model of a few megabytes can carry it: a figure that was put in is always found, another one hardly ever (`chance`).
It lies beside its model, as `model.ngrams.safetensors` beside `model.safetensors`, and names the model it belongs to.

References:
    Bloom (1970), Space/time trade-offs in hash coding with allowable errors, Communications of the ACM 13 (7).
    Kirsch & Mitzenmacher (2006), Less hashing, same performance: building a better Bloom filter, ESA.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from stylernn.errors import ModelFileError
from stylernn.music.melody import Melody
from stylernn.system.atomic_write import atomic_write

__all__ = [
    "COPY_NOTES",
    "NgramIndex",
    "beside",
    "collect",
    "fingerprint",
    "longest_copy",
    "mix",
    "save_index",
    "steps",
]

COPY_NOTES = 12
"""A run of this many notes that stands note for note in the training set counts as a copy."""

_STEP_NOTES = 3
_BITS_A_FIGURE = 24
_MOST_BITS = 15_900_000  # just under 2 MB
_HASHES = 12
_KEY = "stylernn-figures"


class NgramIndex(NamedTuple):
    """The figures of a training set.

    Args:
        bits: of the filter, packed, uint8.
        tunes: how many melodies it was made of.
        ngrams: how many different figures they have.
        model: fingerprint of the model that was trained on them.
    """

    bits: np.ndarray
    tunes: int
    ngrams: int
    model: str

    @property
    def chance(self) -> float:
        """Probability that a figure is found that was not put in."""
        return float((1 - np.exp(-_HASHES * self.ngrams / (8 * len(self.bits)))) ** _HASHES)


def collect(melodies: Iterable[Melody], model: str) -> NgramIndex:
    """Index a training set of the model with this fingerprint."""
    hashes = [_ngrams(melody) for melody in melodies]
    ngrams = np.unique(np.concatenate(hashes)) if hashes else np.zeros(0, np.uint64)
    size = min(max(_BITS_A_FIGURE * len(ngrams), 8), _MOST_BITS) // 8
    bits = np.zeros(8 * size, np.uint8)
    bits[_places(ngrams, 8 * size).ravel()] = 1
    return NgramIndex(np.packbits(bits), len(hashes), len(ngrams), model)


def longest_copy(melody: Melody, training: NgramIndex, source: Melody | None = None) -> int:
    """Notes in the longest run that stands in the training set, 0 where no twelve notes do.

    It is an upper bound: figures that follow each other here may come from different tunes.

    Args:
        melody: what is examined.
        training: from `collect`.
        source: the user's own tune; its figures do not count.
    """
    ngrams = _ngrams(melody)
    if not len(ngrams):
        return 0
    positions = _places(ngrams, 8 * len(training.bits))
    known = (training.bits[positions >> 3] >> (7 - (positions & 7)) & 1).all(axis=1)
    if source is not None:
        known &= ~np.isin(ngrams, _ngrams(source))
    edges = np.flatnonzero(np.diff(np.r_[False, known, False]))
    runs = edges[1::2] - edges[::2]
    return int(runs.max()) + COPY_NOTES - 1 if len(runs) else 0


def fingerprint(model: Path) -> str:
    """SHA-256 of a model file."""
    with model.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_index(model: Path, ngrams: NgramIndex) -> Path:
    """Write an index beside its model, and say where."""
    facts = {
        "notes": COPY_NOTES,
        "tunes": ngrams.tunes,
        "figures": ngrams.ngrams,
        "model": ngrams.model,
    }
    path = _beside(model)
    with atomic_write(path) as draft:
        draft.write_bytes(save({"bits": ngrams.bits}, metadata={_KEY: json.dumps(facts)}))
    return path


def beside(model: Path) -> NgramIndex | None:
    """The index of a model's training set, None where there is none, or one of another model.

    Raises:
        ModelFileError: if the file is damaged.
    """
    path = _beside(model)
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            facts = json.loads((file.metadata() or {}).get(_KEY, "{}"))
            bits = file.get_tensor("bits")
        found = NgramIndex(bits, int(facts["tunes"]), int(facts["figures"]), str(facts["model"]))
        usable = (
            facts["notes"] == COPY_NOTES
            and bits.dtype == np.uint8
            and bits.ndim == 1
            and len(bits) > 0
        )
    except (SafetensorError, OSError, ValueError, TypeError, KeyError) as error:
        raise ModelFileError(
            f"{path} is damaged", found=str(error), remedy="Delete it or make it again."
        ) from error
    return found if usable and found.model == fingerprint(model) else None


def steps(melody: Melody) -> np.ndarray:
    """Token of (interval, ratio of this inter-onset interval to the next, next interval); uint64, shape (notes,).

    The last two notes, from which no two steps go out, have 0.
    """
    tokens = np.zeros(len(melody.notes), dtype=np.uint64)
    if len(melody.notes) < _STEP_NOTES:
        return tokens
    gap, interval = (
        np.diff(melody.array[:, 0]).astype(np.int64),
        np.diff(melody.array[:, 2]).astype(np.int64),
    )
    factor = np.gcd(gap[:-1], gap[1:])
    ratio = (gap[:-1] // factor) * 4096 + gap[1:] // factor
    tokens[:-2] = mix(
        ratio.astype(np.uint64),
        ((interval[:-1] + 128) * 256 + interval[1:] + 128).astype(np.uint64),
    )
    return tokens


def mix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A 64-bit hash of two (splitmix64 finaliser), never 0 in practice."""
    state = a * np.uint64(0x9E3779B97F4A7C15) + b + np.uint64(1)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def _ngrams(melody: Melody) -> np.ndarray:
    """Hash of every run of twelve notes; uint64, shape (notes - 11,) or (0,)."""
    tokens = steps(melody)
    count = max(len(tokens) - COPY_NOTES + 1, 0)
    hashes = np.zeros(count, np.uint64)
    for position in range(COPY_NOTES - _STEP_NOTES + 1):
        hashes = mix(hashes, tokens[position : position + count])
    return hashes


def _places(ngrams: np.ndarray, size: int) -> np.ndarray:
    """Where each figure sets its bits; int64, shape (figures, hashes)."""
    low, high = ngrams & np.uint64(0xFFFFFFFF), ngrams >> np.uint64(32) | np.uint64(1)
    return (
        (low[:, None] + np.arange(_HASHES, dtype=np.uint64) * high[:, None]) % np.uint64(size)
    ).astype(np.int64)


def _beside(model: Path) -> Path:
    return model.with_suffix(".figures.safetensors")
