"""`python -m tools.release`: a model file step by step, broken off and gone on with."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from flax import nnx

from stylernn import config, corpus
from stylernn.config import Settings
from stylernn.corpus import styles
from stylernn.formats import registry
from stylernn.generation import transfer
from stylernn.model import checkpoint
from stylernn.music.melody import Melody
from stylernn.reranking import critic, originality
from stylernn.reranking.classifier import PREFIX as CLASSIFIER
from stylernn.system.paths import bundled_model
from stylernn.training import run_folder
from tools.release import __main__ as command
from tools.release import model_card, model_files, stamps, steps, training_data
from tools.release.measure_pairs import PairsSize, measure_pairs
from tools.release.stamps import Chain

TUNES = 24
STEPS = (
    "training_data",
    "train",
    "package_model",
    "fit_tilt",
    "fit_critic",
    "fit_classifier",
    "index_training_set",
    "model_card",
)
SIZES = steps.Sizes(
    critic=steps.CriticSize(sources=4, candidates=2, real=20, fewest=4, bars=8),
    classifier=steps.ClassifierSize(trees=4, leaves=8, sections=20),
)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two made-up styles: steps in quarters, leaps in eighths; each tune is a work of its own."""
    folder = tmp_path_factory.mktemp("music")
    rng = np.random.default_rng(1)
    for style, duration, widest in (("calm", 24, 2), ("wild", 12, 9)):
        (folder / style).mkdir()
        for number in range(TUNES):
            pitches = np.clip(60 + rng.integers(-widest, widest + 1, 48).cumsum(), 40, 90)
            notes = np.stack([np.arange(48) * duration, np.full(48, duration), pitches], axis=1)
            registry.write(Melody.from_array(notes), folder / style / f"{number}.mid")
    return folder


def begun(lines: list[str]) -> list[str]:
    """The steps that were done, of what was reported."""
    return [line.removesuffix(": begins") for line in lines if line.endswith(": begins")]


def test_a_chain_leaves_out_what_is_done_and_repeats_what_has_other_inputs(tmp_path: Path) -> None:
    done: list[str] = []

    def run(number: int) -> Path:
        chain = Chain(tmp_path, lambda line: None)

        def make(name: str, text: str) -> Callable[[Path], None]:
            def write(out: Path) -> None:
                assert not list(out.iterdir())
                done.append(name)
                (out / "text").write_text(text)

            return write

        first = chain.step("first", [number % 2], make("first", str(number % 2)))
        second = chain.step("second", [first], make("second", (first / "text").read_text()))
        return chain.step("third", [second, number], make("third", str(number)))

    run(1)
    assert done == ["first", "second", "third"]
    run(1)
    assert done == ["first", "second", "third"]
    run(3)
    assert done[3:] == ["third"]
    run(4)
    assert done[4:] == ["first", "second", "third"]
    (tmp_path / "second" / "text").write_text("changed by hand")
    run(4)
    assert done[7:] == ["second"]  # and the third, whose input is as it was, is not


def test_a_step_that_was_broken_off_goes_on_if_it_can(tmp_path: Path) -> None:
    chain, found = Chain(tmp_path, lambda line: None), []

    def broken_off(out: Path) -> None:
        found.append(sorted(path.name for path in out.iterdir()))
        (out / f"part-{len(found)}").touch()
        if len(found) < 4:
            raise KeyboardInterrupt

    for resumes, inputs in ((True, 1), (True, 1), (True, 2)):
        with pytest.raises(KeyboardInterrupt):
            chain.step("slow", [inputs], broken_off, resumes=resumes)
    chain.step("slow", [2], broken_off)
    assert found == [[], ["part-1"], [], []]


def test_a_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        (folder / "inner").mkdir(parents=True)
        (folder / "inner" / "a").write_text("text")
    assert stamps.digest([one]) == stamps.digest([other])
    (other / "inner" / "a").rename(other / "inner" / "b")
    assert stamps.digest([one]) != stamps.digest([other])
    (one / "inner" / "a").write_text("texts")
    assert stamps.digest([one, 1]) != stamps.digest([one, 2])


