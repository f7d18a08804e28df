"""Choosing from the network's logits: guidance and nucleus.

Each event is scored in three ways: with style and skeleton, without style, without skeleton. The candidates of the
three ways stand one after another along the first axis.
"""

import jax
import jax.numpy as jnp

__all__ = ["at", "guide", "nucleus"]

_NEVER = -1e9


def guide(logits: jax.Array, strength: float, preserve: float) -> tuple[jax.Array, jax.Array]:
    """Combine logits (3 * candidates, n) of the three ways; also the log-probabilities of the first two, stacked."""
    full, plain, free = jax.nn.log_softmax(logits).reshape(3, logits.shape[0] // 3, -1)
    return plain + strength * (full - plain) + preserve * (full - free), jnp.stack([full, plain])


def at(parts: jax.Array, index: jax.Array) -> jax.Array:
    """Values (2, candidates, n) at an index per candidate: (2, candidates)."""
    return jnp.take_along_axis(parts, index[None, :, None], axis=-1)[..., 0]


def nucleus(logits: jax.Array, top_p: float) -> jax.Array:
    """Rule out what lies outside the smallest set of probability `top_p` (Holtzman et al., 2020)."""
    p = jax.nn.softmax(logits)
    ordered = jnp.sort(p, axis=-1)[..., ::-1]
    before = jnp.cumsum(ordered, axis=-1) - ordered
    least = jnp.min(jnp.where(before < top_p, ordered, 2.0), axis=-1, keepdims=True)
    return jnp.where(p >= least, logits, _NEVER)
