"""The conditional LSTM: p(melody | style, skeleton), one note event at a time.

    skeleton --> bidirectional LSTM --+--------------------+
                                      v                    v
    event i-1 --> features --> LSTM layers --> onset i --> pitch i --> duration i
                      style --> every layer (gates and FiLM) and the pitch head

The three heads are chained: p(onset | h) p(pitch | h, onset) p(duration | h, onset, pitch). The pitch head scores every
candidate pitch by what it is to its surroundings: scale degree, height above the register's middle, interval from the
previous note and from the structural notes around, and whether it is the note that sounded here some bars ago.
The network knows sizes and indices only; `features` says what they mean.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from stylernn import features as ft
from stylernn.codec import DURATIONS, PITCHES
from stylernn.features import View
from stylernn.lookback import ONSETS, SUGGESTIONS, onset_suggestions, pitch_suggestions
from stylernn.model.layers import FeatureSum, FiLM, Recurrent, StyleTable, shift
from stylernn.model.lstm import LSTMState
from stylernn.pieces import FAR, History, Piece
from stylernn.settings import ModelSettings

__all__ = ["Logits", "Network"]

_PREVIOUS, _STRUCTURAL = 24, 14


class Logits(NamedTuple):
    """Unnormalised log-probabilities: onset (..., ONSETS), pitch (..., PITCHES + 1), duration (..., durations)."""

    onset: jax.Array
    pitch: jax.Array
    duration: jax.Array


class Network(nnx.Module):
    """The model.

    Args:
        settings: sizes.
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
        self.view_in = nnx.Linear(2 * coded, width, use_bias=False, rngs=rngs)
        self.layers = nnx.List(
            [Recurrent(settings.cell, width, style, width, rngs=rngs) for _ in range(settings.layers)]
        )
        self.films = nnx.List([FiLM(style, width, rngs=rngs) for _ in range(settings.layers)])
        self.onset_out = nnx.Linear(width, ONSETS + SUGGESTIONS + 1, rngs=rngs)
        self.pitch_in = FeatureSum(ft.PITCH_FEATURES, settings.head, rngs=rngs)
        self.pitch_view = nnx.Linear(2 * coded, settings.head, use_bias=False, rngs=rngs)
        self.pitch_hidden = nnx.Linear(width, settings.head, rngs=rngs)
        self.pitch_film = FiLM(style, settings.head, rngs=rngs)
        self.candidates = FeatureSum((24, 2 * PITCHES), settings.head, rngs=rngs)
        relative = 2 * _PREVIOUS + 1 + 2 * (2 * _STRUCTURAL + 1) + SUGGESTIONS + 1
        self.pitch_out = nnx.Linear(settings.head, relative, rngs=rngs)
        self.duration_in = FeatureSum(ft.DURATION_FEATURES, settings.head, rngs=rngs)
        self.duration_out = nnx.Linear(settings.head, len(DURATIONS), rngs=rngs)

    def encode(self, piece: Piece) -> jax.Array:
        """Code the skeletons of a batch of pieces: (batch, notes + 1, 2 * skeleton), row 0 for "no note"."""
        style = self.styles(piece.style)
        used = piece.skeleton_time < FAR
        x = self.skeleton_in(jax.vmap(ft.skeleton_features)(piece)).swapaxes(0, 1)
        places = jnp.arange(used.shape[1])[None]
        # Turned round within its own length, so that filling stays at the end for the backward pass too.
        turned = jnp.where(used, used.sum(axis=1, keepdims=True) - 1 - places, places).T[..., None]
        ahead = self.forwards(x, style)
        back = jnp.take_along_axis(self.backwards(jnp.take_along_axis(x, turned, axis=0), style), turned, axis=0)
        coded = jnp.concatenate([ahead, back], axis=-1).swapaxes(0, 1) * used[..., None]
        return jnp.pad(coded, ((0, 0), (1, 0), (0, 0)))

    def __call__(
        self, piece: Piece, history: History, time: jax.Array, pitch: jax.Array, key: jax.Array | None
    ) -> Logits:
        """Score whole windows.

        Args:
            piece: of a batch.
            history: START and all events, (batch, events + 1).
            time: of the events to score, (batch, events): event k follows history entry k.
            pitch: of the same events.
            key: of the dropout; None for none.
        """
        style, coded = self.styles(piece.style), self.encode(piece)
        steps = jnp.broadcast_to(jnp.arange(time.shape[1]), time.shape)
        features, view = _over(ft.onset_features, (None, None, 0))(piece, history, steps)
        x = self.event_in(features) + self.view_in(_look(coded, view))
        h = self._run(x.swapaxes(0, 1), style, key).swapaxes(0, 1)
        suggested = _over(onset_suggestions, (None, None, 0))(piece, history, steps)
        onset = self._onset(h, suggested, _structural_onset(piece, view, history.time[:, :-1]))
        features, view = _over(ft.pitch_features, (None, None, 0, 0))(piece, history, steps, time)
        z = self.pitch_in(features) + self.pitch_view(_look(coded, view)) + self.pitch_hidden(h)
        z = jax.nn.gelu(self.pitch_film(z, style[:, None]))
        z = self._dropped(z.swapaxes(0, 1), key, len(self.layers) + 1).swapaxes(0, 1)
        known = _over(pitch_suggestions, (None, None, 0, 0))(piece, history, steps, time)
        scores = self._pitch(z, piece, history.pitch[:, :-1], view, known)
        features = _over(ft.duration_features, (None, None, 0, 0, 0))(piece, history, steps, pitch, view)
        return Logits(onset, scores, self.duration_out(jax.nn.gelu(z + self.duration_in(features))))

    def step_onset(
        self, states: list[LSTMState], coded: jax.Array, piece: Piece, history: History, i: jax.Array
    ) -> tuple[list[LSTMState], jax.Array, jax.Array]:
        """Advance by event `i` of the history: new states, hidden output and the logits of the next onset."""
        style = self.styles(piece.style)
        features, view = jax.vmap(ft.onset_features, (0, 0, None))(piece, history, i)
        x = self.event_in.look_up(features) + self.view_in(_look_one(coded, view))
        after = []
        for layer, film, state in zip(self.layers, self.films, states, strict=True):
            after.append(layer.step(state, x, style))
            x = x + film(after[-1].h, style)
        suggested = jax.vmap(onset_suggestions, (0, 0, None))(piece, history, i)
        return after, x, self._onset(x, suggested, _structural_onset(piece, view, history.time[:, i]))

    def step_pitch(
        self, h: jax.Array, coded: jax.Array, piece: Piece, history: History, i: jax.Array, time: jax.Array
    ) -> tuple[jax.Array, View, jax.Array]:
        """Given the next onset: the pitch head's hidden layer, the view of the skeleton and the logits of the pitch."""
        features, view = jax.vmap(ft.pitch_features, (0, 0, None, 0))(piece, history, i, time)
        z = self.pitch_in.look_up(features) + self.pitch_view(_look_one(coded, view)) + self.pitch_hidden(h)
        z = jax.nn.gelu(self.pitch_film(z, self.styles(piece.style)))
        known = jax.vmap(pitch_suggestions, (0, 0, None, 0))(piece, history, i, time)
        return z, view, self._pitch(z, piece, history.pitch[:, i], view, known)

    def step_duration(
        self, z: jax.Array, view: View, piece: Piece, history: History, i: jax.Array, pitch: jax.Array
    ) -> jax.Array:
        """Given the pitch too: the logits of the duration."""
        features = jax.vmap(ft.duration_features, (0, 0, None, 0, 0))(piece, history, i, pitch, view)
        return self.duration_out(jax.nn.gelu(z + self.duration_in.look_up(features)))

    def start(self, batch: int) -> list[LSTMState]:
        """States before the first event."""
        return [layer.start(batch) for layer in self.layers]

    def _run(self, x: jax.Array, style: jax.Array, key: jax.Array | None) -> jax.Array:
        """The recurrent stack over (time, batch, hidden), residual."""
        x = self._dropped(x, key, len(self.layers))
        for depth, (layer, film) in enumerate(zip(self.layers, self.films, strict=True)):
            x = x + self._dropped(film(layer(x, style), style), key, depth)
        return x

    def _dropped(self, x: jax.Array, key: jax.Array | None, place: int) -> jax.Array:
        """Drop units of (time, batch, units), the same ones at every step of a sequence (Gal & Ghahramani, 2016)."""
        if key is None:
            return x
        kept = 1 - self.settings.dropout
        return x * jax.random.bernoulli(jax.random.fold_in(key, place), kept, x.shape[1:])[None] / kept

    def _onset(self, h: jax.Array, suggested: jax.Array, structural: jax.Array) -> jax.Array:
        """Logits of all onset classes; a gate each lifts those that repeat earlier bars or meet the skeleton."""
        scores = self.onset_out(h)
        classes = jnp.concatenate([suggested, structural[..., None]], axis=-1)
        gates = scores[..., ONSETS:]
        return scores[..., :ONSETS] + _lift(gates, classes, ONSETS)

    def _pitch(
        self, z: jax.Array, piece: Piece, previous: jax.Array, view: View, known: tuple[jax.Array, ...]
    ) -> jax.Array:
        """Logits of all pitches and of REST."""
        pitches = jnp.arange(PITCHES)[None]
        degree = (pitches - piece.tonic[:, None]) % 12 + 12 * piece.minor[:, None]
        height = pitches - piece.anchor[:, None] + PITCHES
        table = self.candidates(jnp.stack([degree, height], axis=-1))
        scores = jnp.einsum("b...d,bpd->b...p", z, table) / jnp.sqrt(z.shape[-1])
        parts = self.pitch_out(z)
        structural = 2 * _STRUCTURAL + 1
        edges = np.cumsum([2 * _PREVIOUS + 1, structural, structural, SUGGESTIONS])
        from_previous, from_current, from_following, gates, rest = jnp.split(parts, edges, axis=-1)
        scores = scores + shift(from_previous, previous - _PREVIOUS, scores)
        for relative, index in ((from_current, view.current), (from_following, view.following)):
            anchor = _pick(piece.skeleton_pitch, jnp.maximum(index - 1, 0))
            offset = jnp.where(index > 0, anchor - _STRUCTURAL, 2 * PITCHES)
            scores = scores + shift(relative, offset, scores)
        pitch, begins, sounded = known
        scores = scores + _lift(gates, jnp.where(sounded & (begins > 0), pitch, PITCHES), PITCHES)
        return jnp.concatenate([scores, rest], axis=-1)


