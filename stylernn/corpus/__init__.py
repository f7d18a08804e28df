"""Labelled melodies: where they come from, how they are kept, how they are divided.

`load` and `load_folder` give tunes, `split` divides them by composition. Nothing here prints, and nothing but `fetch`
uses the network.
"""

from stylernn.corpus.folder import load_folder
from stylernn.corpus.splits import Split, split
from stylernn.corpus.tunes import Dropped, Progress, Tune, fingerprint

__all__ = ["Dropped", "Progress", "Split", "Tune", "fingerprint", "load_folder", "split"]
