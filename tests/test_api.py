"""stylernn from Python: three calls, tunes that remember their file, a fast import."""

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
import typing
from pathlib import Path

import numpy as np
import pytest
from midi_files import line, smf

import stylernn as s
from stylernn import api
from stylernn.display import colours, html
from stylernn.errors import StylernnError, UsageError
from stylernn.formats import midi
from stylernn.generation import melody_file, provenance
from stylernn.music.melody import Key, Melody, Note
from stylernn.reranking import originality

ROOT = Path(__file__).parent.parent
QUICK = {"candidates": 1}


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tune, bass = (
        line(*((480 * k, 480, low + k % 5) for k in range(16)), channel=channel)
        for channel, low in ((0, 72), (1, 40))
    )
    return smf(tmp_path_factory.mktemp("song") / "song.mid", tune, bass)


@pytest.fixture(scope="module")
def jazz(song: Path, tiny_model: Path) -> s.MelodyFile:
    return s.transfer(s.read(song), to="jazz", seed=1, model=tiny_model, **QUICK)


def test_importing_stylernn_imports_nothing_heavy() -> None:
    code = (
        "import sys, stylernn; "
        "print(*sorted({'numpy', 'jax', 'symusic', 'stylernn.api'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "\n"


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'transpose'"):
        s.transpose  # noqa: B018


def test_modules_with_the_name_of_a_call_stay_modules(tiny_model: Path) -> None:
    assert s.styles(tiny_model) == ["bebop", "classical", "jazz"]
    from stylernn.corpus import styles
    from stylernn.generation import transfer

    assert transfer.TransferConfig().candidates == 32
    assert styles.Style("jazz", "jazz").name == "jazz"


def test_a_result_is_written_among_the_other_tracks(
    jazz: s.MelodyFile, song: Path, tmp_path: Path
) -> None:
    assert jazz.melody.bars == s.read(song).melody.bars
    assert len(midi.tracks(jazz.write(tmp_path / "all.mid"))) == 2
    assert midi.read(tmp_path / "all.mid", track=1).notes == midi.read(song, track=1).notes
    assert midi.read(tmp_path / "all.mid", track=0).notes == jazz.melody.notes
    assert len(midi.tracks(jazz.write(tmp_path / "one.mid", melody_only=True))) == 1


def test_a_result_says_where_it_comes_from(jazz: s.MelodyFile, tiny_model: Path) -> None:
    facts = json.loads(json.dumps(jazz.provenance))
    assert facts["model"]["sha256"] == originality.fingerprint(tiny_model)
    assert (facts["style"], facts["seed"], facts["settings"]["candidates"]) == ("jazz", 1, 1)
    assert facts["originality"]["longest_copy"] is None
    assert facts["totals"] == jazz.alignment.totals
    assert [note["bar"] for note in facts["notes"]] == sorted(
        note["bar"] for note in facts["notes"]
    )
    assert facts["notes"][0]["bar"] == jazz.melody.notes[0].onset // 96 + 1


def test_melodies_and_names_of_files_are_tunes_too(
    song: Path, tiny_model: Path, jazz: s.MelodyFile
) -> None:
    again = s.transfer(song, "jazz", seed=1, model=tiny_model, **QUICK)
    assert again.melody == jazz.melody
    plain = s.transfer(s.read(song).melody, "jazz", seed=1, model=tiny_model, **QUICK)
    assert not plain.arranged


def test_new_melodies(tiny_model: Path) -> None:
    made = s.generate("jazz", model=tiny_model, bars=2, count=2, key=Key(1))
    assert [tune.melody.bars for tune in made] == [2, 2]


def test_what_copies_is_drawn_again(
    song: Path,
    tmp_path: Path,
    tiny_model: Path,
    jazz: s.MelodyFile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = tmp_path / "model.safetensors"
    model.write_bytes(tiny_model.read_bytes())
    with pytest.raises(UsageError, match="no index"):
        s.transfer(song, "jazz", model=model, max_copy=12, **QUICK)
    with pytest.raises(UsageError, match="a number from 12"):
        s.transfer(song, "jazz", model=model, max_copy=5, **QUICK)
    originality.save_index(
        model, originality.collect([jazz.melody], originality.fingerprint(model))
    )
    lengths = iter([30, 12, 11])
    monkeypatch.setattr(originality, "longest_copy", lambda *_: next(lengths))
    other = s.transfer(song, "jazz", seed=1, model=model, max_copy=12, **QUICK)
    assert other.provenance["originality"]["longest_copy"] == 11
    assert other.provenance["seed"] == other.seed != 1


def test_copies_without_end_are_an_error(
    song: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originality, "beside", lambda _: originality.collect([], ""))
    monkeypatch.setattr(originality, "longest_copy", lambda *_: 40)
    monkeypatch.setattr(api, "_ATTEMPTS", range(2))
    with pytest.raises(StylernnError, match="2 results of seed 0 all copy 12 notes or more"):
        s.transfer(song, "jazz", model=tiny_model, max_copy=12, **QUICK)


def test_a_tune_shows_itself(jazz: s.MelodyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "_player", lambda *_: "PLAYER")
    shown = jazz._repr_html_()
    notes = len(jazz.melody.notes) + len(jazz.alignment.dropped)
    assert shown.count("<rect") == notes
    assert "PLAYER" in shown
    assert "kept" in shown
    assert f'fill="{colours.KINDS["moved"].fill}"' in shown
    assert all(f">{number}</text>" in shown for number in range(1, jazz.melody.bars + 1))
    assert ">0</text>" not in shown
    opened = []
    monkeypatch.setattr(melody_file.webbrowser, "open", opened.append)
    jazz.show()
    assert shown in Path(opened[0].removeprefix("file://")).read_text()


def test_a_pickup_is_bar_0_in_a_notebook() -> None:
    shown = html.piano_roll(Melody((Note(72, 24, 67), Note(96, 96, 60)), pickup=24))
    assert ">0</text>" in shown
    assert ">1</text>" in shown
    assert ">2</text>" not in shown


def test_titles_cannot_smuggle_html() -> None:
    melody = Melody((Note(0, 24, 60),), title="<script>alert(1)</script>")
    assert "<script>" not in html.fragment(melody)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "find_spec", lambda _: None)
    assert "pip install 'stylernn[sound]'" in html.fragment(Melody((Note(0, 24, 60),)))


def test_the_sidecar_lies_beside_the_result(tmp_path: Path) -> None:
    assert provenance.beside(tmp_path / "out.jazz.mid") == tmp_path / "out.jazz.provenance.json"
    provenance.write({"a": "é"}, tmp_path / "x.json")
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == {"a": "é"}


# What editors, type checkers and people see


def test_dir_lists_the_public_names_and_help_shows_every_argument() -> None:
    code = "import stylernn; print(*dir(stylernn)); help(stylernn.transfer)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, shown = ran.stdout.split("\n", 1)
    assert set(s.__all__) <= set(names.split())
    for name in inspect.signature(s.transfer).parameters:
        assert f"{name}:" in shown


def test_a_type_checker_sees_real_types(tmp_path: Path) -> None:
    """A user's file under `mypy --strict`, against the packages laid out as in the wheel."""
    tree = tmp_path / "tree"
    subprocess.run([sys.executable, ROOT / ".ci" / "assemble.py", tree], check=True)
    program = tmp_path / "program.py"
    program.write_text(
        "import stylernn as s\n"
        "reveal_type(s.read('a.mid'))\n"
        "reveal_type(s.transfer('a.mid', to='jazz'))\n"
        "reveal_type(s.variations('a.mid', to='jazz', count=2))\n"
        "reveal_type(s.generate('jazz', bars=4))\n"
        "reveal_type(s.styles())\n"
        "reveal_type(s.load())\n"
        "reveal_type(s.evaluate([s.read('a.mid')]))\n"
        "reveal_type(s.read('a.mid').write('b.mid', replace=True))\n"
    )
    # The package counts as installed: its own errors are not the user's.
    settings = "[mypy]\n[mypy-stylernn.*]\nignore_errors = True\n"
    for library in ("jax", "jaxlib", "flax", "optax", "numpy", "scipy", "rich", "IPython"):
        settings += f"[mypy-{library}.*]\nfollow_imports = skip\n"
    (tmp_path / "mypy.ini").write_text(settings)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "mypy.ini"]
    command += ["--cache-dir", tmp_path / "cache", program]
    environment = {**os.environ, "MYPYPATH": str(tree)}
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert "error:" not in ran.stdout
    found = re.findall(r'Revealed type is "([^"]*)"', ran.stdout.replace("builtins.", ""))
    file, model = "stylernn.generation.melody_file.MelodyFile", "stylernn.model.checkpoint.Model"
    lists = [f"list[{file}]", f"list[{file}]", "list[str]"]
    means = "dict[str, float]"
    assert found == [file, file, *lists, model, means, "pathlib.Path"]
    program.write_text("import stylernn as s\ns.transfer('a.mid', to='jazz').wriite('b.mid')\n")
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert 'has no attribute "wriite"' in ran.stdout


