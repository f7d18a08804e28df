"""The network: p(melody | style, skeleton, attributes), one note event at a time.

    skeleton --> bidirectional LSTM --+--------------------+
                                      v                    v
    event i-1 --> features --> recurrent layers --> onset i --> pitch i --> duration i
                      style --> every layer (gates and FiLM) and the pitch head

The three heads are chained: p(onset | h) p(pitch | h, onset) p(duration | h, onset, pitch), where h
is the output of the layers. The pitch head scores every pitch by its scale degree, its height above
the median pitch, its intervals from the previous note and from the structural notes around, and
whether the copy memory suggests it. The network knows sizes and indices only; `features` defines
what they mean. `stepping` runs it event by event.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike

from stylernn.config import ModelSettings
from stylernn.model.layers import Dense, FeatureSum, FiLM, Recurrent, StyleTable, shift
from stylernn.model.parameters import (
    ONSET_OUTPUTS,
    PITCH_OUTPUTS,
    PREVIOUS,
    STRUCTURAL,
    Parameters,
    unflatten,
)
from stylernn.representation import features as ft
from stylernn.representation.arrays import PAD_TIME, ConditioningArrays, History
from stylernn.representation.attributes import ATTRIBUTES, CLASSES
from stylernn.representation.copy_memory import ONSETS, SUGGESTIONS, suffix_matches
from stylernn.representation.event_codec import DURATIONS, PITCHES
from stylernn.representation.features import View

__all__ = [
    "Logits",
    "Network",
    "onset_logits",
    "pitch_logits",
    "structural_onset",
    "structural_pitches",
    "with_parameters",
]


class Logits(NamedTuple):
    """Unnormalised log-probabilities of the three heads.

    Args:
        onset: of the onset classes, shape (..., ONSETS).
        pitch: of the pitches and, last, REST, shape (..., PITCHES + 1).
        duration: of the durations, shape (..., len(DURATIONS)).
    """

    onset: jax.Array
    pitch: jax.Array
    duration: jax.Array


class Network(nnx.Module):
    """The network. The names of its attributes are those of arrays in model files.

    Args:
        settings: its sizes.
        parents: the tree of styles, see `StyleTable`.
    """

    def __init__(self, settings: ModelSettings, parents: Sequence[int], *, rngs: nnx.Rngs) -> None:
        width, style, coded = settings.hidden, settings.style, 2 * settings.skeleton
        self.settings = settings
        self.styles = StyleTable(parents, style, rngs=rngs)
        self.skeleton_in = FeatureSum(ft.SKELETON_FEATURES, settings.skeleton, rngs=rngs)
        self.forwards = Recurrent("lstm", settings.skeleton, style, settings.skeleton, rngs=rngs)
        self.backwards = Recurrent("lstm", settings.skeleton, style, settings.skeleton, rngs=rngs)
        self.event_in = FeatureSum(ft.ONSET_FEATURES, width, rngs=rngs)
        self.view_in = Dense(2 * coded, width, use_bias=False, rngs=rngs)
        self.traits_in = FeatureSum((CLASSES,) * len(ATTRIBUTES), width, rngs=rngs)
        self.layers = nnx.List(
            [
                Recurrent(settings.cell, width, style, width, rngs=rngs)
                for _ in range(settings.layers)
            ]
        )
        self.films = nnx.List([FiLM(style, width, rngs=rngs) for _ in range(settings.layers)])
        self.onset_out = Dense(width, ONSET_OUTPUTS, rngs=rngs)
        self.pitch_in = FeatureSum(ft.PITCH_FEATURES, settings.head, rngs=rngs)
        self.pitch_view = Dense(2 * coded, settings.head, use_bias=False, rngs=rngs)
        self.pitch_traits = FeatureSum((CLASSES,) * len(ATTRIBUTES), settings.head, rngs=rngs)
        self.pitch_hidden = Dense(width, settings.head, rngs=rngs)
        self.pitch_film = FiLM(style, settings.head, rngs=rngs)
        self.candidates = FeatureSum((24, 2 * PITCHES), settings.head, rngs=rngs)
        self.pitch_out = Dense(settings.head, PITCH_OUTPUTS, rngs=rngs)
        self.duration_in = FeatureSum(ft.DURATION_FEATURES, settings.head, rngs=rngs)
        self.duration_out = Dense(settings.head, len(DURATIONS), rngs=rngs)

    def encode(self, piece: ConditioningArrays) -> jax.Array:
        """Encode skeletons.

        Args:
            piece: the conditions of a batch.

        Returns:
            Codes of the structural notes, shape (batch, notes + 1, 2 * skeleton). Row 0, zeros,
            stands for "no note", so note k has row k + 1.
        """
        style = self.styles(piece.style)
        used = piece.skeleton_time < PAD_TIME
        x = self.skeleton_in(jax.vmap(ft.skeleton_features)(piece)).swapaxes(0, 1)
        positions = jnp.arange(used.shape[1])[None]
        # Each skeleton is reversed within its own length, so padding is at the end both ways.
        reversal = jnp.where(used, used.sum(axis=1, keepdims=True) - 1 - positions, positions).T[
            ..., None
        ]
        ahead = self.forwards(x, style)
        back = jnp.take_along_axis(
            self.backwards(jnp.take_along_axis(x, reversal, axis=0), style), reversal, axis=0
        )
        coded = jnp.concatenate([ahead, back], axis=-1).swapaxes(0, 1) * used[..., None]
        return jnp.pad(coded, ((0, 0), (1, 0), (0, 0)))

    def __call__(
        self,
        piece: ConditioningArrays,
        history: History,
        time: jax.Array,
        pitch: jax.Array,
        key: jax.Array | None,
        products: DTypeLike = jnp.float32,
    ) -> Logits:
        """Predict all events of whole windows, each from those before it.

        Args:
            piece: the conditions of a batch.
            history: START and all events, shape (batch, events + 1).
            time: time codes of the events to predict, shape (batch, events); event k follows entry
                k of the history.
            pitch: of the same events.
            key: of the dropout; None for none.
            products: type of the matrix products of the recurrent layers.

        Returns:
            Logits of every event; the leading axes are (batch, events).
        """
        style, coded = self.styles(piece.style), self.encode(piece)
        steps = jnp.broadcast_to(jnp.arange(time.shape[1]), time.shape)
        found = jax.tree.map(lambda x: x[:, :-1], jax.vmap(suffix_matches)(history))
        features, view, suggested = _over(ft.onset_features, (None, None, 0, 0))(
            piece, history, found, steps
        )
        x = (
            self.event_in(features)
            + self.view_in(_at_view(coded, view))
            + self.traits_in(piece.attributes)[:, None]
        )
        h = self._run(x.swapaxes(0, 1), style, key, products).swapaxes(0, 1)
        meeting = jax.vmap(structural_onset)(piece, view, history.time[:, :-1])
        onset = onset_logits(self.onset_out(h), suggested, meeting)
        features, view, known = _over(ft.pitch_features, (None, None, 0, 0, 0))(
            piece, history, found, steps, time
        )
        z = self.pitch_in(features) + self.pitch_view(_at_view(coded, view)) + self.pitch_hidden(h)
        z = z + self.pitch_traits(piece.attributes)[:, None]
        z = jax.nn.gelu(self.pitch_film(z, style[:, None]))
        z = self._dropped(z.swapaxes(0, 1), key, len(self.layers) + 1).swapaxes(0, 1)
        among = jnp.einsum("btd,bpd->btp", z, jax.vmap(self.pitch_vectors)(piece))
        around = jax.vmap(structural_pitches)(piece, view)
        scores = pitch_logits(among, self.pitch_out(z), history.pitch[:, :-1], around, known)
        features = _over(ft.duration_features, (None, None, 0, 0, 0))(
            piece, history, steps, pitch, view
        )
        return Logits(onset, scores, self.duration_out(jax.nn.gelu(z + self.duration_in(features))))

    def _run(
        self, x: jax.Array, style: jax.Array, key: jax.Array | None, products: DTypeLike
    ) -> jax.Array:
        """Run the recurrent layers, with residual connections, over (time, batch, hidden)."""
        x = self._dropped(x, key, len(self.layers))
        for depth, (layer, film) in enumerate(zip(self.layers, self.films, strict=True)):
            x = x + self._dropped(film(layer(x, style, products), style), key, depth)
        return x

    def _dropped(self, x: jax.Array, key: jax.Array | None, position: int) -> jax.Array:
        """Drop units of (time, batch, units), the same ones at every step of a sequence.

        Reference:
            Gal & Ghahramani (2016), A theoretically grounded application of dropout in recurrent
            neural networks, NeurIPS.
        """
        if key is None:
            return x
        kept = 1 - self.settings.dropout
        return (
            x
            * jax.random.bernoulli(jax.random.fold_in(key, position), kept, x.shape[1:])[None]
            / kept
        )

    def pitch_vectors(self, piece: ConditioningArrays) -> jax.Array:
        """Embed every pitch by its scale degree and its height.

        Args:
            piece: the conditions of one melody, without a batch axis.

        Returns:
            Shape (PITCHES, head).
        """
        pitches = jnp.arange(PITCHES)
        degree = (pitches - piece.tonic) % 12 + 12 * piece.minor
        height = pitches - piece.median_pitch + PITCHES
        return self.candidates(jnp.stack([degree, height], axis=-1)) / math.sqrt(self.settings.head)


def with_parameters(parameters: Parameters) -> Network:
    """Build the network of some parameters.

    Args:
        parameters: settings, tree of styles and arrays.

    Returns:
        The network with these arrays.

    Raises:
        ModelFileError: if an array is missing or has another shape.
    """
    settings, parents, arrays = parameters
    graph, state = nnx.split(nnx.eval_shape(lambda: Network(settings, parents, rngs=nnx.Rngs(0))))
    return nnx.merge(graph, unflatten(state, arrays))


def onset_logits(scores: jax.Array, suggested: jax.Array, structural: jax.Array) -> jax.Array:
    """Compute the logits of the onset head.

    Args:
        scores: output of `Network.onset_out`, shape (..., ONSET_OUTPUTS). The gates at the end are
            added to the classes that the copy memory suggests, and to that of the next structural
            note.
        suggested: see `copy_memory.onset_suggestions`, shape (..., SUGGESTIONS).
        structural: see `structural_onset`, shape (...).

    Returns:
        Shape (..., ONSETS).
    """
    classes = jnp.concatenate([suggested, structural[..., None]], axis=-1)
    return scores[..., :ONSETS] + _gated(scores[..., ONSETS:], classes, ONSETS)


def pitch_logits(
    among: jax.Array,
    parts: jax.Array,
    previous: jax.Array,
    around: jax.Array,
    known: tuple[jax.Array, ...],
) -> jax.Array:
    """Compute the logits of the pitch head.

    Args:
        among: scores of the pitches by degree and height, shape (..., PITCHES).
        parts: output of `Network.pitch_out`, shape (..., PITCH_OUTPUTS): scores of intervals, gates
            of the suggestions, and the score of REST.
        previous: pitch of the latest note, shape (...).
        around: see `structural_pitches`, shape (..., 2).
        known: see `copy_memory.pitch_suggestions`, each of shape (..., SUGGESTIONS).

    Returns:
        Logits of the pitches and of REST, shape (..., PITCHES + 1).
    """
    structural = 2 * STRUCTURAL + 1
    edges = np.cumsum([2 * PREVIOUS + 1, structural, structural, SUGGESTIONS])
    from_previous, from_current, from_following, gates, rest = jnp.split(parts, edges, axis=-1)
    scores = among + shift(from_previous, previous - PREVIOUS, among)
    for k, relative in enumerate((from_current, from_following)):
        scores = scores + shift(relative, around[..., k] - STRUCTURAL, scores)
    pitch, begins, sounded = known
    scores = scores + _gated(gates, jnp.where(sounded & (begins > 0), pitch, PITCHES), PITCHES)
    return jnp.concatenate([scores, rest], axis=-1)


def structural_pitches(piece: ConditioningArrays, view: View) -> jax.Array:
    """Look up the pitches of the current and the following structural note.

    Args:
        piece: the conditions of one melody.
        view: of the skeleton, each index of shape (...).

    Returns:
        Pitches less LOWEST, shape (..., 2); where there is no note, a number that is further from
        any pitch than the intervals that the pitch head scores.
    """
    index = jnp.stack([view.current, view.following], axis=-1)
    return jnp.where(
        index > 0, piece.skeleton_pitch[jnp.maximum(index - 1, 0)], 2 * PITCHES + STRUCTURAL
    )


def structural_onset(piece: ConditioningArrays, view: View, time: jax.Array) -> jax.Array:
    """Find the onset class at which the next event would be at the next structural note.

    Args:
        piece: the conditions of one melody.
        view: of the skeleton, each index of shape (...).
        time: time code of the latest event, shape (...).

    Returns:
        The class; ONSETS where the note is too far ahead or there is none. Shape (...).
    """
    then = piece.skeleton_time[jnp.maximum(view.following - 1, 0)]
    ahead = (then >> 4) - (time >> 4)
    return jnp.where(
        (view.following > 0) & (ahead < ONSETS // 16), 16 * ahead + (then & 15), ONSETS
    )


def _over(function: Callable[..., Any], events: tuple[int | None, ...]) -> Callable[..., Any]:
    """Map a function of one melody and one event over the events of a window and over a batch."""
    return jax.vmap(jax.vmap(function, events))


def _at_view(coded: jax.Array, view: View) -> jax.Array:
    """Codes of the current and the following structural note, (batch, events, 2 * code).

    They are looked up by a product with one-hot rows, because of its fast gradient.
    """
    both = jnp.stack([view.current, view.following], axis=-1)
    found = jnp.einsum("btks,bsd->btkd", jax.nn.one_hot(both, coded.shape[1]), coded)
    return found.reshape(*found.shape[:2], -1)


def _gated(gates: jax.Array, classes: jax.Array, size: int) -> jax.Array:
    """The sum over k of gates[..., k] at classes[..., k]; a class of `size` adds nothing."""
    return jnp.einsum("...k,...kc->...c", gates, jax.nn.one_hot(classes, size))
