"""`stylernn evaluate transfer` and `model` from end to end, with a tiny model on made-up tunes."""

import json
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from evaluation_melodies import ornate, plain
from stylernn.evaluation import baselines, benchmark, content, realism, study, style

from stylernn.cli import evaluation_data
from stylernn.formats import midi
from stylernn.generation import transfer


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Tunes of two styles as files; about a fifth of them are held out by the split."""
    folder = tmp_path_factory.mktemp("data")
    for name, write, count in (("classical", plain, 60), ("jazz", ornate, 130)):
        (folder / name).mkdir()
        for number in range(count):
            midi.write(write(number, 8), folder / name / f"{number}.mid")
    return folder


@pytest.fixture
def parts_made_small(monkeypatch):
    """Few trees and baselines, one process, and a rule instead of a network make tests fast."""
    monkeypatch.setattr(realism, "_TREES", 8)
    monkeypatch.setattr(style, "_TREES", 25)
    monkeypatch.setattr(evaluation_data, "pool", nullcontext)
    cheats = {name: benchmark.CHEATS[name] for name in ("identity", "rule-based jazzifier")}
    monkeypatch.setattr(benchmark, "CHEATS", cheats)
    monkeypatch.setattr(study, "CHEATS", cheats)

    def shuffled(model, melody, target, options, *, seed, training=None):
        return SimpleNamespace(melody=baselines.pitch_shuffle(melody, seed))

    monkeypatch.setattr(transfer, "transfer", shuffled)


@pytest.mark.usefixtures("parts_made_small")
def test_a_model_is_judged_over_two_seeds_and_held_against_the_bars(
    stylernn, data, tiny_model, tmp_path
):
    words = ["--from", "classical", "--to", "jazz", "-n", 10, "--seeds", 2, "--data", data]
    ran = stylernn(
        "evaluate",
        "transfer",
        *words,
        "--no-ablate",
        "--check",
        "--model",
        tiny_model,
        "-o",
        tmp_path,
    )
    assert ran.code == 1, ran.err  # a tune with its pitches shuffled is not that tune
    assert "FAIL source found first" in ran.out
    report = json.loads((tmp_path / "report.json").read_text())
    assert len(report["seeds"]) == 2
    system = report["rows"][0]["values"]
    assert system["chroma"][0] == pytest.approx(sum(seed["chroma"] for seed in report["seeds"]) / 2)
    assert len(report["originality"]["outputs"]) == 20
    assert {"ratio_density", "frechet_ratio", "joint", "binary_pitch"} <= system.keys()
    assert [row["name"] for row in report["rows"]][:2] == ["stylernn", "real melodies"]
    assert len(report["trade_off"]) == 10
    assert report["settings"]["strength on style"][0] == 0  # the rule has no settings
    assert -1 <= system["strength"][0] <= 1
    assert not any(
        claim["holds"] for claim in report["verdict"] if claim["question"] == "Is it the same tune?"
    )


def test_a_model_is_compared_with_ngrams_on_the_same_tunes(stylernn, data, tiny_model, tmp_path):
    ran = stylernn(
        "evaluate", "model", "--data", data, "--model", tiny_model, "-o", tmp_path / "table.json"
    )
    assert ran.code == 0, ran.err
    rows = json.loads((tmp_path / "table.json").read_text())
    assert [row["style"] for row in rows] == ["classical", "jazz"]
    for row in rows:
        bits, markov, ppm = (row[name] for name in ("bits", "markov_bits", "ppm_bits"))
        assert all(low <= value <= high for value, low, high in (bits, markov, ppm))
        # The weights are fresh, so the n-gram models are better; what is saved is the difference of
        # the means.
        assert ppm[0] < bits[0]
        assert row["saved_on_ppm"][0] == pytest.approx(ppm[0] - bits[0])
        assert row["saved_on_ppm"][2] < 0


def test_rows_are_measured_in_other_processes(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1}, raising=False)
    with evaluation_data.pool() as pool:
        there = pool.submit(content.chroma_similarity, plain(0), ornate(0)).result()
    assert there == content.chroma_similarity(plain(0), ornate(0))
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0}, raising=False)
    with evaluation_data.pool() as pool:
        assert pool is None


def _named(style, substyle=""):
    return SimpleNamespace(style=style, substyle=substyle, melody=plain(0))


def test_a_substyle_counts_as_its_parent_unless_it_is_wanted():
    split = evaluation_data.splits([])
    tunes = [_named("irish"), _named("scottish"), _named("jazz", "BEBOP"), _named("mine")]
    whole = type(split)(tunes, [], tunes[:1])
    train, held_out = evaluation_data.by_style(whole, ("celtic", "jazz"))
    assert {name: len(found) for name, found in train.items()} == {
        "celtic": 2,
        "jazz": 1,
        "mine": 1,
    }
    assert held_out.keys() == {"celtic"}
    train, _ = evaluation_data.by_style(whole, ("irish", "bebop"), only=True)
    assert {name: len(found) for name, found in train.items()} == {"irish": 1, "bebop": 1}


def test_ten_lines_say_how_far_it_is_where_no_terminal_shows_a_bar(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with evaluation_data.progress(25) as progress:
        for _ in range(25):
            progress("transfer")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("3 of 25 after 0.0 minutes")
    assert lines[-1] == "25 of 25 after 0.0 minutes: transfer"
