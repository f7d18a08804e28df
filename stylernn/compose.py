"""From a plan to melodies: what transfer and generation share.

A plan is a prepared melody (its beats, key, register, skeleton, map of repetitions) and a style. `compose` lets the
model write candidates over it and decodes them.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import numpy as np
from flax import nnx

from stylernn import codec, metres, sample
from stylernn.batches import Condition, Example, window_piece
from stylernn.checkpoint import Model
from stylernn.codec import END, PITCHES, BeatGrid, Events
from stylernn.melody import TICKS_PER_QUARTER, Melody
from stylernn.pieces import FAR
from stylernn.sample import Dials, Script
from stylernn.tonality import Tonality

__all__ = ["Candidate", "Plan", "closing", "compose"]

_EVENTS_PER_BEAT = 6


@dataclass(frozen=True)
class Plan:
    """What to compose.

    Args:
        example: the beats, key and register; its notes do not count.
        grid: its beats as the style hears them, see `metres`.
        condition: style, skeleton and map of repetitions.
        script: events to begin with, None for none.
    """

    example: Example
    grid: BeatGrid
    condition: Condition
    script: Events | None = None


class Candidate(NamedTuple):
    """A melody, and its mean log-probability per note with the style and without it."""

    melody: Melody
    log_p: float
    log_p_plain: float


def compose(model: Model, plan: Plan, dials: Dials, seed: int, count: int) -> list[Candidate]:
    """Sample candidates.

    Args:
        model: the network.
        plan: what to compose.
        dials: how to sample.
        seed: candidate k of a seed is the same whatever `count` is.
        count: number of candidates.
    """
    source = plan.example.events
    listened = replace(plan.example, events=replace(source, grid=plan.grid))
    # All sizes hang on one, so that melodies of many lengths share few compiled programs.
    beats = sample.bucket(source.grid.beats + 1, 64)
    events, notes = _EVENTS_PER_BEAT * beats, max(beats, len(plan.condition.skeleton.time))
    bars = len(plan.grid.first) - 1
    piece = window_piece(listened, 0, bars, plan.condition, beats, notes)
    places = np.zeros_like(piece.places)
    places[: source.grid.beats + 1] = source.grid.ticks.reshape(-1, 16) >= 0
    graph, state = nnx.split(model.network)
    keys = jax.vmap(lambda k: jax.random.fold_in(jax.random.key(seed), k))(np.arange(count))
    script = _script(plan.script, events)
    drawn = sample.draw(graph, state, piece._replace(places=places), script, dials, keys, events)
    return [_decoded(plan, drawn, k) for k in range(count)]


def closing(melody: Melody, tonality: Tonality) -> float:
    """How well a melody closes, 0 to 1: on the tonic triad, on a strong beat, with a note of a beat or more.

    One that falls silent before its last bar does not close at all.
    """
    if not melody.notes or melody.notes[-1].end <= melody.bar_lines[-2]:
        return 0.0
    last = melody.notes[-1]
    bar = int(melody.bar_lines[np.searchsorted(melody.bar_lines, last.onset, side="right") - 1])
    metre = melody.metre_at(bar)
    third = 4 if tonality.mode == "major" else 3
    in_triad = (last.pitch - tonality.tonic) % 12 in (0, third, 7)
    strong = (last.onset - bar) % max(metre.beat, metre.bar // 2) == 0
    return (in_triad + strong + (last.duration >= metre.beat)) / 3


def _decoded(plan: Plan, drawn: sample.Drawn, k: int) -> Candidate:
    used = drawn.time[k] < FAR
    source = plan.example.events
    events = Events(drawn.time[k][used], drawn.pitch[k][used], drawn.duration[k][used], source.grid, source.frame)
    straightened = (source.grid.unit != TICKS_PER_QUARTER).any() and (plan.grid.unit == TICKS_PER_QUARTER).all()
    notes = max(int((events.pitch < PITCHES).sum()), 1)
    melody = codec.decode(metres.swung(events) if straightened else events)
    return Candidate(melody, float(drawn.log_p[k]) / notes, float(drawn.log_p_plain[k]) / notes)


def _script(events: Events | None, size: int) -> Script:
    if events is None:
        empty = np.zeros(size, np.int32)
        return Script(empty, empty, empty, 0)
    kept = np.flatnonzero(events.pitch != END)[:size]
    filled = np.zeros((3, size), np.int32)
    filled[:, : len(kept)] = np.stack([events.time, events.pitch, events.duration])[:, kept]
    return Script(filled[0], filled[1], filled[2], len(kept))
