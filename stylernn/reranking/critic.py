"""The critic: which of a model's own melodies are most like real ones of the style.

A model's candidates differ from real melodies in ways that its probabilities do not show: too few
rests, pitches too evenly spread over the scale. For each style a logistic regression, over
`descriptors`, has learnt to tell its real melodies of the training split from what the model makes
of other tunes of the training split, and from real melodies of the other styles, which count for as
much. `transfer` prefers the candidates that it takes for real. It lies in the model file, as arrays
named `critic/...`; where a style has none, such as a style of the user's own, the model's
probabilities choose. The evaluation kit has features and classifiers of its own and knows nothing
of this one, nor this one of them.

References:
    Azadi et al., Discriminator rejection sampling (2019), ICLR, for choosing by a discriminator
    after training.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from stylernn.corpus.styles import Style

__all__ = ["PREFIX", "judge", "named"]

PREFIX = "critic/"


def judge(
    arrays: Mapping[str, np.ndarray], style: Style, described: Sequence[np.ndarray], compound: bool
) -> np.ndarray | None:
    """How much each melody is like a real one rather than a made one, as log-odds; float64, shape
    (melodies,).

    Args:
        arrays: of a model; those of its critic are looked for.
        style: that the melodies are meant to be in; a child may be judged by its parent's critic.
        described: each melody, see `describe_sections`.
        compound: whether they are in compound metres.

    Returns:
        The log-odds, or None where the model has no critic for the style in this kind of metre.
    """
    known = [
        name for name in (style.name, style.parent) if f"{named(name, compound)}/weights" in arrays
    ]
    if not known:
        return None
    mean, scale, weights = (
        arrays[f"{named(known[0], compound)}/{part}"] for part in ("mean", "scale", "weights")
    )
    return np.array([(sections.mean(axis=0) - mean) / scale @ weights for sections in described])


def named(style: str, compound: bool) -> str:
    """The name of a critic's arrays in a model file, without the last part."""
    return f"{PREFIX}{style}/{'compound' if compound else 'simple'}"
