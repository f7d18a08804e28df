"""The styles of a model: a small tree of labels, with statistics of their tunes.

The label of a tune is its substyle (bebop) if that is a known style, else its style (jazz).
`corpora/styles/<label>/style.toml` gives the parent of each known style. Other labels are styles
without a parent.
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
_HARDLY = 0.03  # share of the time below which a style avoids a degree
_SCALE = 5  # degrees that are left at least


@dataclass(frozen=True)
class Style:
    """A style, with statistics of the tunes that it was learnt from.

    Args:
        name: its label, as used on the command line.
        parent: label of its parent style; its own label if it has none.
        description: one line.
        tunes: number of tunes in its training set; those of its substyles are included.
        notes: number of notes in its training set.
        licences: of its training data, in alphabetical order.
        register: median of its tunes' median pitches, a MIDI number.
        pitch_range: 2nd and 98th percentile of its pitches, in semitones from each tune's median.
        diatonic: share of its notes that lie in their tune's scale.
        density: median of its tunes' notes per beat.
        metres: share of its tunes in each metre; metres of less than 2 % of the tunes are left out.
        densities: median of the notes per beat in each of these metres.
        tempo: median tempo in quarters per minute.
        silence: mean share of its tunes' time in which nothing sounds.
        avoided: degrees of the scale that its tunes hardly use, in semitones above the tonic;
            degrees of minor keys have 12 added. Only personal styles have any.
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
    """The label of a tune: its substyle if that is a known style, else its style.

    Args:
        tune: a labelled melody.

    Returns:
        A label. That of a known substyle is in lower case.

    Example:
        >>> label(LabelledMelody(Melody(()), "jazz", "1", "misty", "mine", "CC0-1.0", "Bebop"))
        'bebop'
    """
    return tune.substyle.lower() if tune.substyle.lower() in labels() else tune.style


def tree(tunes: Iterable[LabelledMelody]) -> tuple[Style, ...]:
    """The styles of a training set, parents included.

    A substyle of fewer than ten tunes is no style of its own; its tunes count for its parent only.

    Args:
        tunes: the training set.

    Returns:
        The styles with their statistics, in alphabetical order of their labels.

    Example:
        >>> from stylernn.music.melody import Note
        >>> scale = Melody(tuple(Note(24 * k, 24, 60 + k) for k in range(8)))
        >>> tunes = [
        ...     LabelledMelody(scale, "jazz", str(k), str(k), "mine", "CC0-1.0", "bebop")
        ...     for k in range(10)
        ... ]
        >>> [(style.name, style.parent, style.tunes) for style in tree(tunes)]
        [('bebop', 'jazz', 10), ('jazz', 'jazz', 10)]
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
    """A style without a parent, with the statistics of some tunes.

    The pitch range is at least half an octave on either side of the median, since few tunes may not
    show the range of their style.

    Args:
        name: label of the style.
        tunes: of the style.

    Returns:
        The style, avoided degrees included.
    """
    found = _measured(Style(name, name), tunes)
    pitch_range = min(found.pitch_range[0], -6), max(found.pitch_range[1], 6)
    return replace(
        found, pitch_range=pitch_range, avoided=_avoided([tune.melody for tune in tunes])
    )


def parents(styles: Sequence[Style]) -> list[int]:
    """The index of each style's parent; index 0 is the null style and `styles` begin at 1.

    Args:
        styles: of a model, in its order.

    Returns:
        As many indices as there are styles, and one for the null style.

    Example:
        >>> parents([Style("bebop", "jazz"), Style("jazz", "jazz")])
        [0, 2, 2]
    """
    index = {style.name: k for k, style in enumerate(styles, 1)}
    return [0, *(index[style.parent] for style in styles)]


def find(styles: Sequence[Style], name: str) -> int:
    """The index of a style, from 1.

    Args:
        styles: of a model, in its order.
        name: label of the style.

    Returns:
        Its index; 0 would be the null style.

    Raises:
        UsageError: if there is no style of that name.

    Example:
        >>> find([Style("bebop", "jazz"), Style("jazz", "jazz")], "jazz")
        2
    """
    names = [style.name for style in styles]
    if name in names:
        return names.index(name) + 1
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else ""
    raise UsageError(f"unknown style {name!r}", expected=f"one of {', '.join(names)}", remedy=hint)


def diatonic(style: Style) -> bool:
    """Whether nearly all notes of a style lie in the scale.

    Structural notes outside the scale are then not allowed.

    Args:
        style: with its statistics.

    Returns:
        True if 95 % of its notes or more lie in their tune's scale.

    Example:
        >>> diatonic(Style("jazz", "jazz", diatonic=0.8))
        False
    """
    return style.diatonic >= _DIATONIC


def scale_of(style: Style, tonality: Tonality) -> np.ndarray:
    """The pitch classes of a key's diatonic scale, without those that a style avoids.

    Args:
        style: with its avoided degrees.
        tonality: the key.

    Returns:
        int64, shape (pitch classes,), ascending from C, which is 0.

    Example:
        >>> scale_of(Style("mine", "mine", avoided=(5, 11)), Tonality(0, "major")).tolist()
        [0, 2, 4, 7, 9]
    """
    degrees = (scale(tonality) - tonality.tonic) % 12 + 12 * (tonality.mode == "minor")
    return scale(tonality)[~np.isin(degrees, style.avoided)]


def improvised(style: Style) -> bool:
    """Whether a style, or its parent, is improvised: then no bar returns as it was."""
    return any(style_data(name).improvised for name in (style.name, style.parent))


def hold(style: Style) -> float:
    """How much closer than others a style, or its parent, has to be kept to a tune; at least 1.

    Guidance towards the tune is so much stronger, and that of the rhythm towards the style so much
    weaker; that of the pitches is weaker by the square.
    """
    return float(max(style_data(name).hold for name in (style.name, style.parent)))


def _measured(style: Style, tunes: Sequence[LabelledMelody]) -> Style:
    """A style with the statistics of its tunes."""
    melodies = [tune.melody for tune in tunes]
    medians = [median_pitch(melody) for melody in melodies]
    around = np.concatenate(
        [m.array[:, 2] - middle for m, middle in zip(melodies, medians, strict=True)]
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
        register=int(np.median(medians)),
        pitch_range=tuple(int(x) for x in np.percentile(around, [2, 98]).round()),
        diatonic=round(float(diatonic.mean()), 3),
        density=round(float(np.median(np.concatenate(list(density.values())))), 3),
        metres={name: round(len(found) / len(tunes), 3) for name, found in usual.items()},
        densities={name: round(float(np.median(found)), 3) for name, found in usual.items()},
        tempo=float(np.median([melody.tempo for melody in melodies])),
        silence=round(float(np.mean([silence(melody) for melody in melodies])), 3),
    )


def _avoided(melodies: Sequence[Melody]) -> tuple[int, ...]:
    """Degrees of the scale that melodies hardly use, such as two in a pentatonic style."""
    keys = [estimate(melody) for melody in melodies]
    found: list[int] = []
    for number, mode in enumerate(("major", "minor")):
        time = np.zeros(12)
        degrees = scale(Tonality(0, mode))
        for melody, key in zip(melodies, keys, strict=True):
            if key.mode == mode:
                np.add.at(time, (melody.array[:, 2] - key.tonic) % 12, melody.array[:, 1])
        rare = degrees[time[degrees] < _HARDLY * time.sum()].tolist()
        found += [degree + 12 * number for degree in rare if len(degrees) - len(rare) >= _SCALE]
    return tuple(found)
