"""Claims and requirements on hand-made rows with known answers, with Holm's correction."""

import numpy as np
import pytest
from stylernn.evaluation import claims, requirements
from stylernn.evaluation.benchmark import Column, joint_of

SOURCES = np.array([f"source {i}" for i in range(100)])
TUNES = np.array([f"tune {i}" for i in range(40)])


def _shares(share, owners=SOURCES):
    """The first of the owners hit, so that exactly a share of them do."""
    return Column((np.arange(len(owners)) < round(share * len(owners))).astype(float), owners)


def _row(top1=0.95, accuracy=0.98, copied=0.0, c2st=0.5, mrr=0.9, likely=0.9):
    shares = {"top1": top1, "accuracy_all": accuracy, "copied": copied, "c2st_all": c2st}
    means = {"reciprocal_rank": mrr, "probability_all": likely}
    return {name: _shares(value) for name, value in shares.items()} | {
        name: Column(np.full(100, value), SOURCES) for name, value in means.items()
    }


REAL = {
    "accuracy_all": _shares(1.0, TUNES),
    "copied": _shares(0.1, TUNES),
    "c2st_all": _shares(0.5, TUNES),
}
CHEATS = {"identity": _row(likely=0.01), "random": _row(mrr=0.02)}


def _holds(row, origins=()):
    made = claims.corrected(claims.claims(row, REAL, CHEATS, origins, 300))
    return {claim["question"]: claim["holds"] for claim in made}


def test_a_good_system_has_all_that_can_be_shown_with_so_few_tunes():
    found = _holds(_row(accuracy=1.0))
    assert found.pop("Would it pass for real?") is False  # 40 answers cannot show a margin of 5 %
    assert all(found.values())
    assert len(found) == 4


@pytest.mark.parametrize(
    ("fault", "question"),
    [
        ({"top1": 0.82}, "Is it the same tune?"),
        ({"accuracy": 0.9}, "Is it in the style?"),
        ({"copied": 0.3}, "Is it new?"),
        ({"c2st": 0.9}, "Would it pass for real?"),
        ({"likely": 0.01}, "Does it beat the baselines?"),
    ],
)
def test_a_fault_costs_its_own_claim(fault, question):
    assert not _holds(_row(**{"accuracy": 1.0, **fault}))[question]


def test_the_correction_counts_every_claim():
    made = [claims.Claim(str(i), "", 0.02) for i in range(4)]
    assert [claim["p_holm"] for claim in claims.corrected(made)] == pytest.approx([0.08] * 4)
    assert not any(claim["holds"] for claim in claims.corrected(made))
    assert claims.corrected(made[:1])[0]["holds"]


def test_every_source_style_is_claimed_for_alone():
    row, origins = _row(accuracy=1.0), ["folk"] * 50 + ["classical"] * 50
    # The ninety-fifth source and those after it are not found, and all of them are classical.
    found = _holds(row, origins)
    assert len(found) == 5 + 2 * 3
    assert found["Is it the same tune? (folk)"]
    assert {
        claim.question for claim in claims.claims(row, REAL, CHEATS, ["folk"] * 100, 300)
    } == set(_holds(row))


def test_joint_draws_lie_about_the_joint_score():
    row = _row()
    draws = claims.joint_draws(row["probability_all"], row["reciprocal_rank"], row["c2st_all"])
    assert draws.mean() == pytest.approx(joint_of(0.9, 0.9, 0.5), abs=0.02)
    assert draws.std() > 0


def _report(**values):
    system = {name: [value, value - 0.01, value + 0.01] for name, value in values.items()}
    rows = [("stylernn", "system", system), ("real", "ceiling", {"copied": [0.1, 0.0, 0.2]})]
    rows.append(("identity", "baseline", {"joint": [0.2, 0.2, 0.2]}))
    return {
        "rows": [{"name": name, "kind": kind, "values": held} for name, kind, held in rows],
        "settings": {"strength on style": [0.95, 0.9, 1.0], "preserve on content": [0.5, 0.4, 0.6]},
    }


def test_requirements_are_held_against_the_bars_of_the_target():
    report = _report(
        accuracy_all=0.93, top1=0.9, copied=0.1, joint=0.3, ratio_density=1.2, frechet_ratio=0.2
    )
    met = {
        target: {check.name: check.met for check in requirements.check(report, target)}
        for target in ("jazz", "celtic", "ragtime")
    }
    assert (met["jazz"]["style accuracy"], met["celtic"]["style accuracy"]) == (False, True)
    assert met["jazz"]["source found first"]
    assert met["jazz"]["Fréchet ratio to source"]
    assert not met["jazz"]["density ÷ real"]
    assert met["jazz"]["copies of 12 notes, human rate"]
    assert met["jazz"]["joint score, best baseline"]
    assert met["jazz"]["rho of strength on style"]
    assert not met["jazz"]["rho of preserve on content"]
    assert "density ÷ real" not in met["ragtime"]


def test_a_value_between_two_bars_is_printed_with_both():
    (check,) = (
        c
        for c in requirements.check(_report(ratio_silence=1.1), "jazz")
        if c.name == "silence ÷ real"
    )
    assert check.met
    assert check.wanted == ">= 0.88 and <= 1.12 [1.090, 1.110]"
