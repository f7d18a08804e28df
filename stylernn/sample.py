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
from stylernn.codec import END, PITCHES, REST
from stylernn.features import History, Piece
from stylernn.loss import mask_onset, mask_pitch

__all__ = ["Dials", "Drawn", "Script", "bucket", "draw"]

_NEVER = -1e9


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


class Script(NamedTuple):
    """Events that are given, not drawn: the first `length` of the arrays (events,)."""

    time: np.ndarray
    pitch: np.ndarray
    duration: np.ndarray
    length: int


class Drawn(NamedTuple):
    """Sampled events, (candidates, events), filled up with FAR, END and 0.

    `log_p` is each candidate's log-probability given style and skeleton, `log_p_plain` the same without the style.
    """

    time: np.ndarray
    pitch: np.ndarray
    duration: np.ndarray
    log_p: np.ndarray
    log_p_plain: np.ndarray


class _Loop(NamedTuple):
    i: jax.Array
    states: list
    history: History
    pitch: jax.Array
    ended: jax.Array
    log_p: jax.Array
    log_p_plain: jax.Array


def draw(
    graph: nnx.GraphDef, state: nnx.State, piece: Piece, script: Script, dials: Dials, seeds: jax.Array, events: int
) -> Drawn:
    """Sample candidates for one piece.

    Args:
        graph, state: of the network.
        piece: without a batch axis.
        script: events to begin with.
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
) -> Drawn:
    network = nnx.merge(graph, state)
    count = seeds.shape[0]
    bare = piece._replace(grain=jnp.int32(0), skeleton_time=jnp.full_like(piece.skeleton_time, ft.FAR))
    ways = jax.tree.map(lambda *x: jnp.stack(x), piece, piece._replace(style=jnp.int32(0)), bare)
    ways = jax.tree.map(lambda x: jnp.repeat(x, count, axis=0), ways)
    coded = network.encode(ways)
    rhythm = dials.rhythm_strength, dials.rhythm_preserve
    last_bar = 16 * piece.first[piece.bar[jnp.maximum((piece.end >> 4) - 1, 0)]]

    def guide(logits: jax.Array, strength: jax.Array, preserve: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Combine the three ways; also return the log-probabilities of the first two."""
        full, plain, free = jax.nn.log_softmax(logits).reshape(3, count, -1)
        return plain + strength * (full - plain) + preserve * (full - free), jnp.stack([full, plain])

    def pick(key: int, i: jax.Array, logits: jax.Array) -> jax.Array:
        turn = jax.vmap(lambda seed: jax.random.fold_in(jax.random.fold_in(seed, i), key))(seeds)
        return jax.vmap(jax.random.categorical)(turn, logits)

    def turn(loop: _Loop) -> _Loop:
        i, history = loop.i, loop.history
        thrice = jax.tree.map(lambda x: jnp.tile(x, (3, 1)), history)
        before = history.time[:, i]
        heat = jnp.where(before >= last_bar - 16, dials.closing, 1.0)[:, None]
        scripted = i < script.length

        states, h, logits = network.step_onset(loop.states, coded, ways, thrice, i)
        allowed = jax.vmap(ft.allowed_onsets, (None, 0))(piece, before)
        # A turn short of room goes to the end at once.
        allowed = jnp.where(i == events - 1, jnp.arange(ft.ONSETS) == _onset(before, piece.end)[:, None], allowed)
        guided, parts = guide(mask_onset(logits, jnp.tile(allowed, (3, 1))), *rhythm)
        onset = pick(0, i, mask_onset(guided, allowed) / (dials.rhythm * heat))
        onset = jnp.where(scripted, _onset(before, script.time[i]), onset)
        time = jnp.where(i == events - 1, piece.end, 16 * ((before >> 4) + (onset >> 4)) + (onset & 15))
        gained = _at(parts, onset)

        z, view, logits = network.step_pitch(h, coded, ways, thrice, i, jnp.tile(time, 3))
        guided, parts = guide(mask_pitch(logits, jnp.tile(onset, 3)), dials.strength, dials.preserve)
        pitch = pick(1, i, _nucleus(mask_pitch(guided, onset), dials.top_p) / (dials.pitch * heat))
        pitch = jnp.where(scripted, script.pitch[i], pitch)
        ends = time >= piece.end
        gained = gained + jnp.where(ends, 0.0, _at(parts, jnp.minimum(pitch, PITCHES)))

        is_note = ~ends & (pitch < PITCHES)
        sounding = jnp.where(is_note, pitch, history.pitch[:, i])
        guided, parts = guide(network.step_duration(z, view, ways, thrice, i, jnp.tile(sounding, 3)), *rhythm)
        duration = jnp.where(scripted, script.duration[i], pick(2, i, guided / (dials.rhythm * heat)))
        duration = jnp.where(is_note, duration, 0)
        gained = jnp.where(loop.ended, 0.0, gained + jnp.where(is_note, _at(parts, duration), 0.0))

        put = lambda array, value: array.at[:, i + 1].set(value)  # noqa: E731
        history = History(
            put(history.time, jnp.where(loop.ended, ft.FAR, time)),
            put(history.pitch, sounding),
            put(history.duration, duration),
            put(history.kind, jnp.where(is_note, 0, 1)),
        )
        pitches = loop.pitch.at[:, i].set(jnp.where(ends | loop.ended, END, jnp.where(pitch == PITCHES, REST, pitch)))
        log_p, log_p_plain = loop.log_p + gained[0], loop.log_p_plain + gained[1]
        return _Loop(i + 1, states, history, pitches, loop.ended | ends, log_p, log_p_plain)

    end = jax.lax.while_loop(
        lambda loop: (loop.i < events) & ~loop.ended.all(), turn, _begin(network, piece, count, events)
    )
    return Drawn(end.history.time[:, 1:], end.pitch, end.history.duration[:, 1:], end.log_p, end.log_p_plain)


def _begin(network: nnx.Module, piece: Piece, count: int, events: int) -> _Loop:
    shape = (count, events + 1)
    zeros = jnp.zeros(shape, jnp.int32)
    history = History(
        jnp.full(shape, ft.FAR).at[:, 0].set(-1),
        jnp.full(shape, piece.anchor),
        zeros,
        zeros.at[:, 0].set(2),
    )
    nothing = jnp.zeros(count)
    start = network.start(3 * count)
    return _Loop(jnp.int32(0), start, history, jnp.full((count, events), END), nothing > 0, nothing, nothing)


def _onset(before: jax.Array, time: jax.Array) -> jax.Array:
    """The class of an onset at `time` after one at `before`."""
    return jnp.clip(16 * ((time >> 4) - (before >> 4)) + (time & 15), 0, ft.ONSETS - 1)


def _at(parts: jax.Array, index: jax.Array) -> jax.Array:
    """Values (2, candidates, n) at an index per candidate: (2, candidates)."""
    return jnp.take_along_axis(parts, index[None, :, None], axis=-1)[..., 0]


def _nucleus(logits: jax.Array, top_p: jax.Array) -> jax.Array:
    """Rule out what lies outside the smallest set of probability `top_p` (Holtzman et al., 2020)."""
    p = jax.nn.softmax(logits)
    ordered = jnp.sort(p, axis=-1)[..., ::-1]
    before = jnp.cumsum(ordered, axis=-1) - ordered
    least = jnp.min(jnp.where(before < top_p, ordered, 2.0), axis=-1, keepdims=True)
    return jnp.where(p >= least, logits, _NEVER)
