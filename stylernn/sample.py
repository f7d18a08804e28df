"""Sampling melodies from the network, under jit: a batch of candidates, one event a turn, until all have ended.

Two dials steer the sampler without a further model, by classifier-free guidance. Each turn scores three ways: with
style and skeleton, without style, without skeleton; `strength` and `preserve` extrapolate along their differences.
The grammar forbids what is no melody, so none can come out. Every candidate has a key of its own: the same seed gives
the same melody, whatever the size of the batch.
"""

from functools import partial
from typing import NamedTuple

import flax
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from stylernn import features as ft
from stylernn import programs
from stylernn.choice import at, guide, nucleus
from stylernn.codec import END, PITCHES, REST
from stylernn.lookback import ONSETS, Echo, echo
from stylernn.loss import mask_onset, mask_pitch
from stylernn.model import stepping
from stylernn.model.lstm import LSTMState
from stylernn.model.network import Network
from stylernn.model.stepping import Told, Ways
from stylernn.pieces import FAR, History, Piece
from stylernn.programs import Program
from stylernn.script import Script, due, free_onsets

__all__ = ["Dials", "Drawn", "bucket", "draw"]

_WAYS, _HEADS = 3, 3


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
        told: the piece, asked about with style and skeleton, without style, without skeleton.
        script, dials: see `draw`.
        keys: of every turn, head and candidate.
        last_bar: time code at which the last bar begins.
    """

    told: Told
    script: Script
    dials: Dials
    keys: jax.Array
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


def draw(network: Network, piece: Piece, script: Script, dials: Dials, seed: int, count: int, events: int) -> Drawn:
    """Sample candidates for one piece.

    Args:
        network: the model.
        piece: without a batch axis.
        script: events that are given.
        dials: how to sample.
        seed: candidate k of a seed is the same whatever `count` is.
        count: number of candidates.
        events: most events; a candidate that needs more ends there.
    """
    graph, state = nnx.split(network)
    numbers = jax.tree.map(np.float32, dials)
    leaves, tree = jax.tree.flatten((state, piece, script, numbers, np.uint32(seed % 2**32)))

    def function(*leaves: jax.Array) -> tuple[jax.Array, ...]:
        return _draw(graph, count, events, *jax.tree.unflatten(tree, leaves))

    facts = repr((network.settings, network.styles.parents, count, events, flax.__version__))
    run = programs.compiled(Program("draw", facts, function), leaves)
    return Drawn(*(np.asarray(x) for x in run(*leaves)))


def bucket(size: int, smallest: int) -> int:
    """The next of a few sizes, smallest times a power of two, so that lengths share compiled programs."""
    return smallest * 2 ** max(0, int(np.ceil(np.log2(max(size, 1) / smallest))))


def _draw(
    graph: nnx.GraphDef,
    count: int,
    events: int,
    state: nnx.State,
    piece: Piece,
    script: Script,
    dials: Dials,
    seed: jax.Array,
) -> tuple[jax.Array, ...]:
    """The arrays of `Drawn`."""
    network = nnx.merge(graph, state)
    nothing = jnp.full_like(piece.skeleton_time, FAR)
    ways = Ways(
        jnp.stack([piece.style, jnp.int32(0), piece.style]),
        jnp.stack([piece.grain, piece.grain, jnp.int32(0)]),
        jnp.stack([piece.skeleton_time, piece.skeleton_time, nothing]),
    )
    keys = _keys(seed, count, events)
    last_bar = 16 * piece.first[piece.bar[jnp.maximum((piece.end >> 4) - 1, 0)]]
    fixed = _Fixed(stepping.tell(network, piece, ways), script, dials, keys, last_bar)
    end = jax.lax.while_loop(
        lambda loop: (loop.i < events) & ~loop.ended.all(),
        partial(_turn, network, fixed),
        _begin(network, piece, count, events),
    )
    return end.history.time[:, 1:], end.pitch, end.history.duration[:, 1:], end.log_p, end.log_p_plain


def _keys(seed: jax.Array, count: int, events: int) -> jax.Array:
    """Random keys that hang on candidate, turn and head alone, (events, heads, candidates); made all at once."""
    fold = jax.random.fold_in
    candidates = jax.vmap(partial(fold, jax.random.key(seed)))(jnp.arange(count))
    turns = jax.vmap(jax.vmap(fold, (0, None)), (None, 0))(candidates, jnp.arange(events))
    by_head = jax.vmap(jax.vmap(fold, (0, None)), (None, 0))
    return jax.vmap(by_head, (0, None))(turns, jnp.arange(_HEADS))


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
    start = stepping.begin(network, _WAYS, count)
    return _Loop(jnp.int32(0), start, history, jnp.full((count, events), END), nothing > 0, nothing, nothing)


def _turn(network: Network, fixed: _Fixed, loop: _Loop) -> _Loop:
    """Draw or read the next event of every candidate."""
    before = loop.history.time[:, loop.i]
    cooling = jnp.where(before >= fixed.last_bar - 16, fixed.dials.closing, 1.0)[:, None]
    found = jax.vmap(echo, (0, None))(loop.history, loop.i)
    states, h, onset, time, gained = _draw_onset(network, fixed, loop, found, cooling)
    event, gained_after = _draw_note(network, fixed, loop, found, cooling, h, onset, time)
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
    network: Network, fixed: _Fixed, loop: _Loop, found: Echo, cooling: jax.Array
) -> tuple[list[LSTMState], jax.Array, jax.Array, jax.Array, jax.Array]:
    """States and output of the network, onset class, time and log-probabilities (2, candidates) of the next event."""
    i, before, dials = loop.i, loop.history.time[:, loop.i], fixed.dials
    states, h, logits = stepping.step_onset(network, fixed.told, loop.states, loop.history, found, i)
    legal = jax.vmap(ft.allowed_onsets, (None, 0))(fixed.told.piece, before)
    # A turn short of room goes to the end at once.
    is_last = i == loop.pitch.shape[1] - 1
    to_end = jnp.arange(ONSETS)[None] == ft.onset_class(before, fixed.told.piece.end)[:, None]
    legal = jnp.where(is_last, to_end, legal)
    guided, parts = guide(_rows(mask_onset(logits, legal[None])), dials.rhythm_strength, dials.rhythm_preserve)
    free = is_last | jax.vmap(partial(free_onsets, fixed.script))(before, due(fixed.script, before).time)
    onset = _categorical(fixed.keys[i, 0], mask_onset(guided, legal & free) / (dials.rhythm * cooling))
    time = jnp.where(is_last, fixed.told.piece.end, 16 * ((before >> 4) + (onset >> 4)) + (onset & 15))
    return states, h, onset, time, at(parts, onset)


def _draw_note(
    network: Network,
    fixed: _Fixed,
    loop: _Loop,
    found: Echo,
    cooling: jax.Array,
    h: jax.Array,
    onset: jax.Array,
    time: jax.Array,
) -> tuple[_Event, jax.Array]:
    """Pitch and duration of an event at `time`, and their log-probabilities (2, candidates)."""
    i, dials, told = loop.i, fixed.dials, fixed.told
    scripted = due(fixed.script, loop.history.time[:, i])
    given, locked = time == scripted.time, fixed.script.locked[time >> 4]
    z, view, logits = stepping.step_pitch(network, told, h, loop.history, found, i, time)
    guided, parts = guide(_rows(mask_pitch(logits, onset[None])), dials.strength, dials.preserve)
    within = nucleus(_in_range(mask_pitch(guided, onset), dials), dials.top_p)
    pitch = _categorical(fixed.keys[i, 1], within / (dials.pitch * cooling))
    pitch = jnp.where(given, scripted.pitch, jnp.where(locked, PITCHES, pitch))
    ends = time >= fixed.told.piece.end
    gained = jnp.where(ends, 0.0, at(parts, jnp.minimum(pitch, PITCHES)))
    is_note = ~ends & (pitch < PITCHES)
    sounding = jnp.where(is_note, pitch, loop.history.pitch[:, i])
    logits = stepping.step_duration(network, told, z, view, loop.history, i, sounding)
    guided, parts = guide(_rows(logits), dials.rhythm_strength, dials.rhythm_preserve)
    duration = _categorical(fixed.keys[i, 2], guided / (dials.rhythm * cooling))
    duration = jnp.where(is_note, jnp.where(given, scripted.duration, duration), 0)
    gained = gained + jnp.where(is_note, at(parts, duration), 0.0)
    return _Event(time, pitch, duration, sounding, is_note, ends), gained


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


def _categorical(keys: jax.Array, logits: jax.Array) -> jax.Array:
    """Draw from logits (candidates, n), each with a key of its own."""
    return jax.vmap(jax.random.categorical)(keys, logits)


def _rows(logits: jax.Array) -> jax.Array:
    """Logits (ways, candidates, n), the ways one after another as `choice` wants them."""
    return logits.reshape(-1, logits.shape[-1])
