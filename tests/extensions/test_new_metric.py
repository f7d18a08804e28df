"""A new metric: one function and one registration put it into the report, with its interval."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from evaluation_melodies import ornate, plain, tune
from stylernn.evaluation import baselines, benchmark, metrics, report, study
from stylernn.evaluation import task as tasks


def repeated_notes(output):
    """Share of the notes that have the pitch of the note before."""
    pitches = output.array[:, 2]
    return float(np.mean(pitches[1:] == pitches[:-1])) if len(pitches) > 1 else 0.0


def gained_notes(source, output):
    """Notes of the output for each note of the source."""
    return len(output.notes) / len(source.notes)


@pytest.fixture(scope="module")
def registered():
    own = [
        metrics.Metric("repeated_notes", "repeated notes", "◇", "music", of_output=repeated_notes),
        metrics.Metric("gained_notes", "notes gained", "1", "content", of_pair=gained_notes),
    ]
    for metric in own:
        metrics.register(metric)
    yield own
    for metric in own:
        metrics.unregister(metric.name)


@pytest.fixture(scope="module")
def document(registered):
    """The report of a rule on a task so small that realism, which is slow, is left out."""
    train = {"plain": [plain(i) for i in range(12)], "ornate": [ornate(i) for i in range(12)]}
    held_out = {
        "plain": [plain(i) for i in range(20, 32)],
        "ornate": [ornate(i) for i in range(20, 32)],
    }
    task = tasks.prepare(train, held_out, "ornate", source_styles=["plain"], count=8)
    outputs = benchmark.run(baselines.jazzify, task)
    return study.compare(task, [outputs], name="rule"), task, outputs


def _row(document, name):
    return next(row["values"] for row in document["rows"] if row["name"] == name)


def test_its_mean_stands_in_the_report_with_an_interval(document):
    made, task, outputs = document
    mean, low, high = _row(made, "rule")["repeated_notes"]
    assert mean == pytest.approx(np.mean([repeated_notes(output) for output in outputs]))
    assert low < mean < high
    mean, low, high = _row(made, "rule")["gained_notes"]
    assert mean == pytest.approx(
        np.mean([gained_notes(*pair) for pair in zip(task.sources, outputs, strict=True)])
    )
    assert low < mean < high


def test_it_stands_in_the_rows_of_real_melodies_and_baselines_too(document):
    made, task, _ = document
    real = _row(made, "real melodies")
    windows = task.more_real[0]
    assert real["repeated_notes"][0] == pytest.approx(np.mean(list(map(repeated_notes, windows))))
    assert "gained_notes" not in real, "real melodies have no source"
    assert _row(made, "identity")["gained_notes"] == [1, 1, 1]


def test_it_has_a_column_in_the_table(document):
    page = report.page({**document[0], "facts": {}})
    assert '<th title="music">repeated notes ◇</th>' in page
    assert '<th title="content">notes gained 1</th>' in page
    assert page.index("ends on strong beat") < page.index("repeated notes"), "after the others"


def test_it_is_measured_without_real_melodies(registered):
    sources = [plain(i) for i in range(4)]
    made = study.compare_files(sources, [baselines.pitch_shuffle(s, 0) for s in sources])
    assert _row(made, "outputs")["gained_notes"] == [1, 1, 1]
    assert _row(made, "outputs")["repeated_notes"][0] > 0


def test_rows_kept_on_disk_depend_on_the_functions(registered, monkeypatch):
    """Where the source of one cannot be found, nothing is kept."""
    before = metrics.fingerprint()
    assert {"repeated_notes", "gained_notes"} <= {name for name, _ in before}
    monkeypatch.setattr(repeated_notes, "__module__", "typed_at_a_prompt")
    assert metrics.fingerprint() is None


def test_what_cannot_be_a_metric_is_refused(registered):
    with pytest.raises(ValueError, match="already"):
        metrics.register(registered[0])
    with pytest.raises(ValueError, match="no function"):
        metrics.register(metrics.Metric("silent", "silent", "↑", "music"))
    with pytest.raises(ValueError, match="better must be one of"):
        metrics.Metric("bad", "bad", "up", "music", of_output=repeated_notes)
    with pytest.raises(ValueError, match="identifier"):
        metrics.Metric("not a name", "bad", "↑", "music", of_output=repeated_notes)
    with pytest.raises(ValueError, match="two functions"):
        metrics.Metric("b", "b", "↑", "music", of_output=repeated_notes, of_pair=gained_notes)
    with pytest.raises(ValueError, match="no metric with a function"):
        metrics.unregister("edit")


def test_evaluate_takes_results_and_gives_means(registered):
    sources = [plain(i) for i in range(5)]
    outputs = [baselines.jazzify(source, i) for i, source in enumerate(sources)]
    alone = metrics.evaluate(outputs)
    assert set(alone) >= {"music_density", "music_ends_long", "repeated_notes"}
    assert not {"edit", "bits", "gained_notes"} & set(alone)
    results = [SimpleNamespace(melody=output) for output in outputs]
    training = [plain(i) for i in range(10, 16)]
    whole = metrics.evaluate(
        results, sources, reference=[ornate(i) for i in range(6)], training=training
    )
    assert whole.items() >= alone.items()
    assert set(whole) >= {"edit", "top1", "copied", "bits", "profile_pitch", "overlap"}
    assert whole["gained_notes"] == pytest.approx(
        np.mean([gained_notes(*pair) for pair in zip(sources, outputs, strict=True)])
    )
    assert all(type(value) is float for value in whole.values())


def test_evaluate_refuses_what_it_cannot_measure():
    melody = tune((0, 24, 60), (24, 24, 62))
    with pytest.raises(ValueError, match="at least 1"):
        metrics.evaluate([])
    with pytest.raises(ValueError, match=r"outputs\[0\] must be a Melody"):
        metrics.evaluate(["tune.mid"])
    with pytest.raises(ValueError, match="pairs"):
        metrics.evaluate([melody], [melody, melody])


def test_only_metrics_with_a_reference_need_the_extra():
    code = (
        "import sys; sys.modules['scipy'] = sys.modules['sklearn'] = None\n"
        "from stylernn.evaluation.metrics import evaluate\n"
        "from stylernn.errors import StylernnError\n"
        "from stylernn.music.melody import Melody\n"
        "import numpy as np\n"
        "melody = Melody.from_array(np.array([(0, 24, 60), (24, 24, 62), (48, 24, 64)]))\n"
        "assert evaluate([melody], [melody], training=[melody])['edit'] == 1\n"
        "try:\n"
        "    evaluate([melody], reference=[melody])\n"
        "except StylernnError as error:\n"
        "    print(error)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
    )
    assert "pip install 'stylernn[evaluation]'" in ran.stdout
