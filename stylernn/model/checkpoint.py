"""Model files, training states and personal styles, each an `array_file`.

A model file has the arrays of a network and a header that describes them: settings, vocabulary,
styles, corpora and metrics. A training state has the optimiser's arrays as well, and how far the
run has come.
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
    """The description of a model in its file.

    Args:
        settings: of the network and its training.
        styles: those that the model was trained on, from index 1; index 0 is the null style.
        corpora: name, licence and number of tunes of each source.
        metrics: measurements on the test split, by name.
        provenance: version, commit, seed, date and the like.
    """

    settings: Settings
    styles: tuple[Style, ...]
    corpora: tuple[dict[str, Any], ...] = ()
    metrics: dict[str, Any] | None = None
    provenance: dict[str, Any] | None = None


@dataclass(frozen=True, repr=False)
class Model:
    """A trained model.

    Args:
        header: of its file.
        arrays: parameters of the network, and other arrays of the file, by name; float32.
    """

    header: Header
    arrays: Arrays

    def __repr__(self) -> str:
        sizes = self.header.settings.model
        styles = len(self.header.styles)
        return f"<Model {sizes.layers} x {sizes.hidden} {sizes.cell}, {styles} styles>"

    @property
    def parameters(self) -> Parameters:
        """The settings, the tree of styles and the arrays, from which the network is built."""
        return Parameters(
            self.header.settings.model, tuple(parents(self.header.styles)), self.arrays
        )

    @cached_property
    def network(self) -> "Network":
        """The network with these parameters."""
        # Imported here because flax, which this imports, takes half a second.
        from stylernn.model.network import with_parameters

        return with_parameters(self.parameters)

    @cached_property
    def digest(self) -> str:
        """Checksum of the arrays and the names of the styles; a personal style is bound to it."""
        return array_file.digest(
            self.arrays, {"styles": [style.name for style in self.header.styles]}
        )

    def style(self, name: str) -> int:
        """Find a style.

        Args:
            name: of the style.

        Returns:
            Its index, from 1.

        Raises:
            UsageError: if there is no such style; the message names the nearest.
        """
        return find(self.header.styles, name)


def new_network(settings: ModelSettings, styles: tuple[Style, ...], seed: int) -> "Network":
    """Make a network with random weights.

    Args:
        settings: its sizes.
        styles: those that it will be trained on.
        seed: of the weights.

    Returns:
        The network.
    """
    from flax import nnx

    from stylernn.model.network import Network

    return Network(settings, parents(styles), rngs=nnx.Rngs(seed))


def save_model(path: str | Path, model: Model, *, dtype: str = "float32") -> None:
    """Write a model file.

    Args:
        path: of the file.
        model: what to write.
        dtype: type of the arrays in the file; "float16" halves its size.
    """
    arrays = {name: array.astype(dtype) for name, array in model.arrays.items()}
    array_file.write(path, "model", arrays, _header_mapping(model.header))


def load_model(path: str | Path | None = None) -> Model:
    """Read a model file.

    Args:
        path: of the file; by default the pretrained model that is bundled with stylernn.

    Returns:
        The model.

    Raises:
        ModelFileError: if the file is missing, damaged, of a newer version, or no model file.
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
    """Write a training state.

    Args:
        path: of the file.
        state: a tree of arrays.
        facts: plain values about the run, by name.
    """
    array_file.write(path, "state", flatten(state), {"facts": dict(facts)})


def load_state(path: str | Path, like: Any) -> tuple[Any, dict[str, Any]]:
    """Read a training state.

    Args:
        path: of the file.
        like: a tree of arrays of the same paths and shapes.

    Returns:
        The tree with the arrays of the file, and the facts about the run.

    Raises:
        ModelFileError: if the file is missing or damaged, or its arrays have other shapes.
    """
    arrays, mapping = array_file.read(Path(path), "state")
    if not isinstance(mapping.get("facts"), dict):
        raise ModelFileError(f"{path} has a damaged header", found="no facts about the run")
    return unflatten(like, arrays), mapping["facts"]


def save_style(path: str | Path, arrays: Arrays, facts: Mapping[str, Any]) -> None:
    """Write a personal style.

    Args:
        path: of the file.
        arrays: by name.
        facts: plain values about the style, by name.
    """
    array_file.write(path, "style", arrays, {"facts": dict(facts)})


def load_style(path: str | Path) -> tuple[Arrays, dict[str, Any]]:
    """Read a personal style.

    Args:
        path: of the file.

    Returns:
        Its arrays and its facts, by name.

    Raises:
        ModelFileError: if the file is missing, damaged or no personal style.
    """
    arrays, mapping = array_file.read(Path(path), "style")
    if not isinstance(mapping.get("facts"), dict):
        raise ModelFileError(f"{path} has a damaged header", found="no facts about the style")
    return arrays, mapping["facts"]


def with_metrics(model: Model, metrics: dict[str, Any]) -> Model:
    """Put metrics into the header of a model.

    Args:
        model: to copy.
        metrics: measurements by name; they replace those of the model.

    Returns:
        The copy.
    """
    return replace(model, header=replace(model.header, metrics=metrics))


def _vocabulary() -> dict[str, Any]:
    """What a model's inputs and outputs mean; the keys are those of the first model files."""
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
    """A header as plain values, for JSON."""
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
    """A header from plain values; the errors for wrong ones are of many kinds."""
    styles = tuple(style_from(entry) for entry in mapping["styles"])
    parents(styles)  # raises a KeyError if one is missing
    corpora, metrics, provenance = (
        mapping.get(key) for key in ("corpora", "metrics", "provenance")
    )
    if not all(facts is None or isinstance(facts, dict) for facts in (metrics, provenance)):
        raise TypeError("metrics or provenance that are no mapping")
    return Header(
        from_mapping(mapping["settings"]), styles, tuple(corpora or ()), metrics, provenance
    )


def style_from(entry: Mapping[str, Any]) -> Style:
    """Build a style from the header of a file.

    Args:
        entry: fields of a `Style` by name; JSON has turned its tuples into lists.

    Returns:
        The style.

    Raises:
        TypeError: if a field is unknown or a value is of another kind than its default.

    Example:
        >>> style_from({"name": "bebop", "parent": "jazz", "pitch_range": [-9, 12]}).pitch_range
        (-9, 12)
    """
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
