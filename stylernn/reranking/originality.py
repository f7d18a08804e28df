"""Originality: whether a melody copies passages of a training set.

A melody is cut into **note n-grams**: all passages of twelve successive notes. An n-gram is
described by the intervals between its notes and by the ratios of successive inter-onset intervals,
so it is the same in every key and at every tempo.

The n-grams of a training set are stored as a Bloom filter, in a file small enough to be shipped
with a model. An n-gram of the training set is always found; another one is found with a small
probability, `NgramIndex.chance`. The index of `model.safetensors` is stored beside it, as
`model.figures.safetensors`, with the fingerprint of the model that it belongs to.

References:
    Bloom (1970), Space/time trade-offs in hash coding with allowable errors, Communications of the
    ACM 13 (7).
    Kirsch & Mitzenmacher (2006), Less hashing, same performance: building a better Bloom filter,
    ESA.
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
"""A passage of this many notes that is in the training set counts as a copy."""

_STEP_NOTES = 3  # notes that a token of `steps` describes
# With 24 bits and 12 hashes for each n-gram, one n-gram in 70,000 is found by mistake. Set by hand.
_BITS_PER_NGRAM = 24
_HASHES = 12
_MOST_BITS = 15_900_000  # just under 2 MB
_KEY = "stylernn-figures"  # of the metadata of the file


class NgramIndex(NamedTuple):
    """The note n-grams of a training set.

    Args:
        bits: of the Bloom filter, packed; uint8, shape (bytes,).
        tunes: number of melodies.
        ngrams: number of different n-grams of these melodies.
        model: fingerprint of the model that was trained on them, see `fingerprint`.
    """

    bits: np.ndarray
    tunes: int
    ngrams: int
    model: str

    @property
    def chance(self) -> float:
        """Probability that an n-gram is found that is not in the training set."""
        return float((1 - np.exp(-_HASHES * self.ngrams / (8 * len(self.bits)))) ** _HASHES)


def collect(melodies: Iterable[Melody], model: str) -> NgramIndex:
    """Make the index of a training set.

    Args:
        melodies: the training set.
        model: fingerprint of the model that was trained on it.

    Returns:
        The index.

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody(tuple(Note(24 * k, 24, 60 + k * k % 7) for k in range(16)))
        >>> index = collect([tune], model="")
        >>> index.tunes, index.ngrams
        (1, 5)
    """
    hashes = [_ngrams(melody) for melody in melodies]
    ngrams = np.unique(np.concatenate(hashes)) if hashes else np.zeros(0, np.uint64)
    size = min(max(_BITS_PER_NGRAM * len(ngrams), 8), _MOST_BITS) // 8
    bits = np.zeros(8 * size, np.uint8)
    bits[_bit_indices(ngrams, 8 * size).ravel()] = 1
    return NgramIndex(np.packbits(bits), len(hashes), len(ngrams), model)


def longest_copy(melody: Melody, training: NgramIndex, source: Melody | None = None) -> int:
    """Measure the longest passage of a melody that is in the training set.

    It is an upper bound: successive n-grams may come from different tunes of the training set.

    Args:
        melody: the melody to examine.
        training: from `collect`.
        source: the user's own tune, whose n-grams do not count.

    Returns:
        Number of notes; 0 if no twelve successive notes are in the training set.

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody(tuple(Note(24 * k, 24, 60 + k * k % 7) for k in range(16)))
        >>> index = collect([tune], model="")
        >>> longest_copy(tune.transpose(5), index)
        16
        >>> longest_copy(tune, index, source=tune)
        0
    """
    ngrams = _ngrams(melody)
    if not len(ngrams):
        return 0
    positions = _bit_indices(ngrams, 8 * len(training.bits))
    known = (training.bits[positions >> 3] >> (7 - (positions & 7)) & 1).all(axis=1)
    if source is not None:
        known &= ~np.isin(ngrams, _ngrams(source))
    edges = np.flatnonzero(np.diff(np.r_[False, known, False]))
    runs = edges[1::2] - edges[::2]
    return int(runs.max()) + COPY_NOTES - 1 if len(runs) else 0


def fingerprint(model: Path) -> str:
    """Compute the SHA-256 of a model file.

    Args:
        model: its path.

    Returns:
        64 hexadecimal digits.
    """
    with model.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_index(model: Path, ngrams: NgramIndex) -> Path:
    """Write an index to a file beside its model. A file of that name is replaced as a whole.

    Args:
        model: path of the model file.
        ngrams: the index.

    Returns:
        Path of the new file.
    """
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
    """Read the index that is stored beside a model.

    Args:
        model: path of the model file.

    Returns:
        The index; None if there is none, or one that belongs to another model.

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
    """Describe every note by the way to the two notes after it.

    A token stands for the two intervals, and for the ratio of the two inter-onset intervals.

    Args:
        melody: the melody.

    Returns:
        Hashes of the tokens; 0 for the last two notes, which no two notes follow. uint64, shape
        (notes,).

    Example:
        A sequence: the second three notes repeat the first three a tone higher and twice as fast.

        >>> from stylernn.music.melody import Note
        >>> notes = [(0, 60), (48, 64), (96, 67), (144, 62), (168, 66), (192, 69)]
        >>> tokens = steps(Melody(tuple(Note(onset, 24, pitch) for onset, pitch in notes)))
        >>> bool(tokens[0] == tokens[3]), int(tokens[-1])
        (True, 0)
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
    """Hash pairs of numbers with the finaliser of SplitMix64.

    Args:
        a: uint64, any shape.
        b: uint64, the same shape.

    Returns:
        Hashes, which are 0 only by a rare chance; uint64, the same shape.

    Example:
        >>> mixed = mix(np.array([1, 1, 2], np.uint64), np.array([2, 2, 1], np.uint64))
        >>> bool(mixed[0] == mixed[1]), bool(mixed[0] == mixed[2])
        (True, False)

    Reference:
        Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, OOPSLA.
    """
    state = a * np.uint64(0x9E3779B97F4A7C15) + b + np.uint64(1)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def _ngrams(melody: Melody) -> np.ndarray:
    """Hash of every n-gram; uint64, shape (notes - 11,) or (0,)."""
    tokens = steps(melody)
    count = max(len(tokens) - COPY_NOTES + 1, 0)
    hashes = np.zeros(count, np.uint64)
    for position in range(COPY_NOTES - _STEP_NOTES + 1):
        hashes = mix(hashes, tokens[position : position + count])
    return hashes


def _bit_indices(ngrams: np.ndarray, size: int) -> np.ndarray:
    """The bits of a filter of `size` bits that each n-gram sets; int64, shape (n-grams, hashes)."""
    low, high = ngrams & np.uint64(0xFFFFFFFF), ngrams >> np.uint64(32) | np.uint64(1)
    return (
        (low[:, None] + np.arange(_HASHES, dtype=np.uint64) * high[:, None]) % np.uint64(size)
    ).astype(np.int64)


def _beside(model: Path) -> Path:
    """Path of the index of a model file."""
    return model.with_suffix(".figures.safetensors")
