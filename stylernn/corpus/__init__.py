"""Labelled melodies: corpora, their cache on disk, and training, validation and test sets.

`load` and `load_folder` give tunes, `split` divides them by composition. Nothing in this package
prints, and only `fetch` uses the network.
"""

from stylernn.corpus.cache import Parsed
from stylernn.corpus.catalogue import Source, sources, styles_known
from stylernn.corpus.folder import load_folder, read_folder, register, registered
from stylernn.corpus.library import fetch, in_use, is_installed, load, parsed, parts
from stylernn.corpus.splits import Split, split
from stylernn.corpus.tunes import MIN_NOTES, Dropped, LabelledMelody, Progress, fingerprint

__all__ = [
    "MIN_NOTES",
    "Dropped",
    "Parsed",
    "Progress",
    "Source",
    "Split",
    "LabelledMelody",
    "fetch",
    "fingerprint",
    "in_use",
    "is_installed",
    "load",
    "load_folder",
    "parsed",
    "parts",
    "register",
    "read_folder",
    "registered",
    "sources",
    "split",
    "styles_known",
]
