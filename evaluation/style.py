"""Style: whether the output is in the target style.

Conventions: the evaluator is a random forest over interpretable features. It is fitted on real
melodies only and takes no part in training, guidance or ranking of any system that it judges. Style
accuracy does not suffice alone: a short rule reaches it, see `baselines.jazzify`.

Metrics:
    Evaluator.probabilities: calibrated probability of each style.
    strength: how far transfers there and back move and return (Brunner et al. 2018, section IV).
    profile_cosine: similarity of two sets of melodies in note-pair and onset-duration statistics.

References:
    Brunner, Wang, Wattenhofer & Zhao (2018), Symbolic music genre transfer with CycleGAN, ICTAI.
    Cífka, Şimşekli & Richard (2020), Groove2Groove, IEEE/ACM TASLP 28 (section IV.B: style
        profile).
    Breiman (2001), Random forests: out-of-bag estimates, here used for calibration.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from stylernn.music.melody import TICKS_PER_QUARTER, Melody

from .features import columns
from .inputs import check_melodies

__all__ = ["Evaluator", "accuracy", "confusion", "evaluate", "fit", "profile_cosine", "strength"]

_TREES = 200
_BIN = TICKS_PER_QUARTER // 6
_PAIR_SPAN = 4 * TICKS_PER_QUARTER
_LARGEST = 20


@dataclass(frozen=True)
class Evaluator:
    """A style classifier with calibrated probabilities; made by `fit`.

    Args:
        styles: names of the styles, in the order of the columns of `probabilities`.
        family: the features that it sees: "all", "pitch" or "rhythm".
        forest: the classifier.
        calibration: logistic regression from log votes to probabilities.
    """

    styles: tuple[str, ...]
    family: str
    forest: RandomForestClassifier
    calibration: LogisticRegression

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Probability of each style.

        Args:
            features: from `features.extract`, all columns.

        Returns:
            float64, shape (melodies, styles).
        """
        votes = self.forest.predict_proba(features[:, columns(self.family)])
        return self.calibration.predict_proba(_log_votes(votes))

    def of(self, style: str, features: np.ndarray) -> np.ndarray:
        """Probability of one style.

        Args:
            style: one of `styles`.
            features: from `features.extract`, all columns.

        Returns:
            float64, shape (melodies,).

        Raises:
            ValueError: if the evaluator does not know the style.
        """
        if style not in self.styles:
            raise ValueError(f"the evaluator knows {', '.join(self.styles)}, got {style!r}")
        return self.probabilities(features)[:, self.styles.index(style)]

    def predicted(self, features: np.ndarray) -> np.ndarray:
        """The most probable style of each melody.

        Args:
            features: from `features.extract`, all columns.

        Returns:
            Texts, shape (melodies,).
        """
        return np.array(self.styles)[self.probabilities(features).argmax(axis=1)]


def fit(
    features: np.ndarray, labels: Sequence[str], family: str = "all", *, seed: int = 0
) -> Evaluator:
    """Fit an evaluator on real melodies.

    Args:
        features: from `features.extract`, shape (melodies, len(features.NAMES)).
        labels: the style of each melody.
        family: the features that it sees: "all", "pitch" or "rhythm".
        seed: of the forest.

    Returns:
        The evaluator.

    Raises:
        ValueError: if there is only one style, or a style has fewer than 5 melodies.
    """
    names, counts = np.unique(np.asarray(labels), return_counts=True)
    if len(names) < 2 or counts.min() < 5:
        raise ValueError(
            "an evaluator needs 2 styles with 5 melodies each, "
            f"got {dict(zip(names, counts, strict=True))}"
        )
    forest = RandomForestClassifier(
        _TREES, min_samples_leaf=2, max_features="sqrt", oob_score=True, random_state=seed, n_jobs=1
    )
    forest.fit(features[:, columns(family)], labels)
    # Out-of-bag votes are votes on unseen melodies, so calibration needs no data of its own.
    # Classes are weighted here and not in the forest: weighted bootstraps would leave no melody of
    # a rare style out of any bag.
    calibration = LogisticRegression(class_weight="balanced", max_iter=1000, tol=1e-3)
    calibration.fit(_log_votes(forest.oob_decision_function_), np.asarray(labels))
    return Evaluator(tuple(map(str, names)), family, forest, calibration)


def accuracy(evaluator: Evaluator, features: np.ndarray, labels: Sequence[str]) -> dict[str, float]:
    """Recall of each style on real melodies: the ceiling of style accuracy.

    Args:
        evaluator: from `fit`.
        features: of melodies that the evaluator has not seen.
        labels: the style of each melody.

    Returns:
        Recall by style, and their mean under "balanced".
    """
    predicted, truth = evaluator.predicted(features), np.asarray(labels)
    recalls = {
        str(style): float(np.mean(predicted[truth == style] == style)) for style in np.unique(truth)
    }
    return {**recalls, "balanced": float(np.mean(list(recalls.values())))}


