"""From a plan to melodies: what transfer and generation share.

A plan is a prepared melody (its beats, key, register, skeleton, map of repetitions) and a style. `compose` lets the
model write candidates over it and decodes them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from stylernn.model.checkpoint import Model
from stylernn.music.melody import Melody
from stylernn.representation import attributes, breaths, event_codec
from stylernn.representation.arrays import PAD_TIME
from stylernn.representation.batching import window_arrays
from stylernn.representation.event_codec import END, LEGATO, PITCHES, BeatGrid, Events
from stylernn.representation.examples import Condition, Example
from stylernn.sampling import run, state
from stylernn.sampling.constraints import Constraints
from stylernn.sampling.run import SamplingConfig
from stylernn.sampling.state import SamplerState
from stylernn.sampling.tilt import Tilt, nothing

__all__ = ["Candidate", "Choice", "Plan", "with_reference_attributes", "compose", "sections"]

_EVENTS_PER_BEAT = 5
_OCTAVE = 12


@dataclass(frozen=True)
class Plan:
    """What to compose.

    Args:
        example: the beats, key and register; its notes do not count.
        grid: its beats, in bars as the style counts them, see `metre_mapping.regroup_bars`.
        condition: style, skeleton and map of repetitions.
        given: events that stay as they are in the locked bars.
        locked: numbers of the bars (of the example) that take their notes from there.
        silent: beats that are rests but in locked bars, bool, shape (beats,); by default none, see `breaths`.
        cadence: time code and pitch of the last note, if it is given and its bar not locked, see `endings`.
        chroma: of the tune around each beat, if there is one, see `chroma.around`.
        pitch_range: lowest and highest pitch that may be drawn, less LOWEST, whatever the dials allow beyond it.
        tilt: see `tilt.of_style`; by default none.
        dotted: share of notes that should be dotted, see `attributes.dotted`; None if it does not matter.
        section: about so many bars are chosen at a time, where there is a choice.
    """

    example: Example
    grid: BeatGrid
    condition: Condition
    given: Events | None = None
    locked: frozenset[int] = frozenset()
    silent: np.ndarray | None = None
    cadence: tuple[int, int] | None = None
    chroma: np.ndarray | None = None
    pitch_range: tuple[int, int] | None = None
    tilt: Tilt | None = None
    dotted: float | None = None
    section: int = 8

    @property
    def hushed(self) -> np.ndarray:
        """Beats that are to be silent, none of them in a locked bar."""
        silent = np.zeros(self.grid.beats, bool) if self.silent is None else self.silent
        return silent & ~self.held

    @property
    def held(self) -> np.ndarray:
        """Beats of the locked bars; bool, shape (beats,)."""
        first = self.example.events.grid.first
        return np.repeat(np.isin(np.arange(len(first) - 1), list(self.locked)), np.diff(first))


class Candidate(NamedTuple):
    """A melody, and its mean log-probability per note with the style and without it."""

    melody: Melody
    log_p: float
    log_p_plain: float


Choice = Callable[[list[Candidate], range], int]
"""Which of several candidates is best in a range of bars."""


def with_reference_attributes(model: Model, plan: Plan, style: str, seed: int) -> Plan:
    """The plan with the traits of a tune of a style, which the seed chooses; see `attributes.drawn`."""
    told = attributes.drawn(model.arrays, style, plan.grid, seed)
    return replace(plan, condition=replace(plan.condition, attributes=told.attributes))


def compose(
    model: Model,
    plan: Plan,
    config: SamplingConfig,
    seed: int,
    count: int,
    choice: Choice | None = None,
) -> list[Candidate]:
    """Sample candidates.

    Args:
        model: the network.
        plan: what to compose.
        config: how to sample.
        seed: without a choice, candidate k of a seed is the same whatever `count` is.
        count: number of candidates.
        choice: asked at the end of each of the `sections` but the last; all candidates go on from the best one.
    """
    source = plan.example.events
    listened = replace(plan.example, events=replace(source, grid=plan.grid))
    # All sizes hang on one, so that melodies of many lengths share few compiled programs.
    beats = run.bucket(source.grid.beats + 1, 64)
    events, notes = _EVENTS_PER_BEAT * beats, max(beats, len(plan.condition.skeleton.time))
    bars = len(plan.grid.first) - 1
    piece = window_arrays(listened, 0, bars, plan.condition, beats, notes)
    positions = np.zeros_like(piece.positions)
    positions[: source.grid.beats + 1] = source.grid.ticks.reshape(-1, 16) >= 0
    asked = (
        piece._replace(positions=positions),
        _constraints(plan, events, beats),
        _within(config, plan.pitch_range),
        seed,
    )
    written = state.begin(model.header.settings.model, int(piece.median_pitch), count, events)
    if choice is not None and count > 1:
        for section in sections(plan)[:-1]:
            written = run.draw(
                model.parameters, written, *asked, until=16 * int(source.grid.first[section.stop])
            )
            best = choice([_decoded(plan, written, k) for k in range(count)], section)
            written = state.fork_from(written, best)
    written = run.draw(model.parameters, written, *asked)
    return [_decoded(plan, written, k) for k in range(count)]


def sections(plan: Plan) -> list[range]:
    """Stretches of about the plan's section, counted from the first full bar."""
    frame = plan.example.events.frame
    starts = [*range(int(frame.pickup > 0), frame.bars, plan.section)]
    if len(starts) > 1 and frame.bars - starts[-1] <= plan.section // 2:
        starts.pop()
    return [
        range(first, last)
        for first, last in zip([0, *starts[1:]], [*starts[1:], frame.bars], strict=True)
    ]


