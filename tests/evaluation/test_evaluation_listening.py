"""The listening test: balance, blindness, sound, scores, and a browser that fills in the page."""

import csv
import io
import json
import re
import shutil
import subprocess
from html import unescape

import numpy as np
import pytest
from evaluation_melodies import ornate, plain, tune
from stylernn.evaluation import listening, synthesiser
from typer.testing import CliRunner

from stylernn.cli import listen
from stylernn.errors import FileFormatError, UsageError
from stylernn.formats import midi


@pytest.fixture(scope="module")
def made_test(tmp_path_factory):
    folder = tmp_path_factory.mktemp("listening")
    sources, outputs = [plain(i) for i in range(3)], [ornate(i) for i in range(3)]
    real = [ornate(i) for i in range(10, 12)]
    wishes = {
        "source_style": "plain",
        "target": "ornate",
        "styles": ["plain", "ornate", "other"],
        "bars": 2,
    }
    listening.make(folder, sources, outputs, real, **wishes)
    return folder


def _page(folder):
    text = (folder / "index.html").read_text()
    return text, json.loads(
        re.search(r'<script type="application/json" id="test">(.*?)</script>', text, re.S)[1]
    )


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8])
def test_orders_are_a_balanced_latin_square(size):
    rows = np.array(listening.balanced_orders(size))
    assert sorted(rows[0]) == list(range(size))
    for column in rows.T:
        assert len(set(np.bincount(column, minlength=size))) == 1
    follows = np.zeros((size, size), dtype=int)
    for row in rows:
        np.add.at(follows, (row[:-1], row[1:]), 1)
    assert len(set(follows[~np.eye(size, dtype=bool)])) <= 1


def test_the_page_is_blind_whole_and_offline(made_test):
    text, test = _page(made_test)
    key = json.loads((made_test / "key.json").read_text())
    roles = [item["role"] for item in key["items"]]
    assert {role: roles.count(role) for role in set(roles)} == {
        "system": 3,
        "anchor": 3,
        "source": 3,
        "real": 2,
    }
    assert set(test["sounds"]) == {item["name"] for item in key["items"]}
    assert all(sound.startswith("data:audio/wav;base64,") for sound in test["sounds"].values())
    assert not re.search(
        r"system|anchor|https?://", re.sub(r"system-ui", "", text.split('id="test">')[0])
    )
    assert not {"system", "anchor", "real"} & set(
        re.findall(r'"(\w+)"', json.dumps(test["questions"]))
    )
    assert [question["kind"] for question in test["questions"]].count("choice") == 3


def test_a_tone_has_the_right_pitch_and_length():
    sound = synthesiser.render(tune((96, 48, 69)), tempo=120)
    spectrum = np.abs(np.fft.rfft(sound))
    assert spectrum.argmax() * synthesiser.RATE / len(sound) == pytest.approx(440, abs=2)
    assert len(sound) / synthesiser.RATE == pytest.approx(1.4, abs=0.01)


def test_every_item_is_equally_loud_and_none_clips():
    levels = [
        np.sqrt(np.mean(synthesiser.render(m) ** 2))
        for m in (plain(0), ornate(0), plain(1).transpose(-24))
    ]
    np.testing.assert_allclose(levels, levels[0], rtol=0.02)
    assert np.abs(synthesiser.render(plain(0))).max() <= 1


KEY = {
    "target": "jazz",
    "styles": ["jazz", "folk", "classical"],
    "items": [
        {"name": "s0", "role": "system", "pair": 0, "style": "jazz"},
        {"name": "a0", "role": "anchor", "pair": 0, "style": "jazz"},
        {"name": "f0", "role": "source", "pair": 0, "style": "folk"},
    ],
}


def _answers(text):
    return list(csv.DictReader(io.StringIO("listener,question,kind,left,right,answer\n" + text)))


def test_scores_by_hand():
    answers = _answers(
        "1,0,choice,s0,a0,s0\n1,1,identification,s0,,jazz\n1,2,identification,f0,,jazz\n"
        "2,0,choice,a0,s0,s0\n2,1,identification,s0,,folk\n2,2,identification,f0,,folk\n"
        "3,0,choice,s0,a0,a0\n"
    )
    scores = listening.score(answers, KEY)
    assert scores["listeners"] == 3
    assert (scores["preference"]["hits"], scores["preference"]["trials"]) == (2, 3)
    assert scores["preference"]["interval"] == pytest.approx([0.0943, 0.9916], abs=1e-4)
    assert scores["identification"]["system"]["share"] == 0.5
    assert scores["identification"]["source"]["chance"] == pytest.approx(1 / 3)


