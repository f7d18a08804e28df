"""From a plan to candidate melodies: what transfer and generation have in common.

`compose` turns a plan into the arrays of the sampler's program, runs it for a batch of candidates,
and decodes the events that it drew into melodies. A long melody is rarely good from beginning to
end in any candidate. So the caller may pass a function that chooses: after each section of the
plan all candidates continue from the one that it chose.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from stylernn.model.checkpoint import Model
from stylernn.music.melody import Melody
from stylernn.representation import breaths, event_codec
from stylernn.representation.arrays import PAD_TIME
from stylernn.representation.batching import window_arrays
from stylernn.representation.event_codec import PITCHES, Events
from stylernn.sampling import run, state
from stylernn.sampling.guidance import Bias
from stylernn.sampling.plan import Plan
from stylernn.sampling.run import SamplingConfig
from stylernn.sampling.state import SamplerState
from stylernn.sampling.tilt import nothing

__all__ = ["Candidate", "Choice", "compose"]

# Room for events, for each beat after padding. A melody that fills it ends early. Set by hand.
_EVENTS_PER_BEAT = 5


class Candidate(NamedTuple):
    """One of several melodies that were drawn for the same plan.

    Args:
        melody: the notes.
        log_p: log-probability with all conditions, in nats a note.
        log_p_plain: the same without the style.
    """

    melody: Melody
    log_p: float
    log_p_plain: float


Choice = Callable[[list[Candidate], range], int]
"""A function of candidates and a range of bars: the index of the best candidate in these bars."""


def compose(
    model: Model,
    plan: Plan,
    config: SamplingConfig,
    seed: int,
    count: int,
    choice: Choice | None = None,
) -> list[Candidate]:
    """Sample candidates for a plan.

    Args:
        model: the network and its styles.
        plan: what to compose.
        config: how to sample.
        seed: without a choice, candidate k of a seed is the same whatever `count` is.
        count: number of candidates.
        choice: called at the end of every section of the plan but the last. All candidates
            continue from the one that it returns.

    Returns:
        The candidates, in the order in which they were drawn.
    """
    source, grid = plan.analysis.events, plan.analysis.events.grid
    in_bars_of_style = replace(plan.analysis, events=replace(source, grid=plan.grid))
    # All sizes depend on one, so that melodies of many lengths share few compiled programs.
    beats = run.bucket(grid.beats + 1, 64)
    events = _EVENTS_PER_BEAT * beats
    notes = max(beats, len(plan.condition.skeleton.time))
    bars = len(plan.grid.first) - 1
    conditions = window_arrays(in_bars_of_style, 0, bars, plan.condition, beats, notes)
    positions = np.zeros_like(conditions.positions)
    positions[: grid.beats + 1] = grid.ticks.reshape(-1, 16) >= 0
    asked = (
        conditions._replace(positions=positions),
        plan.constraints.compiled(grid, events, beats),
        _bias(plan, beats),
        config,
        seed,
    )
    settings = model.header.settings.model
    written = state.begin(settings, int(conditions.median_pitch), count, events)
    if choice is not None and count > 1:
        for section in plan.sections[:-1]:
            until = 16 * int(grid.first[section.stop])
            written = run.draw(model.parameters, written, *asked, until=until)
            best = choice([_decoded(plan, written, k) for k in range(count)], section)
            written = state.fork_from(written, best)
    written = run.draw(model.parameters, written, *asked)
    return [_decoded(plan, written, k) for k in range(count)]


def _bias(plan: Plan, beats: int) -> Bias:
    """What is added to the logits, in arrays for a number of beats."""
    chroma = np.zeros((beats, 12), np.float32)
    if plan.chroma is not None:
        chroma[: len(plan.chroma)] = plan.chroma
    return Bias(chroma, plan.tilt or nothing())


def _decoded(plan: Plan, written: SamplerState[np.ndarray], k: int) -> Candidate:
    """Candidate `k` as a melody."""
    history, source = written.history, plan.analysis.events
    used = history.time[k, 1:] < PAD_TIME
    time, duration = history.time[k, 1:][used], history.duration[k, 1:][used]
    events = Events(time, written.pitch[k][used], duration, source.grid, source.frame)
    notes = max(int((events.pitch < PITCHES).sum()), 1)
    rests = plan.constraints.rests(source.grid)
    melody = breaths.hushed(event_codec.decode(events), source.grid, rests)
    return Candidate(melody, float(written.log_p[k]) / notes, float(written.log_p_plain[k]) / notes)