def _within(config: SamplingConfig, pitch_range: tuple[int, int] | None) -> SamplingConfig:
    """The dials with the pitches of a compass; with their own where the two have less than an octave in common."""
    low, high = pitch_range or (config.lowest, config.highest)
    low, high = max(low, config.lowest), min(high, config.highest)
    return config._replace(lowest=low, highest=high) if high - low >= _OCTAVE else config


def _decoded(plan: Plan, written: SamplerState[np.ndarray], k: int) -> Candidate:
    history, source = written.history, plan.example.events
    used = history.time[k, 1:] < PAD_TIME
    time, duration = history.time[k, 1:][used], history.duration[k, 1:][used]
    events = Events(time, written.pitch[k][used], duration, source.grid, source.frame)
    notes = max(int((events.pitch < PITCHES).sum()), 1)
    melody = breaths.hushed(event_codec.decode(events), source.grid, plan.hushed)
    return Candidate(melody, float(written.log_p[k]) / notes, float(written.log_p_plain[k]) / notes)


def _constraints(plan: Plan, events: int, beats: int) -> Constraints:
    """The given events of the locked bars, and the beats that are free of others, filled up to sizes."""
    given, held = plan.given, plan.held
    columns = np.zeros((3, events), np.int32)
    columns[0] = PAD_TIME
    if given is not None:
        kept = np.flatnonzero(
            (given.pitch != END) & held[np.minimum(given.time // 16, len(held) - 1)]
        )[:events]
        columns[:, : len(kept)] = np.stack([given.time, given.pitch, given.duration])[:, kept]
    taken = np.zeros(beats, bool)
    taken[: len(held)] = held | plan.hushed
    if plan.cadence is not None and not held[-1]:
        columns[:, (columns[0] < PAD_TIME).sum()] = [*plan.cadence, LEGATO]
        taken[plan.cadence[0] // 16 : len(held)] = True
    chroma = np.zeros((beats, 12), np.float32)
    if plan.chroma is not None:
        chroma[: len(plan.chroma)] = plan.chroma
    return Constraints(columns[0], columns[1], columns[2], taken, chroma, plan.tilt or nothing())