ELSEWHERE = {
    "transfer": {
        "out": "write(path)",
        "melody_only": "write(melody_only=)",
        "force": "write(replace=)",
        "variations": "the function variations",
        "plot": "show()",
        "json": "the field provenance",
        "provenance": "the field provenance",
    },
    "generate": {"out": "write(path)", "force": "write(replace=)", "plot": "show()"},
}
"""Options of the command line that are no arguments of the function of the same name."""


@pytest.mark.parametrize("name", ["transfer", "generate"])
def test_options_of_the_command_line_are_arguments(name: str) -> None:
    module = importlib.import_module(f"stylernn.cli.{name}")
    options = set()
    for parameter, hint in typing.get_type_hints(module.command, include_extras=True).items():
        declared = [
            each for each in getattr(hint, "__metadata__", ()) if hasattr(each, "param_decls")
        ]
        # Typer keeps the first name of an annotated option where its default would be.
        names = [name for each in declared for name in (each.default, *(each.param_decls or ()))]
        long = [name for name in names if isinstance(name, str) and name.startswith("--")]
        first = long[0] if long else f"--{parameter}"
        if parameter not in ("inputs", "return"):
            options.add(first.removeprefix("--").partition("/")[0].replace("-", "_"))
    arguments = set(inspect.signature(getattr(s, name)).parameters)
    assert options - set(ELSEWHERE[name]) <= arguments
    assert not set(ELSEWHERE[name]) & arguments
    only_python = {"keep_metre", "tune"} if name == "transfer" else {"candidates"}
    assert arguments - options == only_python


