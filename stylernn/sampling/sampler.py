"""The sampler's program: one event a turn, for a batch of candidates, until all of them have come far enough.

Three dials steer the sampler without a further model, by classifier-free guidance. Each turn scores four ways: with all
that is told, without style, without skeleton, without traits; `strength`, `preserve` and `character` extrapolate along
their differences. The grammar forbids what is no melody, so none can come out. Every candidate has a key of its own:
the same seed gives the same melody, whatever the size of the batch. What no turn changes is worked out before the loop.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from stylernn.model import stepping
from stylernn.model.loss import mask_onset, mask_pitch
from stylernn.model.lstm import LSTMState
from stylernn.model.network import Network, filled
from stylernn.model.parameters import Parameters
from stylernn.model.stepping import Told, Ways
from stylernn.representation import features as ft
from stylernn.representation.arrays import FAR, History, Piece
from stylernn.representation.copy_memory import ONSETS, Echo, next_echo
from stylernn.representation.event_codec import END, PITCHES, REST
from stylernn.sampling.constraints import Script, due, free_onsets
from stylernn.sampling.guidance import (
    Dials,
    at,
    ending,
    guide,
    headed,
    in_range,
    nucleus,
    tilted,
    timed,
    towards,
)
from stylernn.sampling.state import Course

__all__ = ["run"]

_HEADS = 3


class _Fixed(NamedTuple):
    """What all turns share.

    Args:
        told: the piece, asked about with all that is told, without style, without skeleton, without traits.
        script, dials: see `run`.
        keys: of every turn of this call, head and candidate.
        begun: events before the first turn of this call.
        last_bar: time code at which the last bar begins.
        until: time code from which on candidates wait.
    """

    told: Told
    script: Script
    dials: Dials
    keys: jax.Array
    begun: jax.Array
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
    parameters: Parameters,
    turns: int,
    course: Course,
    piece: Piece,
    script: Script,
    dials: Dials,
    seed: jax.Array,
    until: jax.Array,
) -> Course:
    """Go on with a course for so many turns at most, or until all candidates have an event at or after a time code.

    `run.draw` says the rest.
    """
    network = filled(parameters)
    nothing = jnp.full_like(piece.skeleton_time, FAR)
    ways = Ways(
        jnp.stack([piece.style, jnp.int32(0), piece.style, piece.style]),
        jnp.stack([piece.grain, piece.grain, jnp.int32(0), piece.grain]),
        jnp.stack([piece.traits, piece.traits, piece.traits, jnp.zeros_like(piece.traits)]),
        jnp.stack([piece.skeleton_time, piece.skeleton_time, nothing, piece.skeleton_time]),
    )
    keys = _keys(seed, course.i, turns, len(course.ended))
    last_bar = 16 * piece.first[piece.bar[jnp.maximum((piece.end >> 4) - 1, 0)]]
    script = script._replace(tilt=jax.tree.map(lambda weights: dials.tilt * weights, script.tilt))
    fixed = _Fixed(
        stepping.tell(network, piece, ways), script, dials, keys, course.i, last_bar, until
    )
    last = jnp.minimum(course.i + turns, course.pitch.shape[1])
    return jax.lax.while_loop(
        lambda now: (now.i < last) & ~now.halted.all(), partial(_turn, network, fixed), course
    )


def _keys(seed: jax.Array, first: jax.Array, turns: int, count: int) -> jax.Array:
    """Random keys that hang on candidate, turn and head alone, (turns, heads, candidates), from a first turn on.

    They are made all at once, in a loop over what goes into them, so that one copy of the hash is compiled.
    """
    turn, head, candidate = (x.ravel() for x in jnp.indices((turns, _HEADS, count), jnp.uint32))
    turn += first.astype(jnp.uint32)
    fold = jax.vmap(jax.random.fold_in)
    start = jnp.broadcast_to(jax.random.key(seed), turn.shape)
    keys, _ = jax.lax.scan(
        lambda keys, data: (fold(keys, data), None), start, jnp.stack([candidate, turn, head])
    )
    return keys.reshape(turns, _HEADS, count)


def _turn(network: Network, fixed: _Fixed, course: Course) -> Course:
    """Draw or read the next event of every candidate."""
    before = course.history.time[:, course.i]
    cooling = jnp.where(before >= fixed.last_bar - 16, fixed.dials.closing, 1.0)[:, None]
    found, agree = jax.vmap(next_echo, (0, None, 0))(course.history, course.i, course.agree)
    noise = _gumbel(fixed.keys[course.i - fixed.begun])
    states, h, onset, time, gained = _draw_onset(network, fixed, course, found, cooling, noise[0])
    event, gained_after = _draw_note(
        network, fixed, course, found, cooling, noise[1:], h, onset, time
    )
    halted = course.halted
    # Of a REST the sounding pitch is the one before; the first note comes from nowhere.
    move = jnp.where(course.i > 0, event.sounding - course.history.pitch[:, course.i], 0)
    gained = jnp.where(halted, 0.0, gained + gained_after)
    pitch = jnp.where(
        event.ends | halted, END, jnp.where(event.pitch == PITCHES, REST, event.pitch)
    )
    return Course(
        i=course.i + 1,
        states=jax.tree.map(partial(jnp.where, halted[:, None]), course.states, states),
        history=_extended(course, event),
        agree=jnp.where(halted[:, None], course.agree, agree),
        pitch=course.pitch.at[:, course.i].set(pitch),
        ended=course.ended | (event.ends & ~halted),
        halted=halted | event.ends | (event.time >= fixed.until),
        log_p=course.log_p + gained[0],
        log_p_plain=course.log_p_plain + gained[1],
        heading=jnp.where(halted, course.heading, headed(course.heading, move)),
    )


def _draw_onset(
    network: Network,
    fixed: _Fixed,
    course: Course,
    found: Echo,
    cooling: jax.Array,
    noise: jax.Array,
) -> tuple[list[LSTMState], jax.Array, jax.Array, jax.Array, jax.Array]:
    """States and output of the network, onset class, time and log-probabilities (2, candidates) of the next event."""
    i, before, dials = course.i, course.history.time[:, course.i], fixed.dials
    states, h, logits = stepping.step_onset(
        network, fixed.told, course.states, course.history, found, i
    )
    legal = jax.vmap(ft.allowed_onsets, (None, 0))(fixed.told.piece, before)
    # A turn short of room goes to the end at once.
    is_last = i == course.pitch.shape[1] - 1
    to_end = jnp.arange(ONSETS)[None] == ft.onset_class(before, fixed.told.piece.end)[:, None]
    legal = jnp.where(is_last, to_end, legal)
    guided, parts = guide(
        _rows(mask_onset(logits, legal[None])), dials.rhythm_strength, dials.rhythm_preserve
    )
    guided = timed(guided, fixed.script.tilt, before & 15, course.history.duration[:, i])
    free = is_last | jax.vmap(partial(free_onsets, fixed.script))(
        before, due(fixed.script, before).time
    )
    onset = _drawn(mask_onset(guided, legal & free) / (dials.rhythm * cooling), noise)
    time = jnp.where(
        is_last, fixed.told.piece.end, 16 * ((before >> 4) + (onset >> 4)) + (onset & 15)
    )
    return states, h, onset, time, at(parts, onset)


def _draw_note(
    network: Network,
    fixed: _Fixed,
    course: Course,
    found: Echo,
    cooling: jax.Array,
    noise: jax.Array,
    h: jax.Array,
    onset: jax.Array,
    time: jax.Array,
) -> tuple[_Event, jax.Array]:
    """Pitch and duration of an event at `time`, and their log-probabilities (2, candidates)."""
    i, dials, told = course.i, fixed.dials, fixed.told
    scripted = due(fixed.script, course.history.time[:, i])
    given, locked = time == scripted.time, fixed.script.locked[time >> 4]
    z, view, logits = stepping.step_pitch(network, told, h, course.history, found, i, time)
    guided, parts = guide(
        _rows(mask_pitch(logits, onset[None])), dials.strength, dials.preserve, dials.character
    )
    beat = jnp.minimum(time >> 4, fixed.script.chroma.shape[0] - 1)
    guided = towards(guided, dials.chroma * fixed.script.chroma[beat], course.history.pitch[:, i])
    latest, before = course.history.pitch[:, i], course.history.pitch[:, jnp.maximum(i - 1, 0)]
    guided = tilted(guided, fixed.script.tilt, latest, before, course.heading)
    within = nucleus(in_range(mask_pitch(guided, onset), dials), dials.top_p)
    pitch = _drawn(within / (dials.pitch * cooling), noise[0])
    pitch = jnp.where(given, scripted.pitch, jnp.where(locked, PITCHES, pitch))
    ends = time >= fixed.told.piece.end
    gained = jnp.where(ends, 0.0, at(parts, jnp.minimum(pitch, PITCHES)))
    is_note = ~ends & (pitch < PITCHES)
    sounding = jnp.where(is_note, pitch, course.history.pitch[:, i])
    logits = stepping.step_duration(network, told, z, view, course.history, i, sounding)
    guided, parts = guide(_rows(logits), dials.rhythm_strength, dials.rhythm_preserve)
    duration = _drawn(
        ending(guided, fixed.script.tilt, time & 15) / (dials.rhythm * cooling), noise[1]
    )
    duration = jnp.where(is_note, jnp.where(given, scripted.duration, duration), 0)
    gained = gained + jnp.where(is_note, at(parts, duration), 0.0)
    return _Event(time, pitch, duration, sounding, is_note, ends), gained


def _extended(course: Course, event: _Event) -> History:
    """The history with the event of this turn; of a candidate that has come to a halt it stays filled up."""
    time = jnp.where(course.halted, FAR, event.time)
    new = History(time, event.sounding, event.duration, jnp.where(event.is_note, 0, 1))
    return jax.tree.map(
        lambda array, value: array.at[:, course.i + 1].set(value), course.history, new
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
