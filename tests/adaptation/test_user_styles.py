"""Personal styles: learnt from a few tunes, saved, used by name, without effect on others."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flax import nnx

from stylernn import config
from stylernn.adaptation import adapt, style_mixtures, style_tuning, user_styles
from stylernn.adaptation.user_styles import Personal
from stylernn.corpus import LabelledMelody
from stylernn.corpus.styles import Style
from stylernn.errors import CorpusError, ModelFileError, UsageError
from stylernn.formats import registry
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.descriptors import DESCRIPTORS, describe_sections
from stylernn.music.key_estimation import estimate
from stylernn.music.melody import Melody, Note
from stylernn.reranking import discriminant

SHARES = {"4/4": 1.0}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("STYLERNN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def model() -> Model:
    """Two styles in eight dimensions, so that five directions are free; its weights are fresh."""
    tiny = config.Settings(
        config.ModelSettings(layers=1, hidden=16, style=8, skeleton=4, head=8),
        config.DataSettings(events=32),
    )
    tree = (Style("classical", "classical", metres=SHARES), Style("jazz", "jazz", metres=SHARES))
    network = checkpoint.new_network(tiny.model, tree, seed=1)
    return Model(checkpoint.Header(tiny, tree), checkpoint.flatten(nnx.state(network, nnx.Param)))


@pytest.fixture(scope="module")
def model_file(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    checkpoint.save_model(path, model)
    return path


def tune(k: int) -> Melody:
    return Melody(
        tuple(Note(24 * j, 24, 60 + (j * (k + 1)) % 12) for j in range(16)), title=f"tune {k}"
    )


def labelled(count: int) -> list[LabelledMelody]:
    return [
        LabelledMelody(tune(k), "own", f"{k}", f"work {k}", "test", "mine") for k in range(count)
    ]


def own(model: Model, name: str = "bossa", **kernel_updates: np.ndarray) -> Personal:
    vector = np.array([0.25, 0.5, 0.25], np.float32) @ user_styles.vectors(model)
    return Personal(
        Style(name, name, metres=SHARES), model.digest, "abc", vector, kernel_updates, {}
    )


def film(model: Model, vector: np.ndarray) -> np.ndarray:
    return vector @ model.arrays["films/0/linear/kernel"]


def test_vectors_are_those_of_the_network(model: Model) -> None:
    np.testing.assert_allclose(
        user_styles.vectors(model), model.network.styles.vectors(), atol=1e-6
    )


def test_free_directions_are_orthonormal_and_no_style_has_a_part_of_them(model: Model) -> None:
    free = user_styles.free_directions(model)
    assert free.shape == (5, 8)
    np.testing.assert_allclose(free @ free.T, np.eye(5), atol=1e-5)
    np.testing.assert_allclose(free @ user_styles.vectors(model).T, 0, atol=1e-5)


def test_a_style_adds_its_answers_and_changes_nothing_for_the_others(model: Model) -> None:
    answer = np.arange(32, dtype=np.float32)
    style = own(model, **{"films/0/linear/kernel": answer})
    adopted = user_styles.with_user_styles(model, [style], spared=["jazz"])
    position = adopted.style("bossa")
    expected = film(model, style.vector) + answer
    np.testing.assert_allclose(
        film(adopted, user_styles.vectors(adopted)[position]), expected, atol=1e-4
    )
    for index in (0, adopted.style("jazz")):
        np.testing.assert_allclose(
            film(adopted, user_styles.vectors(adopted)[index]),
            film(model, user_styles.vectors(model)[index]),
            atol=1e-5,
        )


def test_it_runs_through_the_programs_of_its_model(model: Model) -> None:
    adopted = user_styles.with_user_styles(model, [own(model)])
    assert nnx.split(adopted.network)[0] == nnx.split(model.network)[0]


def test_two_of_them_mix(model: Model) -> None:
    one = own(model, "one", **{"films/0/linear/kernel": np.ones(32, np.float32)})
    two = own(model, "two", **{"films/0/linear/kernel": np.full(32, 3, np.float32)})
    for each in (one, two):
        user_styles.save(each, user_styles.file_of(each.style.name))
    mixed, index = style_mixtures.resolve(model, "one=0.5,two=0.5")
    expected = film(model, one.vector) + 2
    np.testing.assert_allclose(film(mixed, user_styles.vectors(mixed)[index]), expected, atol=1e-4)


def test_it_mixes_with_each_of_the_models_styles(model: Model) -> None:
    user_styles.save(own(model), user_styles.file_of("bossa"))
    for name in ("jazz", "classical"):
        mixed, index = style_mixtures.resolve(model, f"bossa=0.75,{name}=0.25")
        expected = 0.75 * own(model).vector + 0.25 * user_styles.vectors(model)[model.style(name)]
        np.testing.assert_allclose(user_styles.vectors(mixed)[index], expected, atol=1e-5)


def test_files_come_back_as_they_were(model: Model) -> None:
    style = own(model, **{"films/0/linear/kernel": np.ones(32, np.float32)})
    user_styles.save(style, user_styles.file_of("bossa"))
    back = user_styles.load(user_styles.file_of("bossa"))
    assert (back.style, back.model, back.tunes) == (style.style, style.model, style.tunes)
    np.testing.assert_array_equal(back.vector, style.vector)
    assert list(back.kernel_updates) == ["films/0/linear/kernel"]
    assert back.described is None
    assert user_styles.saved_styles() == ["bossa"]
    user_styles.remove("bossa")
    assert user_styles.saved_styles() == []
    with pytest.raises(UsageError, match="no personal style"):
        user_styles.remove("bossa")


def test_a_model_with_means_hears_a_style_by_its_own(model: Model) -> None:
    described = np.linspace(0, 1, len(DESCRIPTORS), dtype=np.float32)
    user_styles.save(replace(own(model), described=described), user_styles.file_of("bossa"))
    back = user_styles.load(user_styles.file_of("bossa"))
    rows = np.random.default_rng(0).random((9, len(DESCRIPTORS)))
    hearing = Model(
        model.header,
        {**model.arrays, **discriminant.fit({"jazz": rows, "classical": rows[::-1] + 1})},
    )
    adopted = user_styles.with_user_styles(hearing, [replace(back, model=hearing.digest)])
    found = discriminant.style_margins(
        adopted.arrays, back.style, [described[None], described[None] + 1]
    )
    assert found is not None
    assert found[0] > found[1]
    assert not any("own" in name for name in user_styles.with_user_styles(model, [back]).arrays)


def test_another_model_is_refused(model: Model) -> None:
    with pytest.raises(ModelFileError, match="another model"):
        user_styles.with_user_styles(model, [replace(own(model), model="0" * 64)])


def test_damaged_files_are_refused(model: Model, tiny_model: Path) -> None:
    path = user_styles.file_of("bossa")
    user_styles.save(own(model), path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ModelFileError, match="damaged"):
        user_styles.load(path)
    with pytest.raises(ModelFileError, match="not a stylernn style"):
        user_styles.load(tiny_model)


@pytest.mark.parametrize("name", ["", "a b", "../x", "a=1", "-x", "x" * 41])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a style"):
        user_styles.check_name(name)


def test_learning_predicts_tunes_better_and_is_repeatable(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style_tuning, "_STEPS", 20)
    monkeypatch.setattr(style_tuning, "_MIXING", 8)
    before = {name: array.copy() for name, array in model.arrays.items()}
    first, again = (adapt.learn(model, labelled(6), "own", seed=3) for _ in range(2))
    assert first.facts["bits"] < first.facts["bits_of_mixture"]
    assert sum(first.facts["mixture"]) == pytest.approx(1, abs=1e-3)
    assert set(first.kernel_updates) == set(user_styles.style_kernels(model))
    np.testing.assert_array_equal(first.vector, again.vector)
    assert all(np.array_equal(before[name], array) for name, array in model.arrays.items())
    assert (first.style.tunes, first.style.parent) == (6, "own")
    each = [describe_sections(t.melody, estimate(t.melody)).mean(axis=0) for t in labelled(6)]
    np.testing.assert_allclose(first.described, np.mean(each, axis=0), rtol=1e-5)


def test_one_tune_gives_a_mixture_and_is_remembered(model: Model, tmp_path: Path) -> None:
    registry.write(tune(2), tmp_path / "ref.mid")
    first = adapt.like(model, tmp_path / "ref.mid")
    assert not first.kernel_updates
    expected = np.array(first.facts["mixture"]) @ user_styles.vectors(model)
    np.testing.assert_allclose(first.vector, expected, atol=1e-3)
    again = adapt.like(model, tmp_path / "ref.mid")
    np.testing.assert_array_equal(first.vector, again.vector)
    assert user_styles.saved_styles() == []


def test_a_tune_without_music_is_no_style(model: Model, tmp_path: Path) -> None:
    registry.write(Melody((Note(0, 24, 60), Note(24, 24, 62))), tmp_path / "short.mid")
    with pytest.raises(CorpusError, match="too short"):
        adapt.like(model, tmp_path / "short.mid")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bossa").mkdir()
    for k in range(6):
        registry.write(tune(k), tmp_path / "bossa" / f"{k}.mid")
    (tmp_path / "bossa" / "broken.mid").write_bytes(b"MThd")
    return tmp_path / "bossa"


def test_the_commands(
    stylernn: Callable,
    folder: Path,
    model_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(style_tuning, "_STEPS", 10)
    monkeypatch.chdir(tmp_path)
    registry.write(tune(1), "tune.mid")
    with_model = ("--model", model_file)
    added = stylernn("add-style", folder, "--name", "bossa", *with_model)
    assert added.code == 0, added.err
    assert "learnt from 6 tunes" in added.out
    assert "left out: broken.mid" in added.err
    again = stylernn("add-style", folder, "--name", "bossa", *with_model)
    assert (again.code, "--force" in again.err) == (2, True)
    assert "bossa" in stylernn("styles", *with_model).out
    for words in (
        ("transfer", "tune.mid", "--to", "bossa=0.5,jazz=0.5", "--candidates", 8),
        ("transfer", "tune.mid", "--like", "bossa/3.mid", "--candidates", 8, "-o", "like.mid"),
        ("generate", "--like", "bossa/3.mid", "--bars", 4, "-o", "new.mid"),
    ):
        ran = stylernn(*words, *with_model)
        assert ran.code == 0, f"{words}: {ran.err}"
    assert {"tune.bossa0.5-jazz0.5.mid", "like.mid", "new.mid"} <= {
        p.name for p in tmp_path.iterdir()
    }
    assert stylernn("styles", "--remove", "bossa").code == 0
    assert stylernn("transfer", "tune.mid", "--to", "bossa", "--force", *with_model).code == 2


def test_mistakes_are_told(stylernn: Callable, folder: Path, model_file: Path) -> None:
    for name, needle in (("jazz", "of its own"), ("a b", "cannot name")):
        ran = stylernn("add-style", folder, "--name", name, "--model", model_file)
        assert (ran.code, needle in ran.err) == (2, True)
    for path in sorted(folder.glob("[2-5].mid")):
        path.unlink()
    ran = stylernn("add-style", folder, "--name", "bossa", "--model", model_file)
    assert (ran.code, "expected 5 or more" in ran.err, "broken.mid" in ran.err) == (1, True, True)
    assert user_styles.saved_styles() == []
    for words in (("--to", "jazz", "--like", folder / "0.mid"), ()):
        assert stylernn("transfer", folder / "0.mid", *words, "--model", model_file).code == 2