def _over(function: Callable[..., Any], events: tuple[int | None, ...]) -> Callable[..., Any]:
    """Map a function of one piece and one event over the events of a window and over a batch."""
    return jax.vmap(jax.vmap(function, events))


def _look(coded: jax.Array, view: View) -> jax.Array:
    """Codes of the current and the following structural note; a product with one-hot rows, for its fast gradient."""
    both = jnp.stack([view.current, view.following], axis=-1)
    found = jnp.einsum("btks,bsd->btkd", jax.nn.one_hot(both, coded.shape[1]), coded)
    return found.reshape(*found.shape[:2], -1)


def _look_one(coded: jax.Array, view: View) -> jax.Array:
    """The same for one event of each piece, by gathering."""
    rows = jnp.arange(coded.shape[0])
    return jnp.concatenate([coded[rows, view.current], coded[rows, view.following]], axis=-1)


def _pick(values: jax.Array, index: jax.Array) -> jax.Array:
    """Values (batch, n) at an index (batch, ...)."""
    flat = jnp.take_along_axis(values, index.reshape(index.shape[0], -1), axis=1)
    return flat.reshape(index.shape)


def _structural_onset(piece: Piece, view: View, time: jax.Array) -> jax.Array:
    """The onset class that meets the next structural note, ONSETS where it is too far or there is none."""
    then = _pick(piece.skeleton_time, jnp.maximum(view.following - 1, 0))
    ahead = (then >> 4) - (time >> 4)
    return jnp.where((view.following > 0) & (ahead < ONSETS // 16), 16 * ahead + (then & 15), ONSETS)


def _lift(gates: jax.Array, classes: jax.Array, size: int) -> jax.Array:
    """Sum over k of gates[..., k] at classes[..., k]; a class of `size` lifts nothing."""
    return jnp.einsum("...k,...kc->...c", gates, jax.nn.one_hot(classes, size))
