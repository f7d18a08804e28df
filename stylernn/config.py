"""Settings of a model and its training: frozen dataclasses, read from TOML.

The defaults stand in the dataclasses only. A configuration file names the values that it changes.
An unknown key is an error that names the nearest known one. A model file has its settings in its
header.
"""

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from stylernn.errors import UsageError
from stylernn.system import limits
from stylernn.system.paths import shipped_config

__all__ = [
    "CELL_NAMES",
    "DataSettings",
    "ModelSettings",
    "Settings",
    "TrainSettings",
    "from_mapping",
    "load",
    "to_mapping",
    "to_toml",
]

CELL_NAMES = ["lstm", "gru"]
"""Names of the recurrent cells; `stylernn.model.cells` says what they stand for."""

_DEEPEST, _WIDEST = 64, 65_536
_LARGEST = 10**15  # larger numbers are mistakes, and float64 does not count much further
_FORMER_NAMES = {"grains": "skeleton_levels", "traits": "attributes"}
"""Keys of model and configuration files that were written before they were renamed."""

_SHOWN = 100  # characters of a wrong value that a message shows


@dataclass(frozen=True)
class ModelSettings:
    """Sizes of the network.

    Args:
        cell: name of the recurrent cell, one of CELL_NAMES.
        layers: recurrent layers.
        hidden: units per layer.
        style: size of the style embedding.
        skeleton: units per direction of the skeleton encoder.
        head: units of the pitch head's hidden layer.
        dropout: share of units dropped, the same ones at every step of a sequence.
    """

    cell: str = "lstm"
    layers: int = 2
    hidden: int = 256
    style: int = 32
    skeleton: int = 64
    head: int = 192
    dropout: float = 0.15

    def __post_init__(self) -> None:
        known = " or ".join(f'"{name}"' for name in CELL_NAMES)
        _require(self.cell in CELL_NAMES, "model.cell", known, self.cell)
        for name in ("layers", "hidden", "style", "skeleton", "head"):
            size, most = getattr(self, name), _DEEPEST if name == "layers" else _WIDEST
            _require(1 <= size <= most, f"model.{name}", f"a whole number from 1 to {most:,}", size)
        _require(0 <= self.dropout < 1, "model.dropout", "a share in [0, 1)", self.dropout)


@dataclass(frozen=True)
class DataSettings:
    """How melodies become training windows.

    Args:
        events: longest window in events.
        style_dropout: share of windows that are not conditioned on their style.
        parent: share of windows of a substyle that are labelled with its parent style.
        skeleton_levels: relative frequencies of the reduction levels none, bar, half and beat.
        skeleton_dropout: least and greatest share of structural notes that are left out.
        normalised: share of skeletons that are moved to the scale and folded into the pitch range.
        map_dropout: share of windows without the map of bar repetitions.
        attributes: share of windows conditioned on attributes of their tune, see
            `stylernn.representation.attributes`.
        balance: styles are drawn in proportion to their number of notes to this power.
    """

    events: int = 192
    style_dropout: float = 0.15
    parent: float = 0.3
    skeleton_levels: tuple[float, ...] = (0.25, 0.15, 0.2, 0.4)
    skeleton_dropout: tuple[float, ...] = (0.0, 0.3)
    normalised: float = 0.5
    map_dropout: float = 0.4
    attributes: float = 0.6
    balance: float = 0.7

    def __post_init__(self) -> None:
        _require(self.events >= 16, "data.events", "at least 16 events", self.events)
        for name in ("style_dropout", "parent", "normalised", "map_dropout", "attributes"):
            _require(
                0 <= getattr(self, name) <= 1,
                f"data.{name}",
                "a share in [0, 1]",
                getattr(self, name),
            )
        _require(
            len(self.skeleton_levels) == 4 and sum(self.skeleton_levels) > 0,
            "data.skeleton_levels",
            "four frequencies",
            self.skeleton_levels,
        )
        low_high = self.skeleton_dropout
        _require(
            len(low_high) == 2 and 0 <= low_high[0] <= low_high[1] < 1,
            "data.skeleton_dropout",
            "a range",
            low_high,
        )


@dataclass(frozen=True)
class TrainSettings:
    """Settings of the optimiser and the length of training.

    Args:
        seed: of the initial weights, the batches and the dropout.
        steps: greatest number of optimiser steps.
        minutes: greatest number of minutes of training; 0 for no limit.
        batch: windows per step.
        rate: peak learning rate of AdamW. It is reached after `warmup` steps and decays by a cosine
            to a hundredth.
        warmup: steps of linear warm-up.
        decay: weight decay of matrices.
        clip: largest global norm of the gradient.
        every: steps between validations, at each of which a checkpoint is saved.
        patience: validations without an improvement before training stops early.
        products: type of the matrix products of the recurrent layers, "float32" or "bfloat16";
            weights and sums are always float32.
    """

    seed: int = 1
    steps: int = 2000
    minutes: float = 0.0
    batch: int = 32
    rate: float = 3e-3
    warmup: int = 100
    decay: float = 0.02
    clip: float = 1.0
    every: int = 200
    patience: int = 5
    products: str = "float32"

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "every", "patience"):
            _require(
                getattr(self, name) >= 1,
                f"train.{name}",
                "a positive whole number",
                getattr(self, name),
            )
        known = ("float32", "bfloat16")
        _require(self.products in known, "train.products", " or ".join(known), self.products)
        _require(
            self.rate > 0 and self.clip > 0,
            "train.rate and train.clip",
            "positive numbers",
            (self.rate, self.clip),
        )


