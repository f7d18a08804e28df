"""Generation: new melodies in a style, with or without a given beginning (the prompt).

The plan of a new melody has bars, key and style, but no skeleton. A cadence is forced at the end,
and the bars of the prompt are locked. The control attributes are those of a real tune of the style,
which the seed draws. Of several candidates the one that closes best is returned.

A melody of sixteen bars or more has the form AABA: in its map of repetitions the bars of the second
and of the fourth section repeat those of the first, see `form`. In improvised styles no bar returns
as it was, so their melodies have no form.
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
_FORM_FROM = 16  # bars from which on a melody has a form
_LONG_FROM = 64  # bars from which on its density is compared, see `_unevenness`


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
        style: name of a style that the model knows, or a mixture such as "jazz=0.7,celtic=0.3", see
            `style_mixtures`.
        bars: length of each melody in bars, the prompt included.
        count: number of melodies; melody k of a seed does not depend on it.
        seed: the same seed gives the same melodies on the same machine.
        prompt: a beginning that is kept as it is. Metre, key and tempo are those of the prompt.
        metre: by default the most frequent one of the style.
        key: by default C major.
        tempo: in quarter notes a minute; by default the median of the style.
        temperature: 1 is as varied as the style; a lower one is less varied.
        candidates: melodies to compose for each one that is returned. Returned is the first of
            those that close best; from 64 bars on, the one of these whose last quarter is most
            nearly as dense as its first.

    Returns:
        The melodies.

    Raises:
        UsageError: if the style is unknown, a number is outside of its limits, or the prompt leaves
            no room or contradicts another argument.
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
    """Make the map of repetitions of an AABA form.

    Args:
        bars: number of bars, a pickup included.
        pickup: 1 if bar 0 is a pickup, else 0.

    Returns:
        For each bar the earlier bar that it repeats, or -1; all -1 if there are fewer than 16 full
        bars. int32, shape (bars,).

    Example:
        >>> form(16).tolist()
        [-1, -1, -1, -1, 0, 1, 2, 3, -1, -1, -1, -1, 0, 1, 2, 3]
        >>> form(8).tolist()
        [-1, -1, -1, -1, -1, -1, -1, -1]
    """
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
    """Compose candidates with the control attributes of one real tune; return the best one."""
    reference = attributes.drawn(model.arrays, style.name, plan.grid, seed)
    shown = replace(plan.condition, attributes=reference.attributes)
    composed = compose(model, replace(plan, condition=shown), config, seed, candidates)
    tonality = plan.analysis.tonality
    return min(composed, key=lambda candidate: _faults(candidate.melody, tonality)).melody


def _seed(seed: int, number: int) -> int:
    """The seed of melody `number`; melody 0 has the seed itself."""
    return (
        int(np.random.SeedSequence([seed % 2**32, number]).generate_state(1)[0]) if number else seed
    )


def _faults(melody: Melody, tonality: Tonality) -> tuple[float, int, float]:
    """How a melody closes, the leap to its last note, and its unevenness; the less the better."""
    return -cadence.closure(melody, tonality), cadence.final_leap(melody), _unevenness(melody)


def _unevenness(melody: Melody) -> float:
    """Logarithm of the ratio of notes in the first and the last quarter; 0 for short melodies."""
    if melody.bars < _LONG_FROM:
        return 0.0
    lines, quarter = melody.bar_lines, melody.bars // 4
    edges = lines[[0, quarter, melody.bars - quarter, melody.bars]]
    first, _, last = np.diff(np.searchsorted(melody.array[:, 0], edges))
    return float(abs(np.log((last + 1) / (first + 1))))


def _usual_metre(style: Style) -> TimeSignature:
    """The most frequent metre of a style."""
    name = max(style.metres, key=lambda name: style.metres[name]) if style.metres else "4/4"
    return TimeSignature(*map(int, name.split("/")))


def _check_prompt(prompt: Melody, bars: int, given: dict[str, object]) -> None:
    """Refuse arguments that contradict the prompt, or leave no bar to write."""
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
