"""Claims: what a report says of a system in words, each with a statistical test.

A claim says that a quantity lies above a threshold, or that it is not worse than the value of real
music by more than a margin. Its p-value comes from the resamples behind the intervals; source tunes
are resampled as wholes. All claims of a report, those for single source styles included, are
corrected together by Holm's procedure: `holds` means an adjusted p-value under .05.

References:
    Holm (1979), A simple sequentially rejective multiple test procedure.
    Wellek (2010), Testing statistical hypotheses of equivalence and noninferiority, chapter 1
        (margins).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .benchmark import Column, Row, joint_of
from .statistics import holm, one_sided_p, resampled_means

__all__ = ["FOUND", "LEVEL", "MARGIN", "Claim", "claims", "corrected", "joint_draws"]

FOUND = 0.8
"""Share of the cases in which the source must be found first."""

MARGIN = 0.05
"""How much further from the ideal an output may be than real music is."""

LEVEL = 0.05
"""Level of the tests of a report, all of them together."""


_JOINT = ("probability_all", "reciprocal_rank", "c2st_all")


class Claim(NamedTuple):
    """A question with its answer.

    Args:
        question: such as "Is it in the style?".
        answer: the numbers behind the answer, in words.
        p: p-value of the answer yes, not corrected.
    """

    question: str
    answer: str
    p: float


def claims(
    system: Row,
    real: Row | None,
    cheats: Mapping[str, Row],
    origins: Sequence[str],
    candidates: int,
) -> list[Claim]:
    """Make all claims that the measured rows allow.

    Args:
        system: row of the system.
        real: row of real melodies of the target style, if there is one.
        cheats: rows of the baselines, by name.
        origins: the style of each source. With several, claims about content, style and originality
            are also made for each style alone.
        candidates: number of melodies among which the source had to be found.

    Returns:
        The claims with uncorrected p-values.
    """
    made = _each(system, real, candidates)
    if real and "c2st_all" in system and "c2st_all" in real:
        made.append(
            _at_most(
                system["c2st_all"],
                real["c2st_all"],
                "Would it pass for real?",
                "distinguished from real music",
            )
        )
    if "top1" in system and cheats and all("c2st_all" in row for row in [system, *cheats.values()]):
        made.append(_beats(system, cheats))
    styles = list(dict.fromkeys(origins))
    for style in styles if len(styles) > 1 else []:
        own = {f"source {number}" for number, origin in enumerate(origins) if origin == style}
        part = {name: _only(column, own) for name, column in system.items()}
        found = {name: column for name, column in part.items() if len(column.values)}
        made += [
            claim._replace(question=f"{claim.question} ({style})")
            for claim in _each(found, real, candidates)
        ]
    return made


def corrected(made: Sequence[Claim]) -> list[dict[str, Any]]:
    """Apply Holm's correction over all claims of a report.

    Args:
        made: from `claims`.

    Returns:
        Dictionaries with the fields of `Claim`, `p_holm` and `holds`.

    Example:
        >>> made = [Claim("Is it new?", "yes", 0.02), Claim("Is it in the style?", "no", 0.04)]
        >>> [(claim["p_holm"], claim["holds"]) for claim in corrected(made)]
        [(0.04, True), (0.04, True)]
    """
    adjusted = holm([claim.p for claim in made])
    return [
        {**claim._asdict(), "p_holm": float(p), "holds": bool(p < LEVEL)}
        for claim, p in zip(made, adjusted, strict=True)
    ]


def _each(system: Row, real: Row | None, candidates: int) -> list[Claim]:
    """The claims that can also be made for the outputs of one source style."""
    made = []
    if "top1" in system:
        draws = resampled_means(*system["top1"])
        share = f"{system['top1'].values.mean():.0%}"
        chance = f"{1 / candidates:.1%}"
        text = f"source found first of {candidates} in {share} of the cases; chance {chance}"
        made.append(Claim("Is it the same tune?", text, one_sided_p(draws, FOUND)))
    if real and "accuracy_all" in system:
        made.append(
            _at_least(
                system["accuracy_all"],
                real["accuracy_all"],
                "Is it in the style?",
                "classified as target",
            )
        )
    if real and "copied" in system:
        made.append(_at_most(system["copied"], real["copied"], "Is it new?", "copies of 12 notes"))
    return made


def _at_least(ours: Column, theirs: Column, question: str, what: str) -> Claim:
    """The claim that a mean is not below that of real music by more than the margin."""
    draws = resampled_means(*ours) - resampled_means(*theirs, seed=1)
    return Claim(question, _compared(ours, theirs, what), one_sided_p(draws, -MARGIN))


def _at_most(ours: Column, theirs: Column, question: str, what: str) -> Claim:
    """The claim that a mean is not above that of real music by more than the margin."""
    draws = resampled_means(*theirs, seed=1) - resampled_means(*ours)
    return Claim(question, _compared(ours, theirs, what), one_sided_p(draws, -MARGIN))


def _compared(ours: Column, theirs: Column, what: str) -> str:
    """Both means in words."""
    means = f"{what}: {ours.values.mean():.0%}, real music {theirs.values.mean():.0%}"
    return f"{means}; margin {MARGIN:.0%}"


def joint_draws(probability: Column, reciprocal: Column, answers: Column) -> np.ndarray:
    """Joint scores of resamples of source tunes.

    Args:
        probability: P(target) of each output.
        reciprocal: reciprocal rank of each output's source; resampled together with `probability`.
        answers: of the two-sample test.

    Returns:
        float64, shape (draws,).
    """
    return joint_of(*(resampled_means(*column) for column in (probability, reciprocal, answers)))


def _beats(system: Row, cheats: Mapping[str, Row]) -> Claim:
    """The claim that the joint score exceeds the best baseline's, on the same resamples."""
    parts = {name: [row[key] for key in _JOINT] for name, row in {**cheats, "": system}.items()}
    values = {
        name: float(joint_of(*(column.values.mean() for column in row)))
        for name, row in parts.items()
    }
    best = max(cheats, key=lambda name: values[name])
    text = f"joint score {values['']:.2f}; best baseline {values[best]:.2f} ({best})"
    return Claim(
        "Does it beat the baselines?",
        text,
        one_sided_p(joint_draws(*parts[""]) - joint_draws(*parts[best]), 0),
    )


def _only(column: Column, owners: set[str]) -> Column:
    """The values of some clusters."""
    kept = np.isin(column.owners, sorted(owners))
    return Column(column.values[kept], column.owners[kept])