def test_variations_take_what_transfer_takes() -> None:
    one, several = (set(inspect.signature(f).parameters) for f in (s.transfer, s.variations))
    assert one ^ several == {"count", "max_copy"}


@pytest.mark.parametrize(
    ("call", "option"),
    [
        (lambda tune, model: s.generate("jazz", bars=0, model=model), "bars"),
        (lambda tune, model: s.generate("jazz", bars=-1, model=model), "bars"),
        (lambda tune, model: s.generate("jazz", bars=513, model=model), "bars"),
        (lambda tune, model: s.generate("jazz", count=-1, model=model), "count"),
        (lambda tune, model: s.generate("jazz", candidates=0, model=model), "candidates"),
        (lambda tune, model: s.generate("jazz", tempo=0, model=model), "tempo"),
        (lambda tune, model: s.generate("jazz", seed=-1, model=model), "seed"),
        (lambda tune, model: s.generate("jazz", metre="4/3", model=model), "no such metre"),
        (lambda tune, model: s.generate("jazz", key="H", model=model), "no such key"),
        (lambda tune, model: s.transfer(tune, "jazz", candidates=0, model=model), "candidates"),
        (lambda tune, model: s.transfer(tune, "jazz", preserve=2, model=model), "preserve"),
        (lambda tune, model: s.transfer(tune, "jazz", tempo=1000, model=model), "tempo"),
        (lambda tune, model: s.transfer(tune, "jazz", bars="9", model=model), "no such bars"),
        (lambda tune, model: s.transfer(tune, "jazz", lock=1, rewrite=2, model=model), "lock"),
        (lambda tune, model: s.transfer(tune, "jazz", mood="grumpy", model=model), "mood"),
        (lambda tune, model: s.transfer(tune, model=model), "style"),
        (lambda tune, model: s.transfer(tune, "jazz", like="a.mid", model=model), "style"),
        (lambda tune, model: s.variations(tune, "jazz", count=0, model=model), "variations"),
        (lambda tune, model: s.read("a.mid", track=-1), "track"),
    ],
)
def test_what_the_command_line_refuses_is_refused(call, option: str, tiny_model: Path) -> None:
    tune = Melody(tuple(Note(24 * k, 24, 60 + k % 5) for k in range(16)))
    with pytest.raises(UsageError, match=option):
        call(tune, tiny_model)


def test_a_file_is_replaced_only_when_asked(jazz: s.MelodyFile, tmp_path: Path) -> None:
    path = jazz.write(tmp_path / "a.mid")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="exists"):
        jazz.write(path, melody_only=True)
    assert path.read_bytes() == before
    jazz.write(path, melody_only=True, replace=True)
    assert path.read_bytes() != before


def test_a_model_in_memory_serves_as_its_file_does(song: Path, tiny_model: Path) -> None:
    loaded = s.load(tiny_model)
    assert s.load(loaded) is loaded
    assert s.styles(loaded) == s.styles(tiny_model)
    options = {"seed": 3, "bars": "1-2", "key": "D", "tempo": 90, "end_on_tonic": True, **QUICK}
    by_file = s.transfer(song, "jazz", model=tiny_model, **options)
    in_memory = s.transfer(song, "jazz", model=loaded, **options)
    assert in_memory.melody == by_file.melody
    assert (in_memory.melody.tempo, in_memory.source.bars, in_memory.arranged) == (90, 2, False)
    assert in_memory.provenance["model"]["file"] is None


def test_everything_shows_itself_in_one_line(jazz: s.MelodyFile, tiny_model: Path) -> None:
    for shown in (jazz, jazz.melody, s.load(tiny_model)):
        assert "\n" not in repr(shown)
        assert len(repr(shown)) < 160
    assert "jazz" in repr(jazz)


def test_numbers_of_numpy_serve_and_fractions_do_not(song: Path, tiny_model: Path) -> None:
    made = s.transfer(song, "jazz", seed=np.uint32(3), model=tiny_model, **QUICK)
    assert made.seed == 3
    with pytest.raises(TypeError):
        s.generate("jazz", bars=1.5, model=tiny_model)


@pytest.mark.parametrize("asked", [{"bars": "2"}, {"range": (55,)}, {"range": (84, 55)}])
def test_what_leaves_nothing_to_do_is_refused(asked: dict, tiny_model: Path) -> None:
    tune = Melody((Note(0, 96, 60), Note(192, 96, 62)))
    with pytest.raises(UsageError, match=r"notes in the bars|no such range"):
        s.transfer(tune, "jazz", model=tiny_model, **asked)
    with pytest.raises(UsageError, match="no notes"):
        s.transfer(Melody(()), "jazz", model=tiny_model)
