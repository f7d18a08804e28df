"""The network event by event, as the sampler runs it.

`encode_conditions` works out once all that does not change from note to note: the coded skeleton as it enters each head, what style
and bias add to every layer, the table of pitches. A piece is asked about in several ways (with its style and without,
with its skeleton and without) for any number of candidates, so arrays have the leading axes (ways, candidates); what
no way changes, such as a candidate's own past, is computed once for all of them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from stylernn.model.cell_base import CellState
from stylernn.model.network import (
    Network,
    onset_logits,
    pitch_logits,
    structural_onset,
    structural_pitches,
)
from stylernn.representation import features as ft
from stylernn.representation.arrays import ConditioningArrays, History
from stylernn.representation.copy_memory import SuffixMatch
from stylernn.representation.features import View

__all__ = [
    "EncodedConditions",
    "GuidanceBranches",
    "step_duration",
    "step_onset",
    "step_pitch",
    "encode_conditions",
]


class GuidanceBranches(NamedTuple):
    """The ways in which a piece is asked about: style, grain, (ways,), and traits, times of the skeleton, (ways, n)."""

    style: jax.Array
    level: jax.Array
    attributes: jax.Array
    skeleton_time: jax.Array


class EncodedConditions(NamedTuple):
    """What the network makes of a piece before its first note.

    Args:
        piece: without a batch axis; style, grain, traits and skeleton_time have one of ways.
        event, pitch: what the current structural note, with the traits, and the following one add to the input of the
            layers and of the pitch head, (ways, notes + 1, 2, width).
        layers: what style and bias add to the gates of each layer, (ways, 1, gates).
        films: factor and summand after each layer and, last, in the pitch head, (ways, 1, width).
        pitches: see `Network.pitch_vectors`.
    """

    piece: ConditioningArrays
    event: jax.Array
    pitch: jax.Array
    layers: list[jax.Array]
    films: list[tuple[jax.Array, jax.Array]]
    pitches: jax.Array


_AXES: ConditioningArrays[int | None] = ConditioningArrays(
    *(0 if name in GuidanceBranches._fields else None for name in ConditioningArrays._fields)
)


def encode_conditions(
    network: Network, piece: ConditioningArrays, branches: GuidanceBranches
) -> EncodedConditions:
    """Work out what does not change from note to note.

    Args:
        network: the model.
        piece: without a batch axis.
        branches: how it is asked about; they replace the piece's own style, grain, traits and skeleton_time.
    """
    piece = piece._replace(**branches._asdict())
    count = branches.style.shape[0]
    whole = ConditioningArrays(
        *(x if axis == 0 else jnp.stack([x] * count) for x, axis in zip(piece, _AXES, strict=True))
    )
    style = network.styles(branches.style)[:, None]
    coded = network.encode(whole)
    films = [film.parts(style) for film in [*network.films, network.pitch_film]]
    return EncodedConditions(
        piece,
        _either(
            coded, network.view_in.kernel[...], network.traits_in.look_up(piece.attributes)[:, None]
        ),
        _either(
            coded,
            network.pitch_view.kernel[...],
            network.pitch_traits.look_up(piece.attributes)[:, None],
        ),
        [layer.of_style(style) for layer in network.layers],
        films,
        network.pitch_vectors(piece),
    )


def step_onset(
    network: Network,
    conditions: EncodedConditions,
    states: list[CellState],
    history: History,
    found: SuffixMatch,
    i: jax.Array,
) -> tuple[list[CellState], jax.Array, jax.Array]:
    """Advance by event `i` of the candidates' histories, whose echoes are `found`.

    Returns:
        New states, the hidden output and the logits of the next onset.
    """
    features, view, suggested = _asked(ft.onset_features, conditions, (0, 0, None))(
        conditions.piece, history, found, i
    )
    x = network.event_in.look_up(features) + _look(conditions.event, view)
    after = []
    for layer, state, of_style, (factor, summand) in zip(
        network.layers, states, conditions.layers, conditions.films[:-1], strict=True
    ):
        after.append(layer.step(state, x, of_style))
        x = x + after[-1].h * factor + summand
    meeting = _asked(structural_onset, conditions, (0, 0), branches=(0, None))(
        conditions.piece, view, history.time[:, i]
    )
    return after, x, onset_logits(network.onset_out(x), suggested, meeting)


def step_pitch(
    network: Network,
    conditions: EncodedConditions,
    h: jax.Array,
    history: History,
    found: SuffixMatch,
    i: jax.Array,
    time: jax.Array,
) -> tuple[jax.Array, View, jax.Array]:
    """Given the next onset: the pitch head's hidden layer, the view of the skeleton and the logits of the pitch."""
    features, view, known = _asked(ft.pitch_features, conditions, (0, 0, None, 0))(
        conditions.piece, history, found, i, time
    )
    z = network.pitch_in.look_up(features) + _look(conditions.pitch, view) + network.pitch_hidden(h)
    factor, summand = conditions.films[-1]
    z = jax.nn.gelu(z * factor + summand)
    around = _asked(structural_pitches, conditions, (0,), branches=(0,))(conditions.piece, view)
    previous = jnp.broadcast_to(history.pitch[:, i], view.current.shape)
    return (
        z,
        view,
        pitch_logits(z @ conditions.pitches.T, network.pitch_out(z), previous, around, known),
    )


def step_duration(
    network: Network,
    conditions: EncodedConditions,
    z: jax.Array,
    view: View,
    history: History,
    i: jax.Array,
    pitch: jax.Array,
) -> jax.Array:
    """Given the pitch too: the logits of the duration."""
    asked = _asked(
        ft.duration_features, conditions, (0, None, 0, 0), branches=(None, None, None, 0)
    )
    features = asked(conditions.piece, history, i, pitch, view)
    return network.duration_out(jax.nn.gelu(z + network.duration_in.look_up(features)))


def _asked(
    function: Callable[..., Any],
    conditions: EncodedConditions,
    axes: tuple[int | None, ...],
    branches: tuple[int | None, ...] | None = None,
) -> Callable[..., Any]:
    """Map a function of a piece and of `axes` arguments over candidates, then over ways; by default no argument but
    the piece has an axis of ways.
    """
    each = jax.vmap(function, (None, *axes))
    return jax.vmap(each, (_AXES, *(branches or (None,) * len(axes))))


def _either(coded: jax.Array, kernel: jax.Array, always: jax.Array) -> jax.Array:
    """Codes (ways, notes, code) through the halves of a kernel, for the current and for the following note; the first
    with what is added always, (ways, 1, width).
    """
    current, following = (coded @ half for half in jnp.split(kernel, 2))
    return jnp.stack([current + always, following], axis=2)


def _look(table: jax.Array, view: View) -> jax.Array:
    """The summands of the current and of the following structural note, (ways, candidates, width)."""
    each = jax.vmap(lambda rows, current, following: rows[current, 0] + rows[following, 1])
    return each(table, view.current, view.following)