def made_and_gone_on_with(music: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Break a release off in the middle, go on with it, ask for it once more; the model file."""
    lines: list[str] = []

    def release() -> Path:
        settings = config.load("tiny")
        return steps.release(
            music, home / "work", settings, sizes=SIZES, card=True, report=lines.append
        )

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(steps.fit_critic, "fit_critic", interrupted)
        with pytest.raises(KeyboardInterrupt):
            release()
    assert begun(lines) == list(STEPS[:5])
    assert json.loads((home / "work" / "fit_critic.json").read_text()).keys() == {"inputs"}
    lines.clear()
    path = release()
    assert begun(lines) == list(STEPS[4:])
    lines.clear()
    assert release() == path
    assert begun(lines) == []
    return path


def train_nothing(data: Path, out: Path, settings: Settings) -> None:
    """Leave a model in the run folder whose weights are fresh."""
    tree = styles.tree(corpus.split(corpus.load_folder(data)).train)
    network = checkpoint.new_network(settings.model, tree, settings.train.seed)
    arrays = checkpoint.flatten(nnx.state(network, nnx.Param))
    model = checkpoint.Model(checkpoint.Header(settings, tree), arrays)
    checkpoint.save_model(out / run_folder.MODEL, model)


def test_a_release_is_broken_off_and_gone_on_with(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All steps, but the model is neither trained nor measured, which takes long to compile."""
    monkeypatch.setattr(steps.train_model, "train_model", train_nothing)
    monkeypatch.setattr(steps.package_model, "_metrics", lambda model, splits: {})
    shipped = originality.fingerprint(bundled_model())
    path = made_and_gone_on_with(music, tmp_path, monkeypatch)
    model = checkpoint.load_model(path)
    assert {style.name for style in model.header.styles} == {"calm", "wild"}
    for prefix in (critic.PREFIX, CLASSIFIER):
        assert any(name.startswith(prefix) for name in model.arrays)
    index = originality.beside(path)
    assert index is not None
    assert index.tunes > TUNES
    tune = registry.read(music / "calm" / "0.mid")
    assert transfer.transfer(model, tune, "wild", seed=1).melody.bars == tune.bars
    copied = tmp_path / "copied.safetensors"
    model_files.copy(path, copied)
    assert copied.read_bytes() == path.read_bytes()
    assert originality.beside(copied) is not None
    assert originality.fingerprint(bundled_model()) == shipped


@pytest.mark.slow  # a minute, most of it to compile
def test_a_release_trains_and_measures_a_model(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made_and_gone_on_with(music, tmp_path, monkeypatch)
    model = checkpoint.load_model(path)
    metrics = model.header.metrics
    assert metrics is not None
    assert {row["style"] for row in metrics["test"]} == {"calm", "wild"}
    card = (tmp_path / "work" / "model_card" / steps.CARD).read_text()
    assert "| calm |" in card
    assert f"{metrics['bits_without_style']:.3f}" in card
    tune = registry.read(music / "calm" / "0.mid")
    assert transfer.transfer(model, tune, "wild", seed=1).melody.bars == tune.bars
    found = tmp_path / "pairs.safetensors"
    measure_pairs(path, tmp_path / "work" / "training_data", found, size=PairsSize(tunes=1))
    pairs = (checkpoint.load_model(found).header.metrics or {})["pairs"]
    assert {(pair["from"], pair["to"]) for pair in pairs} == {("calm", "wild"), ("wild", "calm")}
    assert originality.beside(found) is not None


def test_a_labelled_folder_is_taken_but_for_what_may_not_be_passed_on(
    music: Path, tmp_path: Path
) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    for number, style in enumerate(("calm", "calm", "wild")):
        (data / style).mkdir(parents=True, exist_ok=True)
        source = music / style / f"{number}.mid"
        (data / style / source.name).write_bytes(source.read_bytes())
    (data / "calm" / "notes.txt").write_text("no music")
    (data / "manifest.csv").write_text("file,licence\ncalm/0.mid,GPL-3\ncalm/1.mid,CC0\n")
    training_data.training_data(data, out)
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert found == {"calm/1.mid", "wild/2.mid", "manifest.csv"}
    assert (out / "manifest.csv").read_text().splitlines() == ["file,licence", "calm/1.mid,CC0"]


def test_the_model_card_is_that_of_the_shipped_model() -> None:
    card = Path(__file__).parents[2] / "docs" / "reference" / "model-card.md"
    assert model_card.card_of(bundled_model()) == card.read_text(encoding="utf-8"), (
        "run `make card`"
    )


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["all", "{tmp}/nowhere", "--config", "tiny"], 1, "no folder"),
        (["all", "{tmp}", "--config", "no-such"], 2, "no-such"),
        (["all"], 2, "Missing argument"),
        (["fit_everything"], 2, "fit_everything"),
        (["fit_critic", "{tmp}/a", "{tmp}", "{tmp}/b"], 1, "a"),
        (["training_data", "{tmp}", "{tmp}/out"], 1, "nothing to learn from"),
    ],
)
def test_errors_are_one_line_and_a_code(
    words: list[str],
    code: int,
    says: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main([word.format(tmp=tmp_path) for word in words]) == code
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert says in lines[0]


def test_nothing_but_install_writes_to_the_shipped_model(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shipped = bundled_model()
    before = originality.fingerprint(shipped)
    words = ["index_training_set", str(shipped), str(tmp_path), str(shipped)]
    assert command.main(words) == 2
    assert "--install" in capfd.readouterr().err
    assert originality.fingerprint(shipped) == before


def test_install_and_out_copy_the_model_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, shipped, out = (tmp_path / f"{name}.safetensors" for name in ("made", "shipped", "out"))
    made.write_bytes(b"a model")
    shipped.write_bytes(b"an older one")
    monkeypatch.setattr(model_files, "bundled_model", lambda: shipped)
    monkeypatch.setattr(steps, "release", lambda *_, **__: made)
    words = ["all", str(tmp_path), "--config", "tiny"]
    assert command.main([*words, "--out", str(shipped)]) == 2
    assert command.main([*words, "--out", str(out)]) == 0
    assert (shipped.read_bytes(), out.read_bytes()) == (b"an older one", b"a model")
    assert command.main([*words, "--install"]) == 0
    assert shipped.read_bytes() == b"a model"