def test_judgements_still_needed_are_doubled_for_clustering():
    answers = _answers(
        "".join(f"{i},0,choice,s0,a0,{'s0' if i % 4 else 'a0'}\n" for i in range(20))
    )
    assert listening.score(answers, KEY)["preference"]["still_needed"] == 2 * 30 - 20
    losing = _answers("".join(f"{i},0,choice,s0,a0,a0\n" for i in range(20)))
    assert listening.score(losing, KEY)["preference"]["still_needed"] is None


def test_answers_to_another_test_are_refused(tmp_path):
    with pytest.raises(FileFormatError, match="names x9, which is not in the key"):
        listening.score(_answers("1,0,choice,x9,a0,a0\n"), KEY)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    with pytest.raises(FileFormatError, match="found a, b"):
        listening.read_answers([wrong])


def test_styles_must_be_offered_and_pairs_complete(tmp_path):
    wishes = {"source_style": "plain", "target": "jazz", "styles": ["plain"]}
    with pytest.raises(ValueError, match="must hold 'plain' and 'jazz'"):
        listening.make(tmp_path, [plain(0)], [plain(0)], [plain(1), plain(2)], **wishes)


def _run(*words):
    return CliRunner().invoke(listen.app, [str(word) for word in words])


def test_the_commands_make_and_score(tmp_path):
    for name, melodies in {"source": range(2), "output": range(2), "real": range(2)}.items():
        (tmp_path / "pairs" / name).mkdir(parents=True)
        for i in melodies:
            midi.write(
                plain(i) if name == "source" else ornate(i), tmp_path / "pairs" / name / f"{i}.mid"
            )
    out = tmp_path / "test"
    made = _run(
        "make",
        "--pairs",
        tmp_path / "pairs",
        "-o",
        out,
        "--from",
        "folk",
        "--to",
        "jazz",
        "--bars",
        2,
    )
    assert made.exit_code == 0, made.output
    system = next(
        i["name"]
        for i in json.loads((out / "key.json").read_text())["items"]
        if i["role"] == "system"
    )
    result = out / "listener-1.csv"
    result.write_text(
        f"listener,question,kind,left,right,answer\n1,0,identification,{system},,jazz\n"
    )
    scored = _run("score", result)
    assert scored.exit_code == 0, scored.output
    assert "system identified as intended" in scored.output
    assert "1 of 1" in scored.output
    result.rename(tmp_path / "alone.csv")
    assert isinstance(
        _run("score", tmp_path / "alone.csv", "--key", tmp_path / "none.json").exception, UsageError
    )


def test_a_browser_fills_the_page_in_and_its_csv_is_scored(made_test, tmp_path):
    chromium = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if not chromium:
        pytest.skip("no chromium on this machine to open the page in")
    key = json.loads((made_test / "key.json").read_text())
    system = [item["name"] for item in key["items"] if item["role"] == "system"]
    # A listener who prefers the system and hears everything as ornate; each audio is said to have
    # ended.
    script = """<script>
    document.getElementById("listener").value = 2;
    document.getElementById("begin").click();
    for (let step = 0; step < 100 && !document.getElementById("csv"); step++) {
      if (document.querySelector("button.answer:enabled")) throw new Error("open before the end");
      document.querySelectorAll("audio").forEach(audio => audio.dispatchEvent(new Event("ended")));
      const buttons = [...document.querySelectorAll("button.answer")];
      (buttons.find(b => SYSTEM.includes(b.dataset.value))
     || buttons.find(b => b.dataset.value === "ornate")).click();
    }
    </script></body>""".replace("SYSTEM", json.dumps(system))
    page = tmp_path / "filled.html"
    page.write_text((made_test / "index.html").read_text().replace("</body>", script))
    ran = subprocess.run(
        [
            *(
                chromium,
                "--headless",
                "--disable-background-networking",
                "--no-sandbox",
                "--disable-gpu",
                "--enable-logging=stderr",
                "--v=0",
            ),
            *("--virtual-time-budget=5000", "--dump-dom", page.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert not [line for line in ran.stderr.splitlines() if "CONSOLE" in line]
    result = tmp_path / "listener-2.csv"
    result.write_text(
        unescape(re.search(r'<textarea[^>]*id="csv"[^>]*>(.*?)</textarea>', ran.stdout, re.S)[1])
    )
    scores = listening.score(listening.read_answers([result]), key)
    assert scores["preference"]["hits"] == scores["preference"]["trials"] == 3
    shares = {role: value["share"] for role, value in scores["identification"].items()}
    assert shares == {"system": 1, "anchor": 1, "source": 0, "real": 1}
