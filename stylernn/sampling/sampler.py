"""The sampler's program: one event a turn, for a batch of candidates, until all of them have come far enough.

Three dials steer the sampler without a further model, by classifier-free guidance. Each turn scores four ways: with all
that is told, without style, without skeleton, without traits; `strength`, `preserve` and `attributes` extrapolate along
their differences. The grammar forbids what is no melody, so none can come out. Every candidate has a key of its own:
the same seed gives the same melody, whatever the size of the batch. What no turn changes is worked out before the loop.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from stylernn.model import stepping
from stylernn.model.cell_base import CellState
from stylernn.model.loss import mask_onset, mask_pitch
from stylernn.model.network import Network
from stylernn.model.stepping import EncodedConditions, GuidanceBranches
from stylernn.representation import features as ft
from stylernn.representation.arrays import PAD_TIME, ConditioningArrays, History
from stylernn.representation.copy_memory import ONSETS, SuffixMatch, next_suffix_match
from stylernn.representation.event_codec import END, PITCHES, REST
from stylernn.sampling.constraints import CompiledConstraints
from stylernn.sampling.guidance import (
    Bias,
    SamplingConfig,
    at,
    ending,
    guide,
    next_direction_run,
    nucleus,
    tilted,
    timed,
    towards,
)
from stylernn.sampling.state import SamplerState

__all__ = ["run"]

_HEADS = 3


class _Fixed(NamedTuple):
    """What all turns share.

    Args:
        conditions: the piece, asked about with all that is told, without style, without skeleton, without traits.
        constraints, bias, config: see `run`.
        keys: of every turn of this call, head and candidate.
        first_step: events before the first turn of this call.
        last_bar: time code at which the last bar begins.
        until: time code from which on candidates wait.
    """

    conditions: EncodedConditions
    constraints: CompiledConstraints
    bias: Bias
    config: SamplingConfig
    keys: jax.Array
    first_step: jax.Array
    last_bar: jax.Array
    until: jax.Array


class _Event(NamedTuple):
    """The event of a turn, each (candidates,); `sounding` is its pitch, or the one before where it has none."""

    time: jax.Array
    pitch: jax.Array
    duration: jax.Array
    sounding: jax.Array
    is_note: jax.Array
    ends: jax.Array


def run(
    network: Network,
    steps: int,
    state: SamplerState,
    piece: ConditioningArrays,
    constraints: CompiledConstraints,
    bias: Bias,
    config: SamplingConfig,
    key: jax.Array,
    until: jax.Array,
) -> SamplerState:
    """Go on with a course for so many turns at most, or until all candidates have an event at or after a time code.

    `run.draw` says the rest.
    """
    nothing = jnp.full_like(piece.skeleton_time, PAD_TIME)
    branches = GuidanceBranches(
        jnp.stack([piece.style, jnp.int32(0), piece.style, piece.style]),
        jnp.stack([piece.level, piece.level, jnp.int32(0), piece.level]),
        jnp.stack(
            [piece.attributes, piece.attributes, piece.attributes, jnp.zeros_like(piece.attributes)]
        ),
        jnp.stack([piece.skeleton_time, piece.skeleton_time, nothing, piece.skeleton_time]),
    )
    keys = _keys(key, state.i, steps, len(state.ended))
    last_bar = 16 * piece.first[piece.bar[jnp.maximum((piece.end >> 4) - 1, 0)]]
    bias = bias._replace(tilt=jax.tree.map(lambda weights: config.tilt * weights, bias.tilt))
    fixed = _Fixed(
        stepping.encode_conditions(network, piece, branches),
        constraints,
        bias,
        config,
        keys,
        state.i,
        last_bar,
        until,
    )
    last = jnp.minimum(state.i + steps, state.pitch.shape[1])
    return jax.lax.while_loop(
        lambda now: (now.i < last) & ~now.halted.all(), partial(_step, network, fixed), state
    )


def _keys(key: jax.Array, first: jax.Array, steps: int, count: int) -> jax.Array:
    """Random keys that hang on candidate, turn and head alone, (turns, heads, candidates), from a first turn on.

    They are made all at once, in a loop over what goes into them, so that one copy of the hash is compiled.
    """
    step, head, candidate = (x.ravel() for x in jnp.indices((steps, _HEADS, count), jnp.uint32))
    step += first.astype(jnp.uint32)
    fold = jax.vmap(jax.random.fold_in)
    start = jnp.broadcast_to(key, step.shape)
    keys, _ = jax.lax.scan(
        lambda keys, data: (fold(keys, data), None), start, jnp.stack([candidate, step, head])
    )
    return keys.reshape(steps, _HEADS, count)


def _step(network: Network, fixed: _Fixed, state: SamplerState) -> SamplerState:
    """Draw or read the next event of every candidate."""
    before = state.history.time[:, state.i]
    cooling = jnp.where(before >= fixed.last_bar - 16, fixed.config.final_temperature, 1.0)[:, None]
    found, agree = jax.vmap(next_suffix_match, (0, None, 0))(state.history, state.i, state.agree)
    noise = _gumbel(fixed.keys[state.i - fixed.first_step])
    states, h, onset, time, gained = _draw_onset(network, fixed, state, found, cooling, noise[0])
    event, gained_after = _draw_note(
        network, fixed, state, found, cooling, noise[1:], h, onset, time
    )
    halted = state.halted
    # Of a REST the sounding pitch is the one before; the first note comes from nowhere.
    move = jnp.where(state.i > 0, event.sounding - state.history.pitch[:, state.i], 0)
    gained = jnp.where(halted, 0.0, gained + gained_after)
    pitch = jnp.where(
        event.ends | halted, END, jnp.where(event.pitch == PITCHES, REST, event.pitch)
    )
    return SamplerState(
        i=state.i + 1,
        states=jax.tree.map(partial(_unless, halted), state.states, states),
        history=_extended(state, event),
        agree=jnp.where(halted[:, None], state.agree, agree),
        pitch=state.pitch.at[:, state.i].set(pitch),
        ended=state.ended | (event.ends & ~halted),
        halted=halted | event.ends | (event.time >= fixed.until),
        log_p=state.log_p + gained[0],
        log_p_plain=state.log_p_plain + gained[1],
        direction_run=jnp.where(
            halted, state.direction_run, next_direction_run(state.direction_run, move)
        ),
    )


def _unless(halted: jax.Array, before: jax.Array, after: jax.Array) -> jax.Array:
    """The new part of a cell's state, or the one before for candidates that have halted."""
    return jnp.where(halted.reshape(-1, *(1,) * (after.ndim - 2)), before, after)


