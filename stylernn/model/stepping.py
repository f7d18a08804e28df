"""The network event by event, as the sampler runs it.

`encode_conditions` computes once all that does not change from event to event: the encoded skeleton
as it enters each head, what style and bias add to every layer, and the vectors of the pitches. For
classifier-free guidance, every event is scored under several conditions, the guidance branches
(with the style and without, with the skeleton and without), for any number of candidates. So arrays
have the leading axes (branches, candidates). What is the same in all branches, such as the history
of a candidate, is computed once for all of them.
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
    "encode_conditions",
    "step_duration",
    "step_onset",
    "step_pitch",
]


class GuidanceBranches(NamedTuple):
    """The conditions in which the guidance branches differ; fields are as in `ConditioningArrays`.

    Args:
        style: shape (branches,).
        level: shape (branches,).
        attributes: shape (branches, len(ATTRIBUTES)).
        skeleton_time: shape (branches, notes).
    """

    style: jax.Array
    level: jax.Array
    attributes: jax.Array
    skeleton_time: jax.Array


class EncodedConditions(NamedTuple):
    """What the network computes of the conditions before the first event.

    Args:
        piece: the conditions, without a batch axis; the fields of `GuidanceBranches` have an axis
            of branches.
        event: what the current structural note, with the attributes, and the following one add to
            the input of the recurrent layers, shape (branches, notes + 1, 2, width).
        pitch: the same for the input of the pitch head.
        layers: what style and bias add to the gates of each layer, shape (branches, 1, gates).
        films: factor and summand after each layer and, last, in the pitch head, shape (branches, 1,
            width).
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
    """Compute what does not change from event to event.

    Args:
        network: the model.
        piece: the conditions, without a batch axis.
        branches: replace the fields of the same names in `piece`.

    Returns:
        What the steps below need.
    """
    piece = piece._replace(**branches._asdict())
    count = branches.style.shape[0]
    whole = ConditioningArrays(
        *(x if axis == 0 else jnp.stack([x] * count) for x, axis in zip(piece, _AXES, strict=True))
    )
    style = network.styles(branches.style)[:, None]
    coded = network.encode(whole)
    for_layers = network.traits_in.look_up(piece.attributes)[:, None]
    for_pitch = network.pitch_traits.look_up(piece.attributes)[:, None]
    films = [film.parts(style) for film in [*network.films, network.pitch_film]]
    return EncodedConditions(
        piece,
        _projected(coded, network.view_in.kernel[...], for_layers),
        _projected(coded, network.pitch_view.kernel[...], for_pitch),
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
    """Advance the recurrent layers by one event and predict the next onset.

    Args:
        network: the model.
        conditions: from `encode_conditions`.
        states: of each layer before event `i`.
        history: of every candidate, shape (candidates, events + 1).
        found: the suffix matches of event `i`, shape (candidates,).
        i: index of the latest event, shape ().

    Returns:
        New states; the output of the layers, shape (branches, candidates, width); and the logits of
        the next onset, shape (branches, candidates, ONSETS).
    """
    features, view, suggested = _mapped(ft.onset_features, conditions, (0, 0, None))(
        conditions.piece, history, found, i
    )
    x = network.event_in.look_up(features) + _at_view(conditions.event, view)
    after = []
    for layer, state, of_style, (factor, summand) in zip(
        network.layers, states, conditions.layers, conditions.films[:-1], strict=True
    ):
        after.append(layer.step(state, x, of_style))
        x = x + after[-1].h * factor + summand
    meeting = _mapped(structural_onset, conditions, (0, 0), branches=(0, None))(
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
    """Predict the pitch of the next event, given its onset.

    Args:
        network: the model.
        conditions: from `encode_conditions`.
        h: output of the layers, from `step_onset`.
        history: of every candidate, shape (candidates, events + 1).
        found: the suffix matches of event `i`, shape (candidates,).
        i: index of the latest event, shape ().
        time: time codes of the next event, shape (candidates,).

    Returns:
        The hidden layer of the pitch head, shape (branches, candidates, head); the view of the
        skeleton; and the logits, shape (branches, candidates, PITCHES + 1).
    """
    features, view, known = _mapped(ft.pitch_features, conditions, (0, 0, None, 0))(
        conditions.piece, history, found, i, time
    )
    z = (
        network.pitch_in.look_up(features)
        + _at_view(conditions.pitch, view)
        + network.pitch_hidden(h)
    )
    factor, summand = conditions.films[-1]
    z = jax.nn.gelu(z * factor + summand)
    around = _mapped(structural_pitches, conditions, (0,), branches=(0,))(conditions.piece, view)
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
    """Predict the duration of the next event, given its onset and pitch.

    Args:
        network: the model.
        conditions: from `encode_conditions`.
        z: hidden layer of the pitch head, from `step_pitch`.
        view: of the skeleton, from `step_pitch`.
        history: of every candidate, shape (candidates, events + 1).
        i: index of the latest event, shape ().
        pitch: of the next event, less LOWEST, shape (candidates,).

    Returns:
        Logits, shape (branches, candidates, len(DURATIONS)).
    """
    mapped = _mapped(
        ft.duration_features, conditions, (0, None, 0, 0), branches=(None, None, None, 0)
    )
    features = mapped(conditions.piece, history, i, pitch, view)
    return network.duration_out(jax.nn.gelu(z + network.duration_in.look_up(features)))


def _mapped(
    function: Callable[..., Any],
    conditions: EncodedConditions,
    axes: tuple[int | None, ...],
    branches: tuple[int | None, ...] | None = None,
) -> Callable[..., Any]:
    """Map a function of conditions and other arguments over candidates, then over branches.

    `axes` are those of the candidates in the other arguments, `branches` those of the branches; by
    default, only the conditions have an axis of branches.
    """
    each = jax.vmap(function, (None, *axes))
    return jax.vmap(each, (_AXES, *(branches or (None,) * len(axes))))


def _projected(coded: jax.Array, kernel: jax.Array, always: jax.Array) -> jax.Array:
    """Multiply codes of structural notes by the halves of a kernel.

    The first half is for the current note, to which `always` is added, shape (branches, 1, width);
    the second is for the following note. The result has the shape (branches, notes, 2, width).
    """
    current, following = (coded @ half for half in jnp.split(kernel, 2))
    return jnp.stack([current + always, following], axis=2)


def _at_view(table: jax.Array, view: View) -> jax.Array:
    """Sum of both structural notes' rows of a table, shape (branches, candidates, width)."""
    each = jax.vmap(lambda rows, current, following: rows[current, 0] + rows[following, 1])
    return each(table, view.current, view.following)
