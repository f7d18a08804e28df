"""The benchmark, the report and its commands on made-up styles, and the page in a browser."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from evaluation_melodies import plain
from stylernn.evaluation import benchmark, calibration, realism, report, study, sweeps
from stylernn.evaluation import task as tasks
from stylernn.evaluation.statistics import Estimate
from typer.testing import CliRunner

from stylernn.cli import evaluate as command
from stylernn.errors import UsageError
from stylernn.formats import midi
from stylernn.music.melody import Note

GOLDEN = Path(__file__).parents[1] / "golden"


def decorated(melody, seed):
    """New notes over the structural notes of a tune: the target style of this file.

    Its real melodies are decorated tunes too, so decorating the source is what a perfect model
    would do.
    """
    rng = np.random.default_rng(seed)
    pitch_at = {note.onset: note.pitch for note in melody.notes}
    notes = []
    for beat in range(0, melody.end, 24):
        if rng.random() < 0.12:
            continue
        pitch = pitch_at.get(beat, 66)
        if rng.random() < 0.9:
            notes.append(Note(beat, 12, pitch))
        if rng.random() < 0.8:
            notes.append(Note(beat + 16, 6, pitch + int(rng.choice([-4, -3, -1, 1, 3, 5]))))
    return replace(melody, notes=tuple(notes))


@pytest.fixture(scope="module")
def task():
    real = [decorated(plain(1000 + i), i) for i in range(90)]
    train = {"plain": [plain(i) for i in range(50)], "ornate": real[:50]}
    held_out = {"plain": [plain(i) for i in range(50, 110)], "ornate": real[50:]}
    return tasks.prepare(train, held_out, "ornate", source_styles=["plain"], count=20)


@pytest.fixture(scope="module")
def document(task):
    outputs = benchmark.run(decorated, task)
    points = sweeps.sweep(
        task,
        lambda name, value: decorated,
        {"preserve": (0.2, 0.8), "strength": (1.0, 2.0)},
        count=4,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(realism, "_TREES", 16)  # all that is asked of the rows here holds with few
        return study.compare(task, [outputs], name="ideal", trade_off=points)


@pytest.fixture(scope="module")
def pages(document, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return report.write({**document, "facts": {"command": "test <&>"}}, folder)


def _row(document, name):
    return next(row["values"] for row in document["rows"] if row["name"] == name)


def test_excerpts_are_as_long_as_real_windows(task):
    """A shorter output is its own excerpt. Without real windows all have the greatest length."""
    long, short = plain(3, bars=64), plain(4, bars=2)
    mixed = replace(task, real=((plain(0, bars=8), plain(1, bars=12)), (0, 1)))
    lengths = {excerpt.bars for excerpt in tasks.excerpts(mixed, [long] * 20)}
    assert lengths == {8, 12}
    assert tasks.excerpts(mixed, [short]) == [short]
    assert [excerpt.bars for excerpt in tasks.excerpts(replace(task, real=((), ())), [long])] == [
        16
    ]


def test_what_is_rare_is_counted_in_several_windows_of_a_melody(task):
    long, short = plain(3, bars=64), plain(4, bars=2)
    mixed = replace(task, real=((plain(0, bars=8),), (0,)))
    windows, of_melody = tasks.spread(mixed, [short, long])
    assert of_melody.tolist() == [0, 1, 1, 1, 1], "four at most, as of a real tune"
    assert windows[0] == short
    assert {window.bars for window in windows[1:]} == {8}
    assert len(set(windows)) == 5, "windows do not overlap"


def test_ratios_are_to_all_held_out_tunes(task, document):
    windows, of_tune = task.every_real
    assert len(set(of_tune)) == 40
    assert set(task.real[0]) | set(task.more_real[0]) <= set(windows)
    ideal = [benchmark.run(decorated, task)]
    theirs = np.mean(
        [
            len(window.notes) * 24 / (window.notes[-1].end - window.notes[0].onset)
            for window in windows
        ]
    )
    ours = np.mean(benchmark.score(task, ideal[0])["window_density"].values)
    assert _row(document, "ideal")["ratio_density"][0] == pytest.approx(ours / theirs)


def test_the_golden_numbers_still_hold():
    module = importlib.util.spec_from_file_location(
        "make_evaluation", GOLDEN / "make_evaluation.py"
    )
    maker = importlib.util.module_from_spec(module)
    module.loader.exec_module(maker)
    kept = json.loads((GOLDEN / "evaluation.json").read_text())
    made = json.loads(json.dumps(maker.golden()))
    assert made.keys() == kept.keys()
    for chapter, parts in kept.items():
        for name, value in parts.items():
            np.testing.assert_allclose(
                made[chapter][name], value, atol=2e-6, err_msg=f"{chapter}: {name}"
            )


def test_no_cheat_wins_the_joint_score(document):
    cheats = [row for row in document["rows"] if row["kind"] == "baseline"]
    assert len(cheats) == 6
    best = max(row["values"]["joint"][0] for row in cheats)
    assert best < 0.5 < _row(document, "ideal")["joint"][0]


def test_style_accuracy_alone_is_won_by_a_cheat(document):
    assert (
        _row(document, "random real tune")["accuracy_all"][0]
        >= _row(document, "ideal")["accuracy_all"][0]
    )


def test_joint_by_hand():
    values = {"probability_all": 0.5, "reciprocal_rank": 0.5, "c2st_all": 0.75}
    row = {name: Estimate(value, 0, 1) for name, value in values.items()}
    assert benchmark.joint(row) == pytest.approx(0.5)
    row["c2st_all"] = Estimate(0.4, 0, 1)
    assert benchmark.joint(row) == pytest.approx(0.25 ** (1 / 3))


def test_floors_and_ceilings(document):
    checks = {check.name: check for check in calibration.check(document["rows"])}
    assert len(checks) == 7 + 6
    assert checks["identity: source found"].met
    assert checks["identity: style accuracy"].met
    assert checks["real against real: overlap area"].value > 0.85
    assert 0.4 < checks["real against real: two-sample accuracy"].value < 0.6
    assert checks["rule-based jazzifier: two-sample accuracy"].met


def test_the_verdict_rests_on_the_rows(document):
    answers = {item["question"]: item for item in document["verdict"]}
    assert answers["Is it the same tune?"]["holds"]
    assert answers["Does it beat the baselines?"]["holds"]
    assert "%" in answers["Is it in the style?"]["answer"]


class _Sources(HTMLParser):
    """Everything that a page would fetch."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [
            value for name, value in attrs if name in ("src", "href", "srcset", "action")
        ]


