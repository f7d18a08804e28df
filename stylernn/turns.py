"""The sampler's program: one event a turn, for a batch of candidates, until all of them have ended.

Two dials steer the sampler without a further model, by classifier-free guidance. Each turn scores three ways: with
style and skeleton, without style, without skeleton; `strength` and `preserve` extrapolate along their differences.
The grammar forbids what is no melody, so none can come out. Every candidate has a key of its own: the same seed gives
the same melody, whatever the size of the batch. What no turn changes is worked out before the loop.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from stylernn import features as ft
from stylernn.choice import Dials, at, guide, in_range, nucleus, towards
from stylernn.codec import END, PITCHES, REST
from stylernn.lookback import ONSETS, Echo, echo_memory, next_echo
from stylernn.loss import mask_onset, mask_pitch
from stylernn.model import stepping
from stylernn.model.lstm import LSTMState
from stylernn.model.network import Network, filled
from stylernn.model.parameters import Parameters
from stylernn.model.stepping import Told, Ways
from stylernn.pieces import FAR, History, Piece
from stylernn.script import Script, due, free_onsets

__all__ = ["run"]

_WAYS, _HEADS = 3, 3


class _Fixed(NamedTuple):
    """What all turns share.

    Args:
        told: the piece, asked about with style and skeleton, without style, without skeleton.
        script, dials: see `run`.
        keys: of every turn, head and candidate.
        last_bar: time code at which the last bar begins.
    """

    told: Told
    script: Script
    dials: Dials
    keys: jax.Array
    last_bar: jax.Array


class _Loop(NamedTuple):
    """What a turn changes: states and histories of all candidates, how far their pasts agree with the latest event (see
    `lookback.next_echo`), their pitches with REST and END, what has ended.
    """

    i: jax.Array
    states: list[LSTMState]
    history: History
    agree: jax.Array
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


def run(
    parameters: Parameters, count: int, events: int, piece: Piece, script: Script, dials: Dials, seed: jax.Array
) -> tuple[jax.Array, ...]:
    """The arrays of `sample.Drawn`; `sample.draw` says the rest."""
    network = filled(parameters)
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
    """Random keys that hang on candidate, turn and head alone, (events, heads, candidates).

    They are made all at once, in a loop over what goes into them, so that one copy of the hash is compiled.
    """
    turn, head, candidate = (x.ravel() for x in jnp.indices((events, _HEADS, count), jnp.uint32))
    fold = jax.vmap(jax.random.fold_in)
    start = jnp.broadcast_to(jax.random.key(seed), turn.shape)
    keys, _ = jax.lax.scan(lambda keys, data: (fold(keys, data), None), start, jnp.stack([candidate, turn, head]))
    return keys.reshape(events, _HEADS, count)


def _begin(network: Network, piece: Piece, count: int, events: int) -> _Loop:
    shape = (count, events + 1)
    zeros = jnp.zeros(shape, jnp.int32)
    history = History(
        jnp.full(shape, FAR).at[:, 0].set(-1),
        jnp.full(shape, piece.anchor),
        zeros,
        zeros.at[:, 0].set(2),
    )
    agree = jnp.zeros((count, echo_memory(events + 1)), jnp.int32)
    nothing = jnp.zeros(count)
    start = stepping.begin(network, _WAYS, count)
    return _Loop(jnp.int32(0), start, history, agree, jnp.full((count, events), END), nothing > 0, nothing, nothing)


def _turn(network: Network, fixed: _Fixed, loop: _Loop) -> _Loop:
    """Draw or read the next event of every candidate."""
    before = loop.history.time[:, loop.i]
    cooling = jnp.where(before >= fixed.last_bar - 16, fixed.dials.closing, 1.0)[:, None]
    found, agree = jax.vmap(next_echo, (0, None, 0))(loop.history, loop.i, loop.agree)
    noise = _gumbel(fixed.keys[loop.i])
    states, h, onset, time, gained = _draw_onset(network, fixed, loop, found, cooling, noise[0])
    event, gained_after = _draw_note(network, fixed, loop, found, cooling, noise[1:], h, onset, time)
    gained = jnp.where(loop.ended, 0.0, gained + gained_after)
    pitch = jnp.where(event.ends | loop.ended, END, jnp.where(event.pitch == PITCHES, REST, event.pitch))
    return _Loop(
        loop.i + 1,
        states,
        _extended(loop, event),
        agree,
        loop.pitch.at[:, loop.i].set(pitch),
        loop.ended | event.ends,
        loop.log_p + gained[0],
        loop.log_p_plain + gained[1],
    )


def _draw_onset(
    network: Network, fixed: _Fixed, loop: _Loop, found: Echo, cooling: jax.Array, noise: jax.Array
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
    onset = _drawn(mask_onset(guided, legal & free) / (dials.rhythm * cooling), noise)
    time = jnp.where(is_last, fixed.told.piece.end, 16 * ((before >> 4) + (onset >> 4)) + (onset & 15))
    return states, h, onset, time, at(parts, onset)


def _draw_note(
    network: Network,
    fixed: _Fixed,
    loop: _Loop,
    found: Echo,
    cooling: jax.Array,
    noise: jax.Array,
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
    beat = jnp.minimum(time >> 4, fixed.script.chroma.shape[0] - 1)
    guided = towards(guided, dials.chroma * fixed.script.chroma[beat], loop.history.pitch[:, i])
    within = nucleus(in_range(mask_pitch(guided, onset), dials), dials.top_p)
    pitch = _drawn(within / (dials.pitch * cooling), noise[0])
    pitch = jnp.where(given, scripted.pitch, jnp.where(locked, PITCHES, pitch))
    ends = time >= fixed.told.piece.end
    gained = jnp.where(ends, 0.0, at(parts, jnp.minimum(pitch, PITCHES)))
    is_note = ~ends & (pitch < PITCHES)
    sounding = jnp.where(is_note, pitch, loop.history.pitch[:, i])
    logits = stepping.step_duration(network, told, z, view, loop.history, i, sounding)
    guided, parts = guide(_rows(logits), dials.rhythm_strength, dials.rhythm_preserve)
    duration = _drawn(guided / (dials.rhythm * cooling), noise[1])
    duration = jnp.where(is_note, jnp.where(given, scripted.duration, duration), 0)
    gained = gained + jnp.where(is_note, at(parts, duration), 0.0)
    return _Event(time, pitch, duration, sounding, is_note, ends), gained


def _extended(loop: _Loop, event: _Event) -> History:
    """The history with the event of this turn; of a candidate that has ended it stays filled up."""
    time = jnp.where(loop.ended, FAR, event.time)
    new = History(time, event.sounding, event.duration, jnp.where(event.is_note, 0, 1))
    return jax.tree.map(lambda array, value: array.at[:, loop.i + 1].set(value), loop.history, new)


def _gumbel(keys: jax.Array) -> jax.Array:
    """Noise for all draws of a turn, of the widest head's size for each: (heads, candidates, ONSETS)."""
    each = partial(jax.random.gumbel, shape=(ONSETS,))
    return jax.vmap(jax.vmap(each))(keys)


def _drawn(logits: jax.Array, noise: jax.Array) -> jax.Array:
    """Draw from logits (candidates, n) by the Gumbel-max trick (Maddison et al., A* sampling, 2014, section 2)."""
    return jnp.argmax(logits + noise[:, : logits.shape[-1]], axis=-1)


def _rows(logits: jax.Array) -> jax.Array:
    """Logits (ways, candidates, n), the ways one after another as `choice` wants them."""
    return logits.reshape(-1, logits.shape[-1])
