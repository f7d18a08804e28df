"""Transfer: the same tune in another style.

The tune is reduced to its structural notes; these are moved towards the target style (into its scale if it is
diatonic, into its range); the model writes new surfaces over them, in a batch; the best is kept. Bars, beats and key
stay those of the source, and so does the metre, but that a compound one may be written in simple time (see `metres`).
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


# preserve * (preserve + .4) at the default of preserve.
_CONTENT_AT_DEFAULT = 0.45

# Candidates drawn in addition where none of those asked for has two notes.
_MORE = 32


@dataclass(frozen=True)
class TransferConfig:
    """The dials of a transfer.

    Args:
        preserve: how closely to keep to the tune, 0 to 1.
        strength: how strongly to take on the style; 0 not at all, 1 as the model learnt it (more where there is a
            `styles.hold`, less in improvised styles), 4 and more caricature it.
        candidates: melodies to compose, of which the best is kept.
        temperature: 1 is as varied as the style; lower is plainer.
        density: prefer the sparsest (-1) or the busiest (1) of the candidates; 0 does not mind.
        lowest, highest: range of the new notes, MIDI numbers.
        locked: numbers of the bars, from 0, that stay as they are, note for note.
        keep_metre: keep to a compound metre that the style does not know, instead of writing it in simple time.
        end_on_tonic: whether the last note must be a tonic.
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
                raise UsageError(f"{name} cannot be used", expected=expected, found=found)


@dataclass(frozen=True)
class Result:
    """A transferred melody.

    Args:
        melody: the result.
        source: the tune, on the beats and in the metre of the result.
        tonality: the key that was heard.
        structural, structural_kept: number of the tune's structural notes, one a beat, and of those that sound on in the result.
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
    """Put a melody into another style.

    Args:
        model: see `checkpoint.load_model`.
        melody: the tune.
        style: name of a style that the model knows, or a mixture such as "jazz=0.7,celtic=0.3", see `mixtures`.
        options: the dials.
        seed: the same seed gives the same result on the same machine.
        training: what the model learnt from, see `originality.beside`; candidates that copy nothing of it go first.

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
    """Several different transfers of a melody from one batch, the best first; `transfer` says the rest.

    Only a single one is chosen section by section: several would have all but their ends in common.
    Fewer than `count` come back where so many do not differ, as when nearly all bars are locked.
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
    """What is good enough in a style."""
    if discriminant.has_style(model.arrays, target):
        return PERSONAL
    if improvised(target):
        return IMPROVISED
    return HELD if hold(target) > 1 else COMPOSED


def sampling_config(options: TransferConfig, target: Style) -> SamplingConfig:
    """The sampler's settings for what a user asks and a style, from its `guidance_scales`.

    Args:
        options: what the user asks for.
        target: the style.

    Returns:
        The settings; at the default strength and preserve they are the scales of the style.
    """
    scales = guidance_scales(target)
    preserve, strength = options.preserve, options.strength / TransferConfig.strength
    # Attributes and tilt are in full from some strength on, since more costs the tune; at 0 they are not told.
    # Improvised styles are heard at 1 already, others gain up to the usual strength.
    share = min(options.strength if improvised(target) else strength, 1.0)
    # A tune kept as closely as can be leaves less room for the style; guided by both, a solo keeps no more of it.
    room = min(1.5 - preserve, 1.0)
    # Rhythm follows the style in full up to the network's own distribution, and a fifth as fast from there.
    rhythm = strength * (1.0 + 5 * (scales.rhythm - 1.0))
    return SamplingConfig(
        strength=scales.style * room * strength,
        attributes=(1 + scales.attributes) * share - 1,
        tilt=share,
        # Steeper at the upper end, where a tune is hardly to be changed; .45 at the middle.
        preserve=scales.content * preserve * (preserve + 0.4) / _CONTENT_AT_DEFAULT,
        rhythm_strength=min(rhythm, 1.0 + (rhythm - 1.0) / 5),
        chroma=scales.chroma * preserve / TransferConfig.preserve,
        rhythm=scales.temperature * options.temperature,
        pitch=0.9 * options.temperature,
    )


def _level(preserve: float) -> str:
    """A tune that is to be kept loosely is told to the model by the half bar only, or by the bar."""
    return "bar" if preserve < 0.1 else "half" if preserve < 0.3 else "beat"


def _melodies(
    model: Model, plan: Plan, settings: SamplingConfig, seed: int, count: int, choice: Choice | None
) -> list[Candidate]:
    """Candidates that are melodies: of a very short tune a style may leave a single note; then more are drawn."""
    for drawn in (count, count + _MORE):
        candidates = compose(model, plan, settings, seed, drawn, choice)
        melodies = [
            candidate for candidate in candidates if len(_from_pickup(candidate.melody).notes) > 1
        ]
        if melodies:
            return melodies
    return candidates


def _from_pickup(made: Melody) -> Melody:
    """Without what sounds before the pickup: a file that the melody is put back into may begin with it."""
    start = int(made.bar_lines[1]) - made.pickup
    notes = tuple(note for note in made.notes if note.onset >= start)
    return replace(made, notes=notes) if made.pickup and notes else made


def _result(candidate: Candidate, plan: Plan, melody: Melody, options: TransferConfig) -> Result:
    """Count what was kept, then write the candidate in the metre, and with the bars and the ending, that are wanted."""
    structure = plan.analysis.skeleton("beat")
    kept = int(sounding(candidate.melody, plan, structure).sum())
    made, source = _from_pickup(candidate.melody), plan.analysis.melody
    if options.end_on_tonic:
        made = cadence.on_tonic(made, plan.analysis.tonality)
    if options.locked or options.keep_metre:
        made, source = metre_mapping.to_original_metre(made, melody), melody
    made = splice.splice(melody, made, options.locked) if options.locked else made
    return Result(made, source, plan.analysis.tonality, len(structure.time), kept)
