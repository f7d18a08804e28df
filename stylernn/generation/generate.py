"""Generation: new melodies in a style, from nothing or from a beginning.

A melody of sixteen bars or more is planned in four sections, the second and the last of which return to the first
(AABA), through the same map of repetitions that carries a source's form in a transfer. In improvised styles nothing
returns as it was, so they get no such plan.
"""

from dataclasses import replace

import numpy as np

from stylernn.adaptation import style_mixtures
from stylernn.corpus.styles import Style, improvised
from stylernn.errors import UsageError
from stylernn.generation import cadence
from stylernn.generation.option_limits import check_option
from stylernn.model.checkpoint import Model
from stylernn.music import splice
from stylernn.music.key_estimation import Tonality, as_key, estimate
from stylernn.music.melody import Key, Melody, TimeSignature
from stylernn.representation import attributes, metre_mapping
from stylernn.representation import skeleton as sk
from stylernn.representation.analysis import Analysis, analyse
from stylernn.representation.event_codec import LOWEST, BeatGrid, Events
from stylernn.representation.examples import Condition
from stylernn.sampling.candidates import compose
from stylernn.sampling.constraints import Constraints
from stylernn.sampling.plan import Plan
from stylernn.sampling.run import SamplingConfig

__all__ = ["form", "generate"]

_SECTIONS = 4
_FORM_FROM = 16
_LONG_FROM = 64


def generate(
    model: Model,
    style: str,
    *,
    bars: int = 16,
    count: int = 1,
    seed: int = 0,
    prompt: Melody | None = None,
    metre: TimeSignature | None = None,
    key: Key | None = None,
    tempo: float | None = None,
    temperature: float = 1.0,
    candidates: int = 8,
) -> list[Melody]:
    """Write melodies.

    Args:
        model: see `checkpoint.load_model`.
        style: name of a style that the model knows, or a mixture, see `mixtures`.
        bars: length of the result, the prompt included.
        count: number of melodies; melody k of a seed does not depend on it.
        seed: the same seed gives the same melodies on the same machine.
        prompt: a beginning that is kept as it is; it brings its own metre, key and tempo.
        metre: by default the style's most frequent.
        key: by default C major.
        tempo: in quarters per minute, by default the style's median.
        temperature: 1 is as varied as the style; lower is plainer.
        candidates: melodies to compose for each, of which the first that closes well is kept, or, from 64 bars on, the
            one of these whose last quarter is most nearly as dense as its first.

    Raises:
        UsageError: if the style is unknown, the temperature cannot be used, or the prompt leaves no room or contradicts
            another argument.
    """
    numbers: dict[str, float] = {
        "bars": bars,
        "count": count,
        "candidates": candidates,
        "temperature": temperature,
    }
    for name, value in numbers.items():
        check_option(name, value)
    check_option("tempo", tempo)
    model, index = style_mixtures.resolve(model, style)
    known = model.header.styles[index - 1]
    if prompt is not None:
        _check_prompt(prompt, bars, {"metre": metre, "key": key})
        metre, key = prompt.metre_at(prompt.end - 1), as_key(estimate(prompt))
    key = key or Key(0)
    metre = metre or _usual_metre(known)
    changes = prompt.metres if prompt else ((0, metre),)
    start = prompt.bars if prompt else 0
    end = (prompt.end if prompt else 0) + (bars - start) * metre.bar
    tempo = tempo or (prompt.tempo if prompt else known.tempo)
    asked = Melody((), changes, key, tempo, prompt.pickup if prompt else 0, end, f"{style} {seed}")
    plan = _plan(
        metre_mapping.to_supported_metre(asked, known),
        index,
        known,
        prompt and metre_mapping.to_supported_metre(prompt, known),
    )
    sampling_config = SamplingConfig(rhythm=temperature, pitch=0.95 * temperature)
    made = [
        _melody(model, plan, known, sampling_config, _seed(seed, number), candidates)
        for number in range(count)
    ]
    written = [metre_mapping.to_original_metre(melody, asked) for melody in made]
    return (
        [splice.splice(prompt, melody, range(prompt.bars)) for melody in written]
        if prompt
        else written
    )


