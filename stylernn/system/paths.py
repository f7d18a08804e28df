"""Paths of the files that ship with the package, and of the user's folders.

The folders `configs/` and `corpora/` are at the top of the repository and become packages of the
wheel (see `[tool.setuptools.package-dir]`). The same calls therefore find them in a checkout, an
editable install and a wheel.
"""

import os
from importlib.resources import files
from pathlib import Path

import platformdirs

__all__ = ["bundled_model", "cache_folder", "catalogue", "data_folder", "shipped_config"]


def shipped_config(name: str) -> Path:
    """Locate a configuration that ships with the package.

    Args:
        name: such as "default".

    Returns:
        Path of the TOML file; whether it exists is not checked.

    Example:
        >>> shipped_config("default").name
        'default.toml'
    """
    return Path(str(files("stylernn.configs"))) / f"{name}.toml"


def catalogue() -> Path:
    """Locate the corpus catalogue.

    Returns:
        Path of a folder.

    Example:
        >>> catalogue().name
        'corpora'
    """
    return Path(str(files("stylernn.corpora")))


def bundled_model() -> Path:
    """Locate the pretrained model that ships with the package.

    Returns:
        Path of the model file.

    Example:
        >>> bundled_model().name
        'stylernn.safetensors'
    """
    return Path(str(files("stylernn.weights"))) / "stylernn.safetensors"


def cache_folder() -> Path:
    """Locate the folder for parsed corpora, downloads and compiled programs.

    The environment variable `STYLERNN_CACHE` replaces the default folder of the operating system.

    Returns:
        Path of a folder that need not exist.
    """
    chosen = os.environ.get("STYLERNN_CACHE")
    return (
        Path(chosen) if chosen else Path(platformdirs.user_cache_dir("stylernn", appauthor=False))
    )


def data_folder() -> Path:
    """Locate the folder for the user's own data, such as added styles.

    The environment variable `STYLERNN_HOME` replaces the default folder of the operating system.

    Returns:
        Path of a folder that need not exist.
    """
    chosen = os.environ.get("STYLERNN_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("stylernn", appauthor=False))
