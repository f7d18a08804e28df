"""The styles that a model knows: a small tree of names.

A tune's label is its substyle where it has one (bebop), else its style (jazz). The tree says whose child a label is;
`corpora/styles/<label>/style.toml` describes the known ones, labels of the user's own are roots.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stylernn.corpus import LabelledMelody
from stylernn.errors import UsageError
from stylernn.music.key_estimation import Tonality, estimate, median_pitch, scale
from stylernn.music.melody import Melody
from stylernn.representation.breaths import silence
from stylernn.system.style_data import labels, style_data

__all__ = [
    "Style",
    "diatonic",
    "find",
    "hold",
    "improvised",
    "label",
    "parents",
    "profile",
    "scale_of",
    "tree",
]

_FEWEST = 10
_DIATONIC = 0.95
_HARDLY, _SCALE = (
    0.03,
    5,
)  # share of the time below which a style avoids a degree, should so many others be left


@dataclass(frozen=True)
class Style:
    """A style and what it was learnt from.

    Args:
        name: as used on the command line.
        parent: name of its parent style, its own name for a root.
        description: one line.
        tunes, notes: size of its training set; a parent counts its children's.
        licences: of its training data, in order.
        register: median of its tunes' median pitches, a MIDI number.
        pitch_range: 2nd and 98th percentile of its pitches around each tune's median, in semitones.
        diatonic: share of its notes that lie in their tune's scale.
        density: median of its tunes' notes per felt beat.
        metres: share of its tunes in each metre that 1 in 50 of them or more have.
        densities: median of their notes per felt beat in each of these metres.
        tempo: median tempo in quarters per minute.
        silence: mean share of its tunes' time in which nothing sounds.
        avoided: degrees of the scale, in semitones above the tonic, that its tunes hardly use; in minor 12 more. Only
            a personal style has any.
    """

    name: str
    parent: str
    description: str = ""
    tunes: int = 0
    notes: int = 0
    licences: tuple[str, ...] = ()
    register: int = 67
    pitch_range: tuple[int, ...] = (-12, 12)
    diatonic: float = 1.0
    density: float = 1.0
    metres: dict[str, float] = field(default_factory=dict)
    densities: dict[str, float] = field(default_factory=dict)
    tempo: float = 120.0
    silence: float = 0.0
    avoided: tuple[int, ...] = ()


def label(tune: LabelledMelody) -> str:
    """The finest style name of a tune."""
    return tune.substyle.lower() if tune.substyle.lower() in labels() else tune.style


def tree(tunes: Iterable[LabelledMelody]) -> tuple[Style, ...]:
    """The styles of a training set, parents included, in alphabetical order.

    A substyle of fewer than ten tunes is left to its parent.
    """
    grouped: dict[str, list[LabelledMelody]] = {}
    for tune in tunes:
        name = label(tune)
        for style in {name, tune.style, style_data(name).parent or name}:
            grouped.setdefault(style, []).append(tune)
    styles = []
    for name, members in sorted(grouped.items()):
        found = style_data(name)
        parent = found.parent or name
        if parent == name or len(members) >= _FEWEST:
            styles.append(_measured(Style(name, parent, found.description), members))
    return tuple(styles)


def profile(name: str, tunes: Sequence[LabelledMelody]) -> Style:
    """A style of its own, measured on its tunes; where they are few, they may reach half an octave to either side."""
    found = _measured(Style(name, name), tunes)
    pitch_range = min(found.pitch_range[0], -6), max(found.pitch_range[1], 6)
    return replace(
        found, pitch_range=pitch_range, avoided=_avoided([tune.melody for tune in tunes])
    )


def parents(styles: Sequence[Style]) -> list[int]:
    """Index of each style's parent, where index 0 is the null style and `styles` begin at 1."""
    place = {style.name: k for k, style in enumerate(styles, 1)}
    return [0, *(place[style.parent] for style in styles)]


def find(styles: Sequence[Style], name: str) -> int:
    """Index of a style, from 1.

    Raises:
        UsageError: if there is none of that name.
    """
    names = [style.name for style in styles]
    if name in names:
        return names.index(name) + 1
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else ""
    raise UsageError(f"unknown style {name!r}", expected=f"one of {', '.join(names)}", remedy=hint)


def diatonic(style: Style) -> bool:
    """Whether a style keeps to the scale, so that no structural note may stand outside it."""
    return style.diatonic >= _DIATONIC


def scale_of(style: Style, tonality: Tonality) -> np.ndarray:
    """Pitch classes of a key's diatonic scale without those that a style avoids; int64, ascending from C."""
    degrees = (scale(tonality) - tonality.tonic) % 12 + 12 * (tonality.mode == "minor")
    return scale(tonality)[~np.isin(degrees, style.avoided)]


def improvised(style: Style) -> bool:
    """Whether a style, or its parent, is improvised: then no bar returns as it was."""
    return any(style_data(name).improvised for name in (style.name, style.parent))


def hold(style: Style) -> float:
    """How much closer than others a style, or its parent, has to be kept to a tune, lest it swallow it; at least 1.

    Guidance towards the tune is so much stronger, and that of the rhythm towards the style so much weaker; that of the
    pitches is weaker by the square.
    """
    return float(max(style_data(name).hold for name in (style.name, style.parent)))


def _measured(style: Style, tunes: Sequence[LabelledMelody]) -> Style:
    """Measure what a style's tunes are like."""
    melodies = [tune.melody for tune in tunes]
    anchors = [median_pitch(melody) for melody in melodies]
    around = np.concatenate(
        [m.array[:, 2] - middle for m, middle in zip(melodies, anchors, strict=True)]
    )
    diatonic = np.concatenate([np.isin(m.array[:, 2] % 12, scale(estimate(m))) for m in melodies])
    density: dict[str, list[float]] = {}
    for melody in melodies:
        density.setdefault(str(melody.metre), []).append(
            len(melody.notes) * melody.metre.beat / melody.end
        )
    by_metre = sorted(density.items(), key=lambda item: len(item[1]), reverse=True)
    usual = {name: found for name, found in by_metre if len(found) >= 0.02 * len(tunes)}
    return replace(
        style,
        tunes=len(tunes),
        notes=len(around),
        licences=tuple(sorted({tune.licence for tune in tunes})),
        register=int(np.median(anchors)),
        pitch_range=tuple(int(x) for x in np.percentile(around, [2, 98]).round()),
        diatonic=round(float(diatonic.mean()), 3),
        density=round(float(np.median(np.concatenate(list(density.values())))), 3),
        metres={name: round(len(found) / len(tunes), 3) for name, found in usual.items()},
        densities={name: round(float(np.median(found)), 3) for name, found in usual.items()},
        tempo=float(np.median([melody.tempo for melody in melodies])),
        silence=round(float(np.mean([silence(melody) for melody in melodies])), 3),
    )


def _avoided(melodies: Sequence[Melody]) -> tuple[int, ...]:
    """Degrees of the scale that melodies hardly use, as a pentatonic style does two of them; see `Style`."""
    keys = [estimate(melody) for melody in melodies]
    found: list[int] = []
    for number, mode in enumerate(("major", "minor")):
        time, degrees = np.zeros(12), scale(Tonality(0, mode))
        for melody, key in zip(melodies, keys, strict=True):
            if key.mode == mode:
                np.add.at(time, (melody.array[:, 2] - key.tonic) % 12, melody.array[:, 1])
        rare = degrees[time[degrees] < _HARDLY * time.sum()].tolist()
        found += [degree + 12 * number for degree in rare if len(degrees) - len(rare) >= _SCALE]
    return tuple(found)