def form(bars: int, pickup: int = 0) -> np.ndarray:
    """The bar that each bar repeats in an AABA form, -1 for none; int32, shape (bars,)."""
    repeats = np.full(bars, -1, np.int32)
    section = (bars - pickup) // _SECTIONS
    if bars - pickup < _FORM_FROM:
        return repeats
    for second in (1, 3):
        first = pickup + second * section
        repeats[first : first + section] = np.arange(pickup, pickup + section)
    return repeats


def _plan(frame: Melody, index: int, style: Style, prompt: Melody | None) -> Plan:
    """The plan of a new melody, over the bars of a frame without notes."""
    grid = BeatGrid.of(frame)
    key = frame.key or Key(0)
    tonality, middle = Tonality(key.tonic, key.mode), style.register
    bars = metre_mapping.regroup_bars(frame, grid, style)
    repeats = form(len(bars.first) - 1, int(frame.pickup > 0))
    if improvised(style):
        repeats = np.full_like(repeats, -1)
    given, locked = None, 0
    if prompt is not None:
        begun = analyse(prompt)
        tonality, middle = begun.tonality, begun.median_pitch
        given, locked = begun.events, prompt.bars
        if len(bars.first) == len(grid.first):
            repeats[: len(begun.repeats)] = begun.repeats
    nothing = np.zeros(0, np.int32)
    events = Events(nothing, nothing, nothing, grid, frame)
    last = cadence.nearest_tonic(middle, tonality) - LOWEST
    return Plan(
        Analysis(frame, events, tonality, middle),
        bars,
        Condition(index, 0, sk.Skeleton(nothing, nothing), repeats),
        Constraints(
            given,
            frozenset(range(locked)),
            cadence=cadence.cadence(events, tonality, last),
        ),
    )


def _melody(
    model: Model, plan: Plan, style: Style, config: SamplingConfig, seed: int, candidates: int
) -> Melody:
    """The best of some candidates, which have the attributes of one real tune of the style."""
    reference = attributes.drawn(model.arrays, style.name, plan.grid, seed)
    shown = replace(plan.condition, attributes=reference.attributes)
    composed = compose(model, replace(plan, condition=shown), config, seed, candidates)
    tonality = plan.analysis.tonality
    return min(composed, key=lambda candidate: _faults(candidate.melody, tonality)).melody


def _seed(seed: int, number: int) -> int:
    """The seed of each of several melodies; the first has the seed itself."""
    return (
        int(np.random.SeedSequence([seed % 2**32, number]).generate_state(1)[0]) if number else seed
    )


def _faults(melody: Melody, tonality: Tonality) -> tuple[float, int, float]:
    """What is wrong with a melody: how it closes, how it comes there, and, if it is long, whether it runs dry."""
    return -cadence.closure(melody, tonality), cadence.final_leap(melody), _unevenness(melody)


def _unevenness(melody: Melody) -> float:
    """How far the numbers of notes in the first and in the last quarter of a long melody are apart, by ratio."""
    if melody.bars < _LONG_FROM:
        return 0.0
    lines, quarter = melody.bar_lines, melody.bars // 4
    edges = lines[[0, quarter, melody.bars - quarter, melody.bars]]
    first, _, last = np.diff(np.searchsorted(melody.array[:, 0], edges))
    return float(abs(np.log((last + 1) / (first + 1))))


def _usual_metre(style: Style) -> TimeSignature:
    name = max(style.metres, key=lambda name: style.metres[name]) if style.metres else "4/4"
    return TimeSignature(*map(int, name.split("/")))


def _check_prompt(prompt: Melody, bars: int, given: dict[str, object]) -> None:
    for name, value in given.items():
        if value is not None:
            raise UsageError(f"a seed melody brings its own {name}", remedy=f"Leave out --{name}.")
    if bars <= prompt.bars:
        raise UsageError(
            "the seed melody leaves no room to go on",
            expected=f"more than its {prompt.bars} bars",
            found=f"{bars} bars",
            remedy="Ask for more with --bars.",
        )