@dataclass(frozen=True)
class Settings:
    """All settings of a training run.

    Args:
        model: sizes of the network.
        data: how melodies become training windows.
        train: optimiser and length of training.
    """

    model: ModelSettings = field(default_factory=ModelSettings)
    data: DataSettings = field(default_factory=DataSettings)
    train: TrainSettings = field(default_factory=TrainSettings)


def load(source: str | Path = "default", overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read settings from a TOML file or a shipped configuration.

    Args:
        source: path of a .toml file, or the name of a shipped one such as "default".
        overrides: dotted names and values that take precedence, such as {"train.seed": 2}.

    Returns:
        The settings; what the file leaves out has its default.

    Raises:
        UsageError: if there is no such file, it is not TOML, a key is unknown or a value is wrong.

    Example:
        >>> settings = load("tiny", {"train.seed": 2})
        >>> settings.model.hidden, settings.train.seed
        (32, 2)
    """
    path = Path(source)
    if path.suffix != ".toml":
        path = shipped_config(str(source))
    try:
        data = limits.contents(path, "config_kilobytes", remedy="Take out what it repeats.")
        mapping = tomllib.loads(data.decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(sorted(p.stem for p in shipped_config("default").parent.glob("*.toml")))
        raise UsageError(
            f"cannot read the configuration {source}", expected=f"a .toml file or one of {known}"
        ) from error
    # Python itself refuses numbers of thousands of digits and deeply nested brackets.
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML", found=str(error)) from error
    for name, value in (overrides or {}).items():
        section, _, key = name.partition(".")
        if isinstance(mapping.setdefault(section, {}), dict):
            mapping[section][key] = value
    return from_mapping(mapping)


def from_mapping(mapping: Mapping[str, Any]) -> Settings:
    """Build settings from nested mappings, as TOML files and model headers give them.

    Args:
        mapping: values by key, in the sections model, data and train; all of them are optional.

    Returns:
        The settings; what the mapping leaves out has its default.

    Raises:
        UsageError: if a key is unknown or a value is of the wrong kind.

    Example:
        >>> from_mapping({"model": {"layers": 3}}).model.layers
        3
    """
    return _build(Settings, mapping, "")


def to_mapping(settings: Settings) -> dict[str, Any]:
    """The settings as nested dictionaries of plain values.

    Args:
        settings: of a run.

    Returns:
        Values by key, in the sections model, data and train.

    Example:
        >>> to_mapping(Settings())["model"]["cell"]
        'lstm'
    """
    return asdict(settings)


def to_toml(settings: Settings) -> str:
    """The settings as a TOML document that `load` reads.

    Args:
        settings: of a run.

    Returns:
        The document, with one section for each part of the settings.

    Example:
        >>> to_toml(Settings()).splitlines()[:2]
        ['[model]', 'cell = "lstm"']
    """
    # Numbers, strings and lists are written alike in JSON and TOML.
    sections = [
        "\n".join(
            [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
        )
        for section, values in to_mapping(settings).items()
    ]
    return "\n\n".join(sections) + "\n"


def _build(kind: type, mapping: Mapping[str, Any], prefix: str) -> Any:
    """A dataclass from a mapping; `prefix` is the dotted name of its section."""
    hints = get_type_hints(kind)
    names = [f.name for f in fields(kind)]
    values = {}
    for given, value in mapping.items():
        key = _FORMER_NAMES.get(given, given)
        if key in values:
            raise UsageError(f"{prefix}{key} is set twice", found=f"{prefix}{given}")
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            hint = (
                f"Did you mean {prefix}{near[0]}?" if near else f"Known keys: {', '.join(names)}."
            )
            raise UsageError(f"unknown setting {prefix}{key}", remedy=hint)
        values[key] = _convert(hints[key], value, f"{prefix}{key}")
    return kind(**values)


def _convert(kind: Any, value: Any, name: str) -> Any:
    """A value as the type of its field, or an error that names the setting."""
    if is_dataclass(kind):
        _require(isinstance(value, Mapping), name, "a table", value)
        return _build(kind, value, f"{name}.")  # type: ignore[arg-type]
    if kind is float:
        _require(_is_number(value), name, "a finite number", value)
        return float(value)
    if kind in (int, str):
        fits = isinstance(value, kind) and not isinstance(value, bool)
        _require(
            fits and not (kind is int and abs(value) > _LARGEST),
            name,
            f"a value of type {kind.__name__}",
            value,
        )
        return value
    _require(
        isinstance(value, list | tuple) and all(map(_is_number, value)),
        name,
        "a list of finite numbers",
        value,
    )
    return tuple(float(item) for item in value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


def _require(holds: bool, name: str, expected: str, found: object) -> None:
    if not holds:
        raise UsageError(
            f"the setting {name} cannot be used", expected=expected, found=repr(found)[:_SHOWN]
        )
