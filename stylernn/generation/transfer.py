"""Transfer: the same tune in another style.

A transfer has four steps:

1. The tune is analysed. If it is in a compound metre that the style does not have, it is written in
   a simple one first (`metre_mapping`).
2. A plan is made (`planning`): the tune is reduced to its structural notes, which are moved into
   the pitch range and the scale of the style.
3. The network, conditioned on structural notes and style, draws a batch of candidates
   (`sampling.candidates`). `sampling_config` turns the settings of the user into guidance scales
   and temperatures.
4. The best candidate is chosen (`reranking`), section by section if the melody is long.

The result has the bars, beats and key of the tune, and its metre unless step 1 has changed it.
"""

from dataclasses import dataclass, replace

from stylernn.adaptation import style_mixtures
from stylernn.corpus.styles import Style, hold, improvised
from stylernn.errors import UsageError
from stylernn.generation import cadence, planning
from stylernn.generation.guidance_scales import guidance_scales
from stylernn.generation.option_limits import check_option
from stylernn.model.checkpoint import Model
from stylernn.music import splice
from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import Melody, Note
from stylernn.representation import metre_mapping
from stylernn.representation.analysis import analyse
from stylernn.representation.event_codec import HIGHEST, LOWEST
from stylernn.reranking import discriminant
from stylernn.reranking.originality import NgramIndex
from stylernn.reranking.ranking import COMPOSED, HELD, IMPROVISED, PERSONAL, Standards, sounding
from stylernn.reranking.selection import Selection
from stylernn.sampling.candidates import Candidate, Choice, compose
from stylernn.sampling.constraints import Constraints
from stylernn.sampling.plan import Plan
from stylernn.sampling.run import SamplingConfig

__all__ = ["TransferConfig", "Result", "sampling_config", "transfer", "variations"]


# preserve * (preserve + 0.4) at the default of preserve.
_CONTENT_AT_DEFAULT = 0.45

# Candidates that are drawn in addition if none of the first has two notes. Set by hand.
_MORE = 32


@dataclass(frozen=True)
class TransferConfig:
    """The settings of a transfer.

    Args:
        preserve: how closely to keep to the tune, from 0 to 1.
        strength: how strongly to guide towards the style, from 0 to 10. It multiplies the guidance
            scales of the style, see `sampling_config`: 0 leaves the style out, the default gives
            the scales as they stand in the table, and greater values exaggerate the style.
        candidates: melodies to compose, of which the best is returned.
        temperature: 1 is as varied as the style; a lower one is less varied.
        density: prefer the candidates with the fewest (-1) or the most notes (1); 0 does neither.
        lowest: lowest pitch of the new notes, a MIDI number.
        highest: highest pitch of the new notes, a MIDI number.
        locked: numbers of the bars, from 0, that are copied from the tune.
        keep_metre: write the result in the metre of the tune, even if it is a compound metre that
            the style does not have.
        end_on_tonic: whether the last note is moved to the tonic.

    Raises:
        UsageError: if a number is outside of its limits.
    """

    preserve: float = 0.5
    strength: float = 3.5
    candidates: int = 32
    temperature: float = 1.0
    density: float = 0.0
    lowest: int = LOWEST
    highest: int = HIGHEST
    locked: frozenset[int] = frozenset()
    keep_metre: bool = False
    end_on_tonic: bool = False

    def __post_init__(self) -> None:
        for name in ("preserve", "strength", "candidates", "temperature", "density"):
            check_option(name, getattr(self, name))
        limits = {"lowest": (LOWEST, HIGHEST - 12), "highest": (self.lowest + 12, HIGHEST)}
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                expected, found = f"a number from {low} to {high}", str(getattr(self, name))
                raise UsageError(f"{name} is out of range", expected=expected, found=found)


@dataclass(frozen=True)
class Result:
    """A transferred melody.

    Args:
        melody: the result.
        source: the tune, on the beats and in the metre of the result.
        tonality: the key of the tune, as it was estimated.
        structural: number of structural notes of the tune, at most one a beat.
        structural_kept: number of those whose pitch class sounds in the result at the same time.
    """

    melody: Melody
    source: Melody
    tonality: Tonality
    structural: int
    structural_kept: int


def transfer(
    model: Model,
    melody: Melody,
    style: str,
    options: TransferConfig = TransferConfig(),
    *,
    seed: int = 0,
    training: NgramIndex | None = None,
) -> Result:
    """Transfer a melody into another style.

    Args:
        model: see `checkpoint.load_model`.
        melody: the tune.
        style: name of a style that the model knows, or a mixture such as "jazz=0.7,celtic=0.3", see
            `style_mixtures`.
        options: the settings.
        seed: the same seed gives the same result on the same machine.
        training: index of the training set, see `originality.beside`. Candidates that copy nothing
            from it are preferred.

    Returns:
        The best result.

    Raises:
        UsageError: if the model does not know the style, or a bar to lock is not there.
    """
    return variations(model, melody, style, options, seed=seed, count=1, training=training)[0]


