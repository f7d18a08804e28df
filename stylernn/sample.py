"""Sampling melodies from the network, under jit: a batch of candidates, one event a turn, until all have ended.

Two dials steer the sampler without a further model, by classifier-free guidance. Each turn scores three ways: with
style and skeleton, without style, without skeleton; `strength` and `preserve` extrapolate along their differences.
The grammar forbids what is no melody, so none can come out. Every candidate has a key of its own: the same seed gives
the same melody, whatever the size of the batch.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from stylernn import features as ft
from stylernn.choice import at, guide, nucleus, pick
from stylernn.codec import END, PITCHES, REST
from stylernn.lookback import ONSETS
from stylernn.loss import mask_onset, mask_pitch
from stylernn.model.lstm import LSTMState
from stylernn.model.network import Network
from stylernn.pieces import FAR, History, Piece

__all__ = ["Dials", "Drawn", "Script", "bucket", "draw"]


class Dials(NamedTuple):
    """How to sample.

    Args:
        strength: style guidance of the pitches; 0 leaves the style out, 1 is the model's own distribution.
        preserve: content guidance of the pitches; 0 is the model's own distribution given the skeleton.
        rhythm_strength, rhythm_preserve: the same for onsets and durations. Much of the second leaves bare skeletons.
        rhythm: temperature of onsets and durations; 1 keeps the rests and syncopations of the style.
        pitch: temperature of pitches.
        closing: factor on both in the last bar.
        top_p: pitches outside the smallest set of this mass are not drawn.
        lowest, highest: range of the pitches, each a MIDI number less LOWEST.

    Reference:
        Ho & Salimans, Classifier-free diffusion guidance (2022), equation 6, with two conditions.
    """

    strength: float = 1.0
    preserve: float = 0.0
    rhythm_strength: float = 1.0
    rhythm_preserve: float = 0.0
    rhythm: float = 1.0
    pitch: float = 0.9
    closing: float = 0.6
    top_p: float = 0.995
    lowest: int = 0
    highest: int = PITCHES - 1


class Script(NamedTuple):
    """Events that are given, not drawn, and where nothing else may stand.

    Args:
        time: time codes, rising, filled up with FAR, (events,).
        pitch, duration: of the same events.
        locked: beats in which no other note can begin, bool (beats,).
    """

    time: np.ndarray
    pitch: np.ndarray
    duration: np.ndarray
    locked: np.ndarray


class Drawn(NamedTuple):
    """Sampled events, (candidates, events), filled up with FAR, END and 0.

    `log_p` is each candidate's log-probability given style and skeleton, `log_p_plain` the same without the style.
    """

    time: np.ndarray
    pitch: np.ndarray
    duration: np.ndarray
    log_p: np.ndarray
    log_p_plain: np.ndarray


class _Fixed(NamedTuple):
    """What all turns share.

    Args:
        piece: without a batch axis.
        ways: the piece asked about in three ways, (3 * candidates): with style and skeleton, without style, without
            skeleton.
        coded: their skeletons, see `Network.encode`.
        script, dials, seeds: see `draw`.
        last_bar: time code at which the last bar begins.
    """

    piece: Piece
    ways: Piece
    coded: jax.Array
    script: Script
    dials: Dials
    seeds: jax.Array
    last_bar: jax.Array


class _Loop(NamedTuple):
    """What a turn changes: history and states of all candidates, their pitches with REST and END, what has ended."""

    i: jax.Array
    states: list[LSTMState]
    history: History
    pitch: jax.Array
    ended: jax.Array
    log_p: jax.Array
    log_p_plain: jax.Array


class _Event(NamedTuple):
    """The event of a turn, each (candidates,); `sounding` is its pitch, or the one before where it has none."""

    time: jax.Array
    pitch: jax.Array
    duration: jax.Array
    sounding: jax.Array
    is_note: jax.Array
    ends: jax.Array


class _Due(NamedTuple):
    """The next given event of every candidate, its time FAR where there is none."""

    time: jax.Array
    pitch: jax.Array
    duration: jax.Array


def draw(
    graph: nnx.GraphDef, state: nnx.State, piece: Piece, script: Script, dials: Dials, seeds: jax.Array, events: int
) -> Drawn:
    """Sample candidates for one piece.

    Args:
        graph: of the network.
        state: its parameters.
        piece: without a batch axis.
        script: events that are given.
        dials: how to sample.
        seeds: one random key a candidate, (candidates,).
        events: most events; a candidate that needs more ends there.
    """
    numbers = Dials(*(jnp.float32(dial) for dial in dials))
    return Drawn(*(np.asarray(x) for x in _draw(graph, events, state, piece, script, numbers, seeds)))


def bucket(size: int, smallest: int) -> int:
    """The next of a few sizes, smallest times a power of two, so that lengths share compiled programs."""
    return smallest * 2 ** max(0, int(np.ceil(np.log2(max(size, 1) / smallest))))


@partial(jax.jit, static_argnums=(0, 1))
def _draw(
    graph: nnx.GraphDef, events: int, state: nnx.State, piece: Piece, script: Script, dials: Dials, seeds: jax.Array
) -> tuple[jax.Array, ...]:
    """The arrays of `Drawn`."""
    network = nnx.merge(graph, state)
    count = seeds.shape[0]
    bare = piece._replace(grain=jnp.int32(0), skeleton_time=jnp.full_like(piece.skeleton_time, FAR))
    ways = jax.tree.map(lambda *x: jnp.stack(x), piece, piece._replace(style=jnp.int32(0)), bare)
    ways = jax.tree.map(lambda x: jnp.repeat(x, count, axis=0), ways)
    last_bar = 16 * piece.first[piece.bar[jnp.maximum((piece.end >> 4) - 1, 0)]]
    fixed = _Fixed(piece, ways, network.encode(ways), script, dials, seeds, last_bar)
    end = jax.lax.while_loop(
        lambda loop: (loop.i < events) & ~loop.ended.all(),
        partial(_turn, network, fixed),
        _begin(network, piece, count, events),
    )
    return end.history.time[:, 1:], end.pitch, end.history.duration[:, 1:], end.log_p, end.log_p_plain


def _begin(network: Network, piece: Piece, count: int, events: int) -> _Loop:
    shape = (count, events + 1)
    zeros = jnp.zeros(shape, jnp.int32)
    history = History(
        jnp.full(shape, FAR).at[:, 0].set(-1),
        jnp.full(shape, piece.anchor),
        zeros,
        zeros.at[:, 0].set(2),
    )
    nothing = jnp.zeros(count)
    start = network.start(3 * count)
    return _Loop(jnp.int32(0), start, history, jnp.full((count, events), END), nothing > 0, nothing, nothing)


def _turn(network: Network, fixed: _Fixed, loop: _Loop) -> _Loop:
    """Draw or read the next event of every candidate."""
    before = loop.history.time[:, loop.i]
    cooling = jnp.where(before >= fixed.last_bar - 16, fixed.dials.closing, 1.0)[:, None]
    states, h, onset, time, gained = _draw_onset(network, fixed, loop, cooling)
    event, gained_after = _draw_note(network, fixed, loop, cooling, h, onset, time)
    gained = jnp.where(loop.ended, 0.0, gained + gained_after)
    pitch = jnp.where(event.ends | loop.ended, END, jnp.where(event.pitch == PITCHES, REST, event.pitch))
    return _Loop(
        loop.i + 1,
        states,
        _extended(loop, event),
        loop.pitch.at[:, loop.i].set(pitch),
        loop.ended | event.ends,
        loop.log_p + gained[0],
        loop.log_p_plain + gained[1],
    )


def _draw_onset(
    network: Network, fixed: _Fixed, loop: _Loop, cooling: jax.Array
) -> tuple[list[LSTMState], jax.Array, jax.Array, jax.Array, jax.Array]:
    """States and output of the network, onset class, time and log-probabilities (2, candidates) of the next event."""
    i, before, dials = loop.i, loop.history.time[:, loop.i], fixed.dials
    states, h, logits = network.step_onset(loop.states, fixed.coded, fixed.ways, _thrice(loop.history), i)
    legal = jax.vmap(ft.allowed_onsets, (None, 0))(fixed.piece, before)
    # A turn short of room goes to the end at once.
    is_last = i == loop.pitch.shape[1] - 1
    to_end = jnp.arange(ONSETS)[None] == ft.onset_class(before, fixed.piece.end)[:, None]
    legal = jnp.where(is_last, to_end, legal)
    guided, parts = guide(mask_onset(logits, jnp.tile(legal, (3, 1))), dials.rhythm_strength, dials.rhythm_preserve)
    free = is_last | jax.vmap(partial(_free, fixed.script))(before, _due(fixed.script, before).time)
    onset = pick(fixed.seeds, i, 0, mask_onset(guided, legal & free) / (dials.rhythm * cooling))
    time = jnp.where(is_last, fixed.piece.end, 16 * ((before >> 4) + (onset >> 4)) + (onset & 15))
    return states, h, onset, time, at(parts, onset)


def _draw_note(
    network: Network,
    fixed: _Fixed,
    loop: _Loop,
    cooling: jax.Array,
    h: jax.Array,
    onset: jax.Array,
    time: jax.Array,
) -> tuple[_Event, jax.Array]:
    """Pitch and duration of an event at `time`, and their log-probabilities (2, candidates)."""
    i, dials, thrice = loop.i, fixed.dials, _thrice(loop.history)
    due = _due(fixed.script, loop.history.time[:, i])
    given, locked = time == due.time, fixed.script.locked[time >> 4]
    z, view, logits = network.step_pitch(h, fixed.coded, fixed.ways, thrice, i, jnp.tile(time, 3))
    guided, parts = guide(mask_pitch(logits, jnp.tile(onset, 3)), dials.strength, dials.preserve)
    within = nucleus(_in_range(mask_pitch(guided, onset), dials), dials.top_p)
    pitch = pick(fixed.seeds, i, 1, within / (dials.pitch * cooling))
    pitch = jnp.where(given, due.pitch, jnp.where(locked, PITCHES, pitch))
    ends = time >= fixed.piece.end
    gained = jnp.where(ends, 0.0, at(parts, jnp.minimum(pitch, PITCHES)))
    is_note = ~ends & (pitch < PITCHES)
    sounding = jnp.where(is_note, pitch, loop.history.pitch[:, i])
    logits = network.step_duration(z, view, fixed.ways, thrice, i, jnp.tile(sounding, 3))
    guided, parts = guide(logits, dials.rhythm_strength, dials.rhythm_preserve)
    duration = pick(fixed.seeds, i, 2, guided / (dials.rhythm * cooling))
    duration = jnp.where(is_note, jnp.where(given, due.duration, duration), 0)
    gained = gained + jnp.where(is_note, at(parts, duration), 0.0)
    return _Event(time, pitch, duration, sounding, is_note, ends), gained


def _due(script: Script, before: jax.Array) -> _Due:
    """The given events that come next after times (candidates,)."""
    size = script.time.shape[0]
    after = (script.time[None, :] <= before[:, None]).sum(axis=1)
    index = jnp.minimum(after, size - 1)
    return _Due(jnp.where(after < size, script.time[index], FAR), script.pitch[index], script.duration[index])


def _free(script: Script, before: jax.Array, due: jax.Array) -> jax.Array:
    """Onset classes that the script leaves open after a time: none past the next given event, and in locked beats
    only that event, or a REST that bridges many of them; bool (ONSETS,).
    """
    ahead, place = jnp.divmod(jnp.arange(ONSETS), 16)
    beat = (before >> 4) + ahead
    code = 16 * beat + place
    locked = script.locked[jnp.clip(beat, 0, script.locked.shape[0] - 1)]
    bridges = (ahead == ONSETS // 16 - 1) & (place == 0)
    return (code <= due) & (~locked | (code == due) | bridges)


def _in_range(logits: jax.Array, dials: Dials) -> jax.Array:
    """Rule out pitches below `lowest` and above `highest`."""
    pitch = jnp.arange(PITCHES + 1)
    outside = (pitch < dials.lowest) | ((pitch > dials.highest) & (pitch < PITCHES))
    return jnp.where(outside, -1e9, logits)


def _extended(loop: _Loop, event: _Event) -> History:
    """The history with the event of this turn; of a candidate that has ended it stays filled up."""
    time = jnp.where(loop.ended, FAR, event.time)
    new = History(time, event.sounding, event.duration, jnp.where(event.is_note, 0, 1))
    return jax.tree.map(lambda array, value: array.at[:, loop.i + 1].set(value), loop.history, new)


def _thrice(history: History) -> History:
    return jax.tree.map(lambda x: jnp.tile(x, (3, 1)), history)
