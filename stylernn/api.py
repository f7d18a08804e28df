"""The public face: what `import stylernn` offers.

    import stylernn

    tune = stylernn.read("in.mid")
    jazz = stylernn.transfer(tune, to="jazz", seed=1)
    jazz.write("out.mid")

The functions take what the options of the command line take, under the same names, and refuse what
it refuses. A model is loaded once for each file.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import index
from pathlib import Path
from typing import Any, NamedTuple

from stylernn.adaptation import user_styles
from stylernn.errors import StylernnError, UsageError
from stylernn.formats import midi_replace, registry
from stylernn.generation import generate as generation
from stylernn.generation import provenance
from stylernn.generation import transfer as transferring
from stylernn.generation.melody_file import AnyPath, MelodyFile
from stylernn.generation.model_source import (
    AnyModel,
    ModelSource,
    load,
    model_file,
    model_source,
)
from stylernn.generation.option_limits import check_option
from stylernn.generation.transfer import Result, TransferConfig
from stylernn.generation.tune_options import Bars, TuneOptions
from stylernn.music.key import Key
from stylernn.music.melody import Melody, TimeSignature
from stylernn.music.parse import parse_key, parse_metre
from stylernn.representation import note_alignment

__all__ = [
    "MelodyFile",
    "evaluate",
    "generate",
    "load",
    "model_file",
    "read",
    "styles",
    "transfer",
    "variations",
]

_ATTEMPTS = range(8)
# Between the seeds of attempts, so that those of neighbouring seeds do not meet.
_STRIDE = 1_000_003
_SEEDS = 2**32


def read(path: AnyPath, *, track: int | None = None) -> MelodyFile:
    """Read the melody of a music file.

    Args:
        path: a MIDI, MusicXML, ABC or Humdrum file.
        track: the track or part to read, counted from 0; by default the melody.

    Returns:
        The melody, with where it was read from.

    Raises:
        UsageError: if no format has the file's ending, or there is no such track.
        FileFormatError: if the file cannot be read or has no melody.

    Example:
        >>> import tempfile
        >>> from stylernn.music.melody import Melody, Note
        >>> tune = MelodyFile(Melody((Note(0, 24, 60), Note(24, 24, 64)), title="Up"))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     read(tune.write(f"{folder}/up.mid"))
        <MelodyFile 'Up', 1 bars of 4/4, 2 notes>
    """
    check_option("track", track)
    path = Path(path)
    melody = registry.read(path, track=track)
    arranged = registry.is_midi(path) and midi_replace.is_arrangement(path)
    return MelodyFile(melody, path, track, arranged)


def transfer(
    tune: MelodyFile | Melody | AnyPath,
    to: str | None = None,
    *,
    like: AnyPath | None = None,
    preserve: float = TransferConfig.preserve,
    strength: float = TransferConfig.strength,
    candidates: int = TransferConfig.candidates,
    temperature: float = TransferConfig.temperature,
    seed: int = 0,
    model: AnyModel | None = None,
    track: int | None = None,
    lock: Bars | None = None,
    rewrite: Bars | None = None,
    key: str | Key | None = None,
    range: str | tuple[int, int] | None = None,
    tempo: float | None = None,
    bars: Bars | None = None,
    end_on_tonic: bool = False,
    mood: str | None = None,
    max_copy: int | None = None,
    keep_metre: bool | None = None,
) -> MelodyFile:
    """Put a tune into another style.

    Args:
        tune: from `read`, a melody, or a file.
        to: a style, or a mixture such as "jazz=0.7,celtic=0.3"; `styles` lists them.
        like: a file whose tune is the style, instead of `to`.
        preserve: how closely to keep to the tune, from 0 to 1.
        strength: how strongly to take on the style, from 0 to 10.
        candidates: melodies to compose, of which the best is kept.
        temperature: 1 is as varied as the style; lower is plainer.
        seed: the same seed gives the same notes on the same machine.
        model: a model, a model file or a run folder instead of the shipped model.
        track: of the file, counted from 0, where `tune` is a file; by default the melody.
        lock: bars that stay as they are, such as "1-4,9"; the first full bar is 1, a pickup 0.
        rewrite: the only bars that change, instead of `lock`.
        key: transpose the tune to this tonic first, such as "Eb"; the mode stays.
        range: lowest and highest new note, such as "G3-C6" or (55, 84).
        tempo: in quarter notes a minute; by default that of the tune.
        bars: the only stretch of the tune to take, such as "1-16".
        end_on_tonic: let the last note be the tonic.
        mood: "calm", "energetic", "happy" or "sad".
        max_copy: draw again, with other seeds, where so many notes running, or more, stand in the
            training set.
        keep_metre: stay in a compound metre that the style does not know; by default only where the
            tune stands among other tracks.

    Returns:
        The result, with what became of each note and where it comes from.

    Raises:
        StylernnError: if the style is unknown, an option cannot be used, a file cannot be read, or
            all draws copy too much.
    """
    seed = index(seed)
    check_option("max_copy", max_copy)
    style = _style(to, like)
    options = TuneOptions(lock, rewrite, key, range, tempo, bars, end_on_tonic, mood)
    job = _job(
        tune,
        model_source(model),
        options,
        track,
        keep_metre,
        seed,
        preserve=preserve,
        strength=strength,
        candidates=candidates,
        temperature=temperature,
    )
    training = job.source.training
    if max_copy is not None and training is None:
        raise UsageError("the model has no index of its training set, so copies cannot be found")
    for attempt in _ATTEMPTS:
        used = (seed + attempt * _STRIDE) % _SEEDS
        result = transferring.transfer(
            job.source.model, job.tune.melody, style, job.config, seed=used, training=training
        )
        made = _made(job, result, style, used)
        if max_copy is None or (made.provenance or {})["originality"]["longest_copy"] < max_copy:
            return made
    problem = f"{len(_ATTEMPTS)} results of seed {seed} all copy {max_copy} notes or more"
    remedy = "Try another seed, a lower strength or a higher temperature."
    raise StylernnError(problem, remedy=remedy)


def variations(
    tune: MelodyFile | Melody | AnyPath,
    to: str | None = None,
    *,
    count: int = 8,
    like: AnyPath | None = None,
    preserve: float = TransferConfig.preserve,
    strength: float = TransferConfig.strength,
    candidates: int = TransferConfig.candidates,
    temperature: float = TransferConfig.temperature,
    seed: int = 0,
    model: AnyModel | None = None,
    track: int | None = None,
    lock: Bars | None = None,
    rewrite: Bars | None = None,
    key: str | Key | None = None,
    range: str | tuple[int, int] | None = None,
    tempo: float | None = None,
    bars: Bars | None = None,
    end_on_tonic: bool = False,
    mood: str | None = None,
    keep_metre: bool | None = None,
) -> list[MelodyFile]:
    """Put a tune into another style in several ways.

    Args:
        tune: from `read`, a melody, or a file.
        to: a style, or a mixture such as "jazz=0.7,celtic=0.3"; `styles` lists them.
        count: how many results, from 1 to 64.
        like: a file whose tune is the style, instead of `to`.
        preserve: how closely to keep to the tune, from 0 to 1.
        strength: how strongly to take on the style, from 0 to 10.
        candidates: melodies to compose; at least two for each result are.
        temperature: 1 is as varied as the style; lower is plainer.
        seed: the same seed gives the same notes on the same machine.
        model: a model, a model file or a run folder instead of the shipped model.
        track: of the file, counted from 0, where `tune` is a file; by default the melody.
        lock: bars that stay as they are, such as "1-4,9"; the first full bar is 1, a pickup 0.
        rewrite: the only bars that change, instead of `lock`.
        key: transpose the tune to this tonic first, such as "Eb"; the mode stays.
        range: lowest and highest new note, such as "G3-C6" or (55, 84).
        tempo: in quarter notes a minute; by default that of the tune.
        bars: the only stretch of the tune to take, such as "1-16".
        end_on_tonic: let the last note be the tonic.
        mood: "calm", "energetic", "happy" or "sad".
        keep_metre: as for `transfer`.

    Returns:
        Different results, the best first; fewer than `count` where so many do not differ.

    Raises:
        StylernnError: if the style is unknown, an option cannot be used, or a file cannot be read.
    """
    seed = index(seed)
    check_option("variations", count)
    style = _style(to, like)
    options = TuneOptions(lock, rewrite, key, range, tempo, bars, end_on_tonic, mood)
    job = _job(
        tune,
        model_source(model),
        options,
        track,
        keep_metre,
        seed,
        preserve=preserve,
        strength=strength,
        candidates=candidates,
        temperature=temperature,
    )
    results = transferring.variations(
        job.source.model,
        job.tune.melody,
        style,
        job.config,
        seed=seed,
        count=count,
        training=job.source.training,
    )
    return [_made(job, result, style, seed) for result in results]


def generate(
    style: str | None = None,
    *,
    like: AnyPath | None = None,
    bars: int = 16,
    count: int = 1,
    seed_melody: MelodyFile | Melody | AnyPath | None = None,
    metre: str | TimeSignature | None = None,
    key: str | Key | None = None,
    tempo: float | None = None,
    temperature: float = 1.0,
    candidates: int = 8,
    seed: int = 0,
    model: AnyModel | None = None,
) -> list[MelodyFile]:
    """Write new melodies in a style.

    Args:
        style: a style, or a mixture such as "jazz=0.7,celtic=0.3"; `styles` lists them.
        like: a file whose tune is the style, instead of `style`.
        bars: length of each melody, that of `seed_melody` included, from 1 to 512.
        count: how many melodies, from 1 to 1000; melody k of a seed does not depend on it.
        seed_melody: a beginning that is kept; it brings its own metre and key, and a tempo.
        metre: such as "6/8"; by default the style's most frequent.
        key: such as "D minor"; by default C major.
        tempo: in quarter notes a minute; by default the style's median.
        temperature: 1 is as varied as the style; lower is plainer.
        candidates: melodies to compose for each one that is kept.
        seed: the same seed gives the same melodies on the same machine.
        model: a model, a model file or a run folder instead of the shipped model.

    Returns:
        The melodies.

    Raises:
        StylernnError: if the style is unknown, an option cannot be used, or a file cannot be read.
    """
    bars, count, seed = index(bars), index(count), index(seed)
    asked = {"bars": bars, "count": count, "tempo": tempo, "temperature": temperature}
    _check(asked | {"candidates": candidates, "seed": seed})
    name = _style(style, like)
    prompt = None if seed_melody is None else _as_tune(seed_melody).melody
    made = generation.generate(
        load(model),
        name,
        bars=bars,
        count=count,
        seed=seed,
        prompt=prompt,
        metre=parse_metre(metre) if isinstance(metre, str) else metre,
        key=parse_key(key) if isinstance(key, str) else key,
        tempo=tempo,
        temperature=temperature,
        candidates=candidates,
    )
    return [MelodyFile(melody, style=name, seed=seed) for melody in made]


def evaluate(
    outputs: Sequence[MelodyFile | Melody],
    sources: Sequence[MelodyFile | Melody] | None = None,
) -> dict[str, float]:
    """Measure melodies by themselves, and beside the tunes that they were made of.

    Args:
        outputs: the melodies to measure.
        sources: their tunes, one for each, for the metrics of what was kept.

    Returns:
        The mean of each metric by its name; `stylernn.evaluation.metrics` says what they are.

    Raises:
        StylernnError: if the extra `evaluation` is not installed.
    """
    from stylernn.evaluation import metrics

    return metrics.evaluate(outputs, sources)


def styles(model: AnyModel | None = None) -> list[str]:
    """Names of the styles that a model knows, and of the user's own that were learnt for it.

    Args:
        model: a model, a model file or a run folder instead of the shipped model.

    Returns:
        The names, the user's own last.

    Example:
        >>> "jazz" in styles()
        True
    """
    loaded = load(model)
    own = (user_styles.load(user_styles.file_of(name)) for name in user_styles.saved_styles())
    return [
        *(style.name for style in loaded.header.styles),
        *(each.style.name for each in own if each.model == loaded.digest),
    ]


class _Job(NamedTuple):
    """A transfer that is ready to begin."""

    tune: MelodyFile
    source: ModelSource
    config: TransferConfig


def _job(
    tune: MelodyFile | Melody | AnyPath,
    source: ModelSource,
    options: TuneOptions,
    track: int | None,
    keep_metre: bool | None,
    seed: int,
    **config: Any,
) -> _Job:
    """Read the tune and apply the options to it."""
    check_option("seed", seed)
    given = _as_tune(tune, track)
    if not len(given.melody.array):
        raise UsageError("the tune has no notes")
    melody = options.tune(given.melody)
    # What was moved in time, key or speed no longer fits the other tracks.
    arranged = given.arranged and melody == given.melody
    config |= {"keep_metre": arranged if keep_metre is None else keep_metre}
    asked = TransferConfig(**config, **options.config(melody))
    return _Job(replace(given, melody=melody, arranged=arranged), source, asked)


def _as_tune(tune: MelodyFile | Melody | AnyPath, track: int | None = None) -> MelodyFile:
    """A tune of any of the types that the functions take."""
    if isinstance(tune, MelodyFile):
        return tune
    return MelodyFile(tune) if isinstance(tune, Melody) else read(tune, track=track)


def _style(name: str | None, like: AnyPath | None) -> str:
    """The style that is asked for, by name or by a file."""
    if (name is None) == (like is None):
        found = "neither" if name is None else "both"
        remedy = "styles() lists the styles."
        raise UsageError(
            "name a style", expected="either its name or like", found=found, remedy=remedy
        )
    return name if name is not None else os.fspath(like or "")


def _check(options: Mapping[str, float | None]) -> None:
    """Check several options, see `check_option`."""
    for name, value in options.items():
        check_option(name, value)


def _made(job: _Job, result: Result, style: str, seed: int) -> MelodyFile:
    """A result with what became of the tune and where it comes from."""
    found = note_alignment.compare(result.source, result.melody)
    made_by = provenance.model_facts(job.source.path, job.source.model)
    copied = provenance.originality_facts(result, job.source.training)
    facts = provenance.describe(
        result, found, style=style, seed=seed, options=job.config, model=made_by, copied=copied
    )
    return replace(
        job.tune,
        melody=result.melody,
        source=job.tune.melody,
        style=style,
        seed=seed,
        result=result,
        alignment=found,
        provenance=facts,
    )