def variations(
    model: Model,
    melody: Melody,
    style: str,
    options: TransferConfig = TransferConfig(),
    *,
    seed: int = 0,
    count: int = 8,
    training: NgramIndex | None = None,
) -> list[Result]:
    """Transfer a melody into another style, with several different results.

    All results come from one batch of candidates. Only a single result is chosen section by
    section; several would be equal up to their last section.

    Args:
        model: see `checkpoint.load_model`.
        melody: the tune.
        style: as for `transfer`.
        options: the settings; at least two candidates are composed for each of several results.
        seed: the same seed gives the same results on the same machine.
        count: number of results.
        training: as for `transfer`.

    Returns:
        The results, the best first; fewer than `count` if fewer candidates differ, as when nearly
        all bars are locked.

    Raises:
        UsageError: if the model does not know the style, or a bar to lock is not there.
    """
    splice.check(options.locked, melody)
    model, index = style_mixtures.resolve(model, style)
    target = model.header.styles[index - 1]
    analysis = analyse(metre_mapping.to_supported_metre(melody, target))
    asked = max(options.candidates, 2 * count if count > 1 else 1)
    constraints = Constraints(
        analysis.events,
        options.locked,
        lowest=options.lowest - LOWEST,
        highest=options.highest - LOWEST,
    )
    level = _level(options.preserve)
    plan = planning.draw_plan(
        model, analysis, index, seed, level=level, choice=asked > 1, constraints=constraints
    )
    standards = _standards(model, target)
    selection = Selection(
        model, target, plan, analysis.melody, standards, options.density, training
    )
    choice = selection.best if count == 1 else None
    candidates = _melodies(model, plan, sampling_config(options, target), seed, asked, choice)
    bars = plan.sections[-1] if choice else range(analysis.melody.bars)
    chosen: dict[tuple[Note, ...], Result] = {}
    for k in selection.order(candidates, bars):
        result = _result(candidates[k], plan, melody, options)
        chosen.setdefault(result.melody.notes, result)
        if len(chosen) == count:
            break
    return list(chosen.values())


def _standards(model: Model, target: Style) -> Standards:
    """The weights that candidates of a style are ranked with."""
    if discriminant.has_style(model.arrays, target):
        return PERSONAL
    if improvised(target):
        return IMPROVISED
    return HELD if hold(target) > 1 else COMPOSED


def sampling_config(options: TransferConfig, target: Style) -> SamplingConfig:
    """Turn the settings of a transfer into those of the sampler.

    The guidance scales of the style hold at the default `strength` and `preserve`. The curves that
    follow them away from the default were set by hand.

    Args:
        options: the settings of the transfer.
        target: the style.

    Returns:
        The settings of the sampler.

    Example:
        >>> style = Style("a style of your own", "a style of your own")
        >>> for strength in (0.0, 3.5, 7.0):
        ...     config = sampling_config(TransferConfig(strength=strength), style)
        ...     print(config.strength, config.preserve)
        0.0 0.45
        3.5 0.45
        7.0 0.45
    """
    scales = guidance_scales(target)
    preserve, strength = options.preserve, options.strength / TransferConfig.strength
    # Attributes and logit bias have their full weight from a certain strength on, because more of
    # them costs similarity to the tune. At strength 0 the attributes are left out. The full weight
    # is reached at 1 for improvised styles, as which results are classified from there on, and at
    # the default strength for others, which gain up to there.
    share = min(options.strength if improvised(target) else strength, 1.0)
    # From preserve 0.5 on, the guidance towards the style is reduced. An improvised melody that is
    # guided in full towards both keeps no more of the tune.
    room = min(1.5 - preserve, 1.0)
    # The scale of the rhythm grows with the strength up to 1, the network's own distribution, and
    # from there on a fifth as fast.
    rhythm = strength * (1.0 + 5 * (scales.rhythm - 1.0))
    return SamplingConfig(
        strength=scales.style * room * strength,
        attributes=(1 + scales.attributes) * share - 1,
        tilt=share,
        # It grows faster near preserve 1, where the tune shall hardly change.
        preserve=scales.content * preserve * (preserve + 0.4) / _CONTENT_AT_DEFAULT,
        rhythm_strength=min(rhythm, 1.0 + (rhythm - 1.0) / 5),
        chroma=scales.chroma * preserve / TransferConfig.preserve,
        rhythm=scales.temperature * options.temperature,
        pitch=0.9 * options.temperature,
    )


def _level(preserve: float) -> str:
    """The level of the skeleton: the less of the tune is preserved, the fewer structural notes.

    The limits were set by hand.
    """
    if preserve < 0.1:
        return "bar"
    return "half" if preserve < 0.3 else "beat"


def _melodies(
    model: Model, plan: Plan, settings: SamplingConfig, seed: int, count: int, choice: Choice | None
) -> list[Candidate]:
    """Candidates with two notes or more.

    For a very short tune all candidates may have a single note. Then more of them are drawn.
    """
    for drawn in (count, count + _MORE):
        candidates = compose(model, plan, settings, seed, drawn, choice)
        melodies = [
            candidate for candidate in candidates if len(_from_pickup(candidate.melody).notes) > 1
        ]
        if melodies:
            return melodies
    return candidates


def _from_pickup(made: Melody) -> Melody:
    """The melody without notes before the pickup, as its MIDI file may begin with the pickup."""
    start = int(made.bar_lines[1]) - made.pickup
    notes = tuple(note for note in made.notes if note.onset >= start)
    return replace(made, notes=notes) if made.pickup and notes else made


def _result(candidate: Candidate, plan: Plan, melody: Melody, options: TransferConfig) -> Result:
    """Count the structural notes that are kept; then apply metre, locked bars and ending."""
    structure = plan.analysis.skeleton("beat")
    kept = int(sounding(candidate.melody, plan, structure).sum())
    made, source = _from_pickup(candidate.melody), plan.analysis.melody
    if options.end_on_tonic:
        made = cadence.on_tonic(made, plan.analysis.tonality)
    if options.locked or options.keep_metre:
        made, source = metre_mapping.to_original_metre(made, melody), melody
    made = splice.splice(melody, made, options.locked) if options.locked else made
    return Result(made, source, plan.analysis.tonality, len(structure.time), kept)
