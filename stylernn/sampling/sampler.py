"""The sampler's program: it draws one event a step for every candidate of a batch.

A candidate is a sequence of events, see `event_codec`. A step gives each candidate its next event:
`_draw_onset` draws the onset, and then `_draw_note` draws pitch and duration, because each head of
the network is conditioned on what the heads before it drew. What does not change from step to step
is computed before the loop (`_Fixed`); what does change is a `SamplerState`.

Guidance
    The network is evaluated in four branches: with all conditions, without the style, without the
    skeleton, and without the control attributes. The branches and the candidates are two axes of
    one batch. `guidance.guide` combines the branches by classifier-free guidance, so three scales
    steer the sampler without a further model.
Grammar
    Events that cannot follow are masked before the draw (`features.allowed_onsets`,
    `loss.mask_onset`, `loss.mask_pitch`), so every result is a melody.
Constraints
    Further events are masked or forced, see `constraints`.
Keys
    The random key of a draw depends only on the seed and on the numbers of candidate, step and
    head. So candidate k is the same in a batch of any size, and a call that continues where another
    has stopped draws what a single call would have drawn.
Halting
    A candidate ends with END, at the closing bar line. It also halts once it has an event at or
    after the time code `until`. The loop stops when all candidates have halted, or after `steps`
    steps.
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
    """What all steps of a call share.

    Args:
        conditions: encoded for the four guidance branches.
        constraints, bias, config: see `run`.
        keys: random keys, shape (steps, heads, candidates).
        first_step: number of events before the first step of this call.
        last_bar: time code at which the last bar begins.
        until: time code from which on candidates halt.
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
    """The events of a step, shape (candidates,).

    Args:
        time: time codes.
        pitch: MIDI numbers less LOWEST; PITCHES where the event is no note.
        duration: indices into DURATIONS.
        sounding: pitch of the note, or of the note before where the event is none.
        is_note: whether the event is a note.
        ends: whether the event is END.
    """

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
    """Continue a batch of candidates by a number of steps, or until all have halted.

    Args:
        network: the model.
        steps: most steps of this call.
        state: the state so far.
        piece: the conditions, without a batch axis.
        constraints: what may not be drawn freely.
        bias: what is added to the logits.
        config: how to sample, each field an array of shape ().
        key: random key, the same for all calls that continue the same candidates.
        until: time code. A candidate halts after its first event at or after it.

    Returns:
        The new state.
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
    """Random keys that depend on candidate, step and head alone; shape (steps, heads, candidates).

    They are made all at once, by a scan over the three numbers, so that the hash function is
    compiled only once.
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
    """Draw the next event of every candidate, or copy it where it is forced."""
    before = state.history.time[:, state.i]
    cooling = jnp.where(before >= fixed.last_bar - 16, fixed.config.final_temperature, 1.0)[:, None]
    found, agree = jax.vmap(next_suffix_match, (0, None, 0))(state.history, state.i, state.agree)
    noise = _gumbel(fixed.keys[state.i - fixed.first_step])
    states, h, onset, time, gained = _draw_onset(network, fixed, state, found, cooling, noise[0])
    event, gained_after = _draw_note(
        network, fixed, state, found, cooling, noise[1:], h, onset, time
    )
    halted = state.halted
    # The sounding pitch of a REST is that of the note before. There is no move to the first note.
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
    """Draw the onset of the next event.

    Returns the states and the output of the recurrent layers; onset class and time code, shape
    (candidates,); and log-probabilities, shape (2, candidates).
    """
    i, before, config = state.i, state.history.time[:, state.i], fixed.config
    states, h, logits = stepping.step_onset(
        network, fixed.conditions, state.states, state.history, found, i
    )
    legal = jax.vmap(ft.allowed_onsets, (None, 0))(fixed.conditions.piece, before)
    # The last event that there is room for is END.
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
    """Draw pitch and duration of the event at `time`.

    Returns the event, and the log-probabilities of pitch and duration, shape (2, candidates).
    """
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
    """The history with the event of this step; the times of halted candidates stay padded."""
    time = jnp.where(state.halted, PAD_TIME, event.time)
    new = History(time, event.sounding, event.duration, jnp.where(event.is_note, 0, 1))
    return jax.tree.map(
        lambda array, value: array.at[:, state.i + 1].set(value), state.history, new
    )


def _gumbel(keys: jax.Array) -> jax.Array:
    """Noise for all draws of a step, as wide as the widest head: (heads, candidates, ONSETS)."""
    each = partial(jax.random.gumbel, shape=(ONSETS,))
    return jax.vmap(jax.vmap(each))(keys)


def _drawn(logits: jax.Array, noise: jax.Array) -> jax.Array:
    """Draw from logits of shape (candidates, classes) by the Gumbel-max trick.

    Reference:
        Maddison, Tarlow & Minka (2014), A* sampling, NeurIPS, section 2.
    """
    return jnp.argmax(logits + noise[:, : logits.shape[-1]], axis=-1)


def _rows(logits: jax.Array) -> jax.Array:
    """Logits of shape (branches, candidates, classes) with one axis for the first two."""
    return logits.reshape(-1, logits.shape[-1])
