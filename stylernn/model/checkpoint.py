"""Model files, training states and personal styles, each a `container` of arrays.

A model file is one set of arrays with a header that says what it is: settings, vocabulary, styles, corpora, metrics. A
training state adds the optimiser's arrays and the place in the run.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylernn.config import ModelSettings, Settings, from_mapping, to_mapping
from stylernn.corpus.styles import Style, find, parents
from stylernn.errors import ModelFileError, StylernnError
from stylernn.model.parameters import Parameters, checked, flatten, unflatten
from stylernn.representation import attributes, copy_memory, event_codec, skeleton
from stylernn.system import array_file
from stylernn.system.array_file import Arrays
from stylernn.system.paths import bundled_model
from stylernn.version import __version__

if TYPE_CHECKING:
    from stylernn.model.network import Network

__all__ = [
    "Header",
    "Model",
    "load_model",
    "load_state",
    "load_style",
    "new_network",
    "save_model",
    "save_state",
    "save_style",
    "style_from",
]


_FORMER_NAMES = {"reach": "pitch_range"}
"""Fields of styles in files that were written before they were renamed."""


@dataclass(frozen=True)
class Header:
    """What a model file says about itself.

    Args:
        settings: of the network and its training.
        styles: what it knows, from index 1; index 0 is the null style.
        corpora: name and number of tunes of each source, and its licence.
        metrics: whatever was measured on the test split, by name.
        provenance: version, commit, seed, date and the like.
    """

    settings: Settings
    styles: tuple[Style, ...]
    corpora: tuple[dict[str, Any], ...] = ()
    metrics: dict[str, Any] | None = None
    provenance: dict[str, Any] | None = None


@dataclass(frozen=True, repr=False)
class Model:
    """A network ready for use.

    Args:
        header: of its file.
        arrays: its parameters by name, float32.
    """

    header: Header
    arrays: Arrays

    def __repr__(self) -> str:
        sizes = self.header.settings.model
        styles = len(self.header.styles)
        return f"<Model {sizes.layers} x {sizes.hidden} {sizes.cell}, {styles} styles>"

    @property
    def parameters(self) -> Parameters:
        """What makes the network."""
        return Parameters(
            self.header.settings.model, tuple(parents(self.header.styles)), self.arrays
        )

    @cached_property
    def network(self) -> "Network":
        """The network with these parameters."""
        from stylernn.model.network import (
            with_parameters,  # flax, which it brings, takes half a second to import
        )

        return with_parameters(self.parameters)

    @cached_property
    def digest(self) -> str:
        """Checksum of the parameters and the names of the styles: what personal styles are bound to."""
        return array_file.digest(
            self.arrays, {"styles": [style.name for style in self.header.styles]}
        )

    def style(self, name: str) -> int:
        """Index of a style by name; a UsageError names the nearest if there is none."""
        return find(self.header.styles, name)


def new_network(settings: ModelSettings, styles: tuple[Style, ...], seed: int) -> "Network":
    """A network with fresh weights."""
    from flax import nnx

    from stylernn.model.network import Network

    return Network(settings, parents(styles), rngs=nnx.Rngs(seed))


def save_model(path: str | Path, model: Model, *, dtype: str = "float32") -> None:
    """Write a model file; `dtype` "float16" halves it."""
    arrays = {name: array.astype(dtype) for name, array in model.arrays.items()}
    array_file.write(path, "model", arrays, _header_mapping(model.header))


def load_model(path: str | Path | None = None) -> Model:
    """Read a model file, by default the one that comes with stylernn.

    Raises:
        ModelFileError: if the file is missing, damaged, of a newer version, or not a stylernn model.
    """
    path = Path(path) if path is not None else bundled_model()
    arrays, mapping = array_file.read(path, "model")
    if mapping.get("vocabulary") != _vocabulary():
        raise ModelFileError(
            f"{path} was made for another vocabulary of notes", remedy="Train it again."
        )
    try:
        header = _header(mapping)
    except (KeyError, TypeError, ValueError, AttributeError, StylernnError) as error:
        raise ModelFileError(f"{path} has a damaged header", found=str(error)) from error
    model = Model(header, {name: array.astype(np.float32) for name, array in arrays.items()})
    try:
        checked(model.parameters)
    except ModelFileError as error:
        raise ModelFileError(
            f"{path}: {error.problem}", expected=error.expected, found=error.found
        ) from error
    return model


def save_state(path: str | Path, state: Any, facts: Mapping[str, Any]) -> None:
    """Write a training state: a tree of arrays and plain facts about the run."""
    array_file.write(path, "state", flatten(state), {"facts": dict(facts)})


def load_state(path: str | Path, like: Any) -> tuple[Any, dict[str, Any]]:
    """Read a training state back into a tree of the same shape.

    Raises:
        ModelFileError: if the file is missing, damaged or does not fit.
    """
    arrays, mapping = array_file.read(Path(path), "state")
    if not isinstance(mapping.get("facts"), dict):
        raise ModelFileError(f"{path} has a damaged header", found="no facts about the run")
    return unflatten(like, arrays), mapping["facts"]


def save_style(path: str | Path, arrays: Arrays, facts: Mapping[str, Any]) -> None:
    """Write what a personal style consists of: arrays and plain facts."""
    array_file.write(path, "style", arrays, {"facts": dict(facts)})


def load_style(path: str | Path) -> tuple[Arrays, dict[str, Any]]:
    """Read the arrays and facts of a personal style.

    Raises:
        ModelFileError: if the file is missing, damaged or something else.
    """
    arrays, mapping = array_file.read(Path(path), "style")
    if not isinstance(mapping.get("facts"), dict):
        raise ModelFileError(f"{path} has a damaged header", found="no facts about the style")
    return arrays, mapping["facts"]


def with_metrics(model: Model, metrics: dict[str, Any]) -> Model:
    """The model with metrics written into its header."""
    return replace(model, header=replace(model.header, metrics=metrics))


def _vocabulary() -> dict[str, Any]:
    return {
        "places": event_codec.POSITIONS.tolist(),
        "durations": event_codec.DURATIONS.tolist(),
        "pitches": [event_codec.LOWEST, event_codec.HIGHEST],
        "ahead": event_codec.MAX_AHEAD,
        "lags": list(copy_memory.LAGS),
        "echo": copy_memory.LONGEST_SUFFIX,
        "grains": list(skeleton.LEVELS),
        "traits": list(attributes.ATTRIBUTES),
    }


def _header_mapping(header: Header) -> dict[str, Any]:
    return {
        "version": __version__,
        "settings": to_mapping(header.settings),
        "vocabulary": _vocabulary(),
        "styles": [asdict(style) for style in header.styles],
        "corpora": list(header.corpora),
        "metrics": header.metrics,
        "provenance": header.provenance,
    }


def _header(mapping: Mapping[str, Any]) -> Header:
    styles = tuple(style_from(entry) for entry in mapping["styles"])
    parents(styles)  # a KeyError, should one not be there
    corpora, metrics, provenance = (
        mapping.get(key) for key in ("corpora", "metrics", "provenance")
    )
    if not all(facts is None or isinstance(facts, dict) for facts in (metrics, provenance)):
        raise TypeError("metrics or provenance that are no mapping")
    return Header(
        from_mapping(mapping["settings"]), styles, tuple(corpora or ()), metrics, provenance
    )


def style_from(entry: Mapping[str, Any]) -> Style:
    """A style from JSON, whose lists were tuples; a TypeError if a value is of another kind than its default."""
    values: dict[str, Any] = {
        _FORMER_NAMES.get(key, key): tuple(value) if isinstance(value, list) else value
        for key, value in entry.items()
    }
    style = Style(**values)
    usual = Style("", "")
    for name in (field.name for field in fields(Style)):
        kind, found = type(getattr(usual, name)), getattr(style, name)
        if not isinstance(found, (int, float) if kind is float else kind) or isinstance(
            found, bool
        ):
            raise TypeError(f"{name} of a style is {found!r:.50}")
    items = [*style.licences, *style.metres, *style.densities]
    numbers = [
        *style.pitch_range,
        *style.avoided,
        *style.metres.values(),
        *style.densities.values(),
    ]
    numbers += [style.tempo, style.density, style.diatonic]
    if not all(isinstance(item, str) for item in items) or not all(
        np.isfinite(number) for number in numbers
    ):
        raise TypeError(f"the style {style.name} has values of another kind")
    return style
