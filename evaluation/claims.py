"""Claims: what a report says of a system in words, each with a test that can fail.

Every claim is that a quantity lies above a bar, or does not lie below what real music reaches by more than a margin.
Its p-value comes from the resamples behind the intervals; source tunes are resampled as wholes. All claims of a report
are corrected together by Holm's procedure, those for single source styles included: `holds` means an adjusted p-value
under .05.

References:
    Holm (1979), A simple sequentially rejective multiple test procedure.
    Wellek (2010), Testing statistical hypotheses of equivalence and noninferiority, chapter 1 (margins).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .benchmark import Column, Row, joint_of
from .statistics import holm, one_sided_p, resampled_means

__all__ = ["FOUND", "LEVEL", "MARGIN", "Claim", "claims", "corrected", "joint_draws"]

FOUND = 0.8
"""The source must be found first in more than this share of the cases."""

MARGIN = 0.05
"""By how much an output may be further from the ideal than real music is."""

LEVEL = 0.05
"""Chance that any claim of a report that is said to hold does not."""


_JOINT = ("probability_all", "reciprocal_rank", "c2st_all")


class Claim(NamedTuple):
    """A question, the numbers that answer it, and the p-value of the answer yes."""

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
    """The claims that can be tested on what was measured.

    Args:
        system: row of the system.
        real: row of real melodies of the target style.
        cheats: rows of the baselines, by name.
        origins: the style of each source; claims about content, style and originality are also made for each alone.
        candidates: number of melodies among which the source had to be found.
    """
    made = _each(system, real, candidates)
    if real and "c2st_all" in system and "c2st_all" in real:
        made.append(
            _at_most(
                system["c2st_all"],
                real["c2st_all"],
                "Would it pass for real?",
                "told from real music",
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
    """The claims as the verdict of a report, after Holm's correction over all of them."""
    adjusted = holm([claim.p for claim in made])
    return [
        {**claim._asdict(), "p_holm": float(p), "holds": bool(p < LEVEL)}
        for claim, p in zip(made, adjusted, strict=True)
    ]


def _each(system: Row, real: Row | None, candidates: int) -> list[Claim]:
    """The claims that every output has a part in alone."""
    made = []
    if "top1" in system:
        draws = resampled_means(*system["top1"])
        share = f"{system['top1'].values.mean():.0%}"
        text = f"source found first of {candidates} in {share} of the cases; chance {1 / candidates:.1%}"
        made.append(Claim("Is it the same tune?", text, one_sided_p(draws, FOUND)))
    if real and "accuracy_all" in system:
        made.append(
            _at_least(
                system["accuracy_all"],
                real["accuracy_all"],
                "Is it in the style?",
                "heard as target",
            )
        )
    if real and "copied" in system:
        made.append(_at_most(system["copied"], real["copied"], "Is it new?", "copies of 12 notes"))
    return made


def _at_least(ours: Column, theirs: Column, question: str, what: str) -> Claim:
    draws = resampled_means(*ours) - resampled_means(*theirs, seed=1)
    return Claim(question, _compared(ours, theirs, what), one_sided_p(draws, -MARGIN))


def _at_most(ours: Column, theirs: Column, question: str, what: str) -> Claim:
    draws = resampled_means(*theirs, seed=1) - resampled_means(*ours)
    return Claim(question, _compared(ours, theirs, what), one_sided_p(draws, -MARGIN))


def _compared(ours: Column, theirs: Column, what: str) -> str:
    return f"{what}: {ours.values.mean():.0%}, real music {theirs.values.mean():.0%}; margin {MARGIN:.0%}"


def joint_draws(probability: Column, reciprocal: Column, answers: Column) -> np.ndarray:
    """Joint scores of resamples of source tunes, the same for P(target) and reciprocal ranks; shape (draws,)."""
    return joint_of(*(resampled_means(*column) for column in (probability, reciprocal, answers)))


def _beats(system: Row, cheats: Mapping[str, Row]) -> Claim:
    """The joint score against the best cheat's, on the same resamples of source tunes."""
    parts = {name: [row[key] for key in _JOINT] for name, row in {**cheats, "": system}.items()}
    values = {
        name: float(joint_of(*(column.values.mean() for column in row)))
        for name, row in parts.items()
    }
    best = max(cheats, key=lambda name: values[name])
    text = f"joint score {values['']:.2f}; best baseline {values[best]:.2f} ({best})"
    return Claim(
        "Does it beat the cheats?",
        text,
        one_sided_p(joint_draws(*parts[""]) - joint_draws(*parts[best]), 0),
    )


def _only(column: Column, owners: set[str]) -> Column:
    kept = np.isin(column.owners, sorted(owners))
    return Column(column.values[kept], column.owners[kept])