def test_the_page_is_whole_and_fetches_nothing(pages):
    text = pages[1].read_text()
    parser = _Sources()
    parser.feed(text)
    assert parser.found
    assert all(source.startswith("data:") for source in parser.found)
    assert "test &lt;&amp;&gt;" in text
    assert text.count("<img") == 4 + 6
    assert not re.search(r"url\(|@import|\$\w", text)


def test_the_page_can_be_made_again_from_the_json(pages):
    assert report.page(json.loads(pages[0].read_text())) == pages[1].read_text()


@pytest.fixture(scope="module")
def chromium():
    found = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if not found:
        pytest.skip("no chromium on this machine to open the page in")

    def open_page(address, budget=5_000):
        run = subprocess.run(
            [
                *(
                    found,
                    "--headless",
                    "--disable-background-networking",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--enable-logging=stderr",
                    "--v=0",
                ),
                *("--allow-file-access-from-files", "--autoplay-policy=no-user-gesture-required"),
                *(f"--virtual-time-budget={budget}", "--dump-dom", address),
            ],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return run.stdout, [line for line in run.stderr.splitlines() if "CONSOLE" in line]

    return open_page


def test_a_browser_shows_all_pictures_without_an_error(pages, chromium, tmp_path):
    count = "[...document.images].filter(i => i.naturalWidth > 100).length"
    probe = f"<script>onload = () => {{ document.body.dataset.shown = {count}; }};</script>"
    page = tmp_path / "page.html"
    page.write_text(pages[1].read_text().replace("</body>", probe + "</body>"))
    shown, errors = chromium(page.as_uri())
    assert not errors
    assert 'data-shown="10"' in shown


@pytest.fixture
def folders(tmp_path):
    for name, melodies in {
        "source": [plain(i, 24) for i in range(12)],
        "output": [decorated(plain(i, 24), i) for i in range(12)],
    }.items():
        (tmp_path / name).mkdir()
        for number, melody in enumerate(melodies):
            midi.write(melody, tmp_path / name / f"{number}.mid")
    return tmp_path


def _run(*words):
    return CliRunner().invoke(command.app, [str(word) for word in words], catch_exceptions=True)


def _files(folder, outputs):
    words = {
        "--source": folder / "source",
        "--output": folder / outputs,
        "--target": "x",
        "-o": folder / "r",
    }
    return ["files", *chain.from_iterable(words.items())]


def test_files_of_any_system_are_judged_without_reference(folders):
    ran = _run(*_files(folders, "output"))
    assert ran.exit_code == 0, ran.output
    assert "12 pairs" in ran.output
    made = json.loads((folders / "r" / "report.json").read_text())
    assert made["rows"][0]["values"]["top1"][0] > 0.8
    assert (folders / "r" / "report.html").exists()


def test_folders_without_common_names_are_refused(folders):
    (folders / "empty").mkdir()
    ran = _run(*_files(folders, "empty"))
    assert isinstance(ran.exception, UsageError)
    assert "share no file name" in str(ran.exception)


def test_the_kit_imports_nothing_of_our_model():
    code = (
        "import sys; from stylernn.evaluation import study, calibration, listening, systems; "
        "heavy = {'jax', 'flax', 'torch', 'music21', 'stylernn.model'}; "
        "heavy.add('stylernn.generation.transfer'); "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_data_that_cannot_make_a_task_are_refused():
    with pytest.raises(ValueError, match="'jazz' is none of plain"):
        tasks.prepare({"plain": [plain(0)]}, {"plain": [plain(1)]}, "jazz", sources=[plain(2)])


def test_real_melodies_calibrate_the_instrument(shared):
    """A small version of `stylernn evaluate calibrate`."""
    styles = shared / "data" / "styles"
    jazz, folk = (
        [midi.read(path) for path in sorted((styles / style).glob("*.mid"))[::6]]
        for style in ("jazz", "folk")
    )
    task = tasks.prepare(
        {"jazz": jazz[:30], "folk": folk[:30]},
        {"jazz": jazz[30:60], "folk": folk[30:60]},
        "jazz",
        source_styles=["folk"],
        count=30,
    )
    rows = {
        name: benchmark.summarise(benchmark.cheat_row(task, name))
        for name in ("identity", "rule-based jazzifier")
    }
    assert rows["identity"]["top1"].value == 1
    assert rows["identity"]["accuracy_all"].value < 0.1
    assert rows["rule-based jazzifier"]["c2st_all"].value > 0.9


def test_settings_are_held_against_what_they_should_move():
    # Three tunes; the third turns against `preserve`, and none of their contents move with
    # `strength`.
    points = [
        {"name": "strength", "value": s, "styles": [s, 2 * s, s], "contents": [0.5, 0.5, 0.5]}
        for s in (0.0, 1.0, 2.0)
    ] + [
        {"name": "preserve", "value": p, "styles": [0.1] * 3, "contents": [p, p, -p]}
        for p in (0.2, 0.5, 0.8)
    ]
    effects = {name: value.value for name, value in sweeps.setting_effects(points).items()}
    assert effects == {
        "strength on style": pytest.approx(1),
        "strength on style, within tunes": pytest.approx(1),
        "strength on content (cross-talk)": 0,
        "strength on content (cross-talk), within tunes": 0,
        "preserve on style (cross-talk)": 0,
        "preserve on style (cross-talk), within tunes": 0,
        "preserve on content": pytest.approx(1),
        "preserve on content, within tunes": pytest.approx(1 / 3),
    }


def test_strength_is_one_where_transfers_go_all_the_way_and_return(task):
    outputs = benchmark.run(decorated, task)
    assert sweeps.cycle_strength(task, outputs, task.sources).value > 0.9
    assert abs(sweeps.cycle_strength(task, task.sources, task.sources).value) < 0.01