def confusion(evaluator: Evaluator, features: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """Share of the melodies of each style that is classified as each style.

    Args:
        evaluator: from `fit`.
        features: of melodies that the evaluator has not seen.
        labels: the style of each melody.

    Returns:
        float64, shape (styles, styles); row for the true style, column for the predicted one. Rows
        sum to 1, or to 0 for a style without melodies.
    """
    predicted, truth = evaluator.predicted(features), np.asarray(labels)
    rows = [
        [np.sum((truth == a) & (predicted == b)) for b in evaluator.styles]
        for a in evaluator.styles
    ]
    counts = np.array(rows, dtype=float)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def strength(p_source: np.ndarray, p_output: np.ndarray, p_cycle: np.ndarray) -> float:
    """Strength of a transfer from style A to style B.

    Args:
        p_source: P(A) of the sources in A.
        p_output: P(A) of their transfers to B.
        p_cycle: P(A) of those transferred back to A.

    Returns:
        The mean of ((P(A|x_A) - P(A|y_B)) + (P(A|x_cycle) - P(A|y_B))) / 2, from -1 to 1. The paper
        gives the mean of both directions.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> strength(np.array([1.0, 0.9]), np.array([0.0, 0.1]), np.array([1.0, 0.9]))
        0.9

    Reference:
        Brunner et al. (2018), Symbolic music genre transfer with CycleGAN, ICTAI, equations 9 and
            10.
    """
    p_source, p_output, p_cycle = map(np.asarray, (p_source, p_output, p_cycle))
    if not p_source.shape == p_output.shape == p_cycle.shape:
        raise ValueError(
            f"shapes must agree, got {p_source.shape}, {p_output.shape} and {p_cycle.shape}"
        )
    return float(np.mean((p_source - p_output) + (p_cycle - p_output)) / 2)


def profile_cosine(melodies: Sequence[Melody], reference: Sequence[Melody]) -> tuple[float, float]:
    """Cosine of the style profiles of two sets of melodies.

    The pitch profile is a histogram of (onset difference under 4 quarters in bins of 1/6, pitch
    difference within 20) over all ordered pairs of notes; the rhythm profile one of (onset modulo 4
    quarters, duration up to 2 quarters) in bins of 1/6.

    Args:
        melodies: the outputs.
        reference: real melodies of the target style.

    Returns:
        Cosine of the pitch profiles and of the rhythm profiles, each from 0 to 1.

    Raises:
        ValueError: if a set is empty or a melody has no notes.

    Example:
        >>> scale = Melody.from_array(np.array([(24 * i, 24, 60 + i) for i in range(8)]))
        >>> [round(cosine, 6) for cosine in profile_cosine([scale], [scale.transpose(5)])]
        [1.0, 1.0]

    Reference:
        Cífka, Şimşekli & Richard (2020), Groove2Groove, IEEE/ACM TASLP 28, section IV.B.
    """
    check_melodies(melodies)
    check_melodies(reference, "reference")
    a, b = (
        np.sum([_pair_histogram(melody) for melody in group], axis=0)
        for group in (melodies, reference)
    )
    c, d = (
        np.sum([_onset_histogram(melody) for melody in group], axis=0)
        for group in (melodies, reference)
    )
    return _cosine(a, b), _cosine(c, d)


def evaluate(
    features: np.ndarray,
    target: str,
    evaluators: Sequence[Evaluator],
    sources: Sequence[str] | None = None,
) -> dict[str, np.ndarray]:
    """Style of outputs under several evaluators, one value an output.

    Args:
        features: of the outputs.
        target: the style that they should be in.
        evaluators: one for each family of features.
        sources: the style of the source of each output, if it is known.

    Returns:
        float64 arrays of shape (outputs,) for each family f: `accuracy_f` (1 where the target is
        the most probable style), `probability_f` (P(target)) and, with source styles, `binary_f` (1
        where the target is more probable than the source style).
    """
    values = {}
    for evaluator in evaluators:
        values[f"accuracy_{evaluator.family}"] = (evaluator.predicted(features) == target).astype(
            float
        )
        values[f"probability_{evaluator.family}"] = evaluator.of(target, features)
        if sources is not None and len(sources) and {*sources} <= {*evaluator.styles} - {target}:
            numbers = [evaluator.styles.index(style) for style in sources]
            against = evaluator.probabilities(features)[np.arange(len(features)), numbers]
            values[f"binary_{evaluator.family}"] = (
                values[f"probability_{evaluator.family}"] > against
            ).astype(float)
    return values


def _log_votes(votes: np.ndarray) -> np.ndarray:
    """Logarithms of smoothed shares of votes."""
    return np.log((votes * _TREES + 0.5) / (_TREES + 0.5 * votes.shape[1]))


def _pair_histogram(melody: Melody) -> np.ndarray:
    """Shares of (onset difference, pitch difference) over ordered pairs of notes."""
    array = melody.array.astype(np.int64)
    counts = np.zeros((_PAIR_SPAN // _BIN, 2 * _LARGEST + 1))
    for lag in range(1, len(array)):
        gap, step = array[lag:, 0] - array[:-lag, 0], array[lag:, 2] - array[:-lag, 2]
        near = gap < _PAIR_SPAN
        if not near.any():
            break
        kept = near & (np.abs(step) <= _LARGEST)
        np.add.at(counts, (gap[kept] // _BIN, step[kept] + _LARGEST), 1)
    return counts / max(counts.sum(), 1)


def _onset_histogram(melody: Melody) -> np.ndarray:
    """Shares of (onset modulo 4 quarters, duration) over notes of up to 2 quarters."""
    onset, duration = melody.array[:, 0], melody.array[:, 1]
    kept = duration <= 2 * TICKS_PER_QUARTER
    counts = np.zeros((_PAIR_SPAN // _BIN, 2 * TICKS_PER_QUARTER // _BIN + 1))
    np.add.at(counts, (onset[kept] % _PAIR_SPAN // _BIN, duration[kept] // _BIN), 1)
    return counts / max(counts.sum(), 1)


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    """The cosine of two arrays, 0 if one of them is 0."""
    scale = np.linalg.norm(a) * np.linalg.norm(b)
    return float((a * b).sum() / scale) if scale else 0.0