def _draw_onset(
    network: Network,
    fixed: _Fixed,
    state: SamplerState,
    found: SuffixMatch,
    cooling: jax.Array,
    noise: jax.Array,
) -> tuple[list[CellState], jax.Array, jax.Array, jax.Array, jax.Array]:
    """States and output of the network, onset class, time and log-probabilities (2, candidates) of the next event."""
    i, before, config = state.i, state.history.time[:, state.i], fixed.config
    states, h, logits = stepping.step_onset(
        network, fixed.conditions, state.states, state.history, found, i
    )
    legal = jax.vmap(ft.allowed_onsets, (None, 0))(fixed.conditions.piece, before)
    # A turn short of room goes to the end at once.
    is_last = i == state.pitch.shape[1] - 1
    to_end = jnp.arange(ONSETS)[None] == ft.onset_class(before, fixed.conditions.piece.end)[:, None]
    legal = jnp.where(is_last, to_end, legal)
    guided, parts = guide(
        _rows(mask_onset(logits, legal[None])), config.rhythm_strength, config.rhythm_preserve
    )
    guided = timed(guided, fixed.bias.tilt, before & 15, state.history.duration[:, i])
    free = is_last | jax.vmap(fixed.constraints.allowed_onsets)(
        before, fixed.constraints.next_forced_event(before).time
    )
    onset = _drawn(mask_onset(guided, legal & free) / (config.rhythm * cooling), noise)
    time = jnp.where(
        is_last, fixed.conditions.piece.end, 16 * ((before >> 4) + (onset >> 4)) + (onset & 15)
    )
    return states, h, onset, time, at(parts, onset)


def _draw_note(
    network: Network,
    fixed: _Fixed,
    state: SamplerState,
    found: SuffixMatch,
    cooling: jax.Array,
    noise: jax.Array,
    h: jax.Array,
    onset: jax.Array,
    time: jax.Array,
) -> tuple[_Event, jax.Array]:
    """Pitch and duration of an event at `time`, and their log-probabilities (2, candidates)."""
    i, config, conditions = state.i, fixed.config, fixed.conditions
    forced = fixed.constraints.next_forced_event(state.history.time[:, i])
    given, locked = time == forced.time, fixed.constraints.closed[time >> 4]
    z, view, logits = stepping.step_pitch(network, conditions, h, state.history, found, i, time)
    guided, parts = guide(
        _rows(mask_pitch(logits, onset[None])), config.strength, config.preserve, config.attributes
    )
    beat = jnp.minimum(time >> 4, fixed.bias.chroma.shape[0] - 1)
    guided = towards(guided, config.chroma * fixed.bias.chroma[beat], state.history.pitch[:, i])
    latest, before = state.history.pitch[:, i], state.history.pitch[:, jnp.maximum(i - 1, 0)]
    guided = tilted(guided, fixed.bias.tilt, latest, before, state.direction_run)
    within = nucleus(fixed.constraints.mask_pitches(mask_pitch(guided, onset)), config.top_p)
    pitch = _drawn(within / (config.pitch * cooling), noise[0])
    pitch = jnp.where(given, forced.pitch, jnp.where(locked, PITCHES, pitch))
    ends = time >= fixed.conditions.piece.end
    gained = jnp.where(ends, 0.0, at(parts, jnp.minimum(pitch, PITCHES)))
    is_note = ~ends & (pitch < PITCHES)
    sounding = jnp.where(is_note, pitch, state.history.pitch[:, i])
    logits = stepping.step_duration(network, conditions, z, view, state.history, i, sounding)
    guided, parts = guide(_rows(logits), config.rhythm_strength, config.rhythm_preserve)
    duration = _drawn(
        ending(guided, fixed.bias.tilt, time & 15) / (config.rhythm * cooling), noise[1]
    )
    duration = jnp.where(is_note, jnp.where(given, forced.duration, duration), 0)
    gained = gained + jnp.where(is_note, at(parts, duration), 0.0)
    return _Event(time, pitch, duration, sounding, is_note, ends), gained


def _extended(state: SamplerState, event: _Event) -> History:
    """The history with the event of this turn; of a candidate that has come to a halt it stays filled up."""
    time = jnp.where(state.halted, PAD_TIME, event.time)
    new = History(time, event.sounding, event.duration, jnp.where(event.is_note, 0, 1))
    return jax.tree.map(
        lambda array, value: array.at[:, state.i + 1].set(value), state.history, new
    )


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
