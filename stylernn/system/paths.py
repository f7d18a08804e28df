"""Where things are: what ships inside the package, and what the user's machine keeps.

The folders `configs/`, `corpora/` and the weights live at the top of the repository and are packages of the wheel
(see `[tool.setuptools.package-dir]`), so the same calls find them in a checkout, an editable install and a wheel.
"""

import os
from importlib.resources import files
from pathlib import Path

import platformdirs

__all__ = ["bundled_model", "cache_folder", "catalogue", "data_folder", "shipped_config"]


def shipped_config(name: str) -> Path:
    """Path of a shipped configuration such as "default"."""
    return Path(str(files("stylernn.configs"))) / f"{name}.toml"


def catalogue() -> Path:
    """Folder of the corpus catalogue."""
    return Path(str(files("stylernn.corpora")))


def bundled_model() -> Path:
    """Path of the model that ships with the package."""
    return Path(str(files("stylernn.weights"))) / "stylernn.safetensors"


def cache_folder() -> Path:
    """Folder for parsed corpora, downloads and compiled programs; `STYLERNN_CACHE` overrides the system's place."""
    chosen = os.environ.get("STYLERNN_CACHE")
    return (
        Path(chosen) if chosen else Path(platformdirs.user_cache_dir("stylernn", appauthor=False))
    )


def data_folder() -> Path:
    """Folder of what the user has made and would miss; `STYLERNN_HOME` overrides the system's place."""
    chosen = os.environ.get("STYLERNN_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("stylernn", appauthor=False))
