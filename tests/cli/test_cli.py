"""The command line: what it writes and prints, and its messages and exit codes for errors."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
import typer.main

from stylernn.cli import app, formatting, main, outputs, variadic
from stylernn.errors import UsageError
from stylernn.formats import registry
from stylernn.music.melody import Key, TimeSignature
from stylernn.music.parse import parse_key, parse_metre

ROOT = Path(__file__).parents[2]
TUNE = ROOT / "examples" / "greensleeves.mid"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def only_line(ran) -> str:
    """The one line of a failure."""
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1
    return ran.err


# Several bare values


def listed(*arguments: str) -> tuple[list[str], int, str]:
    app, seen = typer.Typer(), []

    @app.command(cls=variadic.SeveralValuesCommand)
    def command(
        styles: list[str] = typer.Option(..., "--styles", "-s"),  # noqa: B008
        seed: int = typer.Option(0),
        file: str = typer.Argument(""),
    ) -> None:
        seen.append((styles, seed, file))

    app(list(arguments), standalone_mode=False)
    return seen[0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--styles classical jazz", (["classical", "jazz"], 0, "")),
        ("--styles classical jazz --seed 3", (["classical", "jazz"], 3, "")),
        ("--seed 3 --styles classical", (["classical"], 3, "")),
        ("--styles=classical jazz", (["classical", "jazz"], 0, "")),
        ("-s classical jazz celtic", (["classical", "jazz", "celtic"], 0, "")),
        ("--styles classical --styles jazz celtic", (["classical", "jazz", "celtic"], 0, "")),
        ("--styles classical --seed=4 --styles jazz", (["classical", "jazz"], 4, "")),
        ("--styles classical jazz -- file", (["classical", "jazz"], 0, "file")),
        ("file --styles classical jazz", (["classical", "jazz"], 0, "file")),
        ("--styles classical -- --styles", (["classical"], 0, "--styles")),
    ],
)
def test_an_option_takes_all_bare_words_after_it(
    arguments: str, expected: tuple[list[str], int, str]
) -> None:
    assert listed(*arguments.split()) == expected


def test_a_required_list_stays_required() -> None:
    with pytest.raises(typer.TyperException, match="styles"):
        listed("--seed", "1")


# Words


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("C", Key(0)),
        ("D minor", Key(-1, "minor")),
        ("Dm", Key(-1, "minor")),
        ("F# major", Key(6)),
        ("bb", Key(-2)),
    ],
)
def test_keys_are_read_as_musicians_write_them(text: str, key: Key) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("fifths", range(-7, 8))
def test_a_key_is_read_back_from_its_name(fifths: int, mode: str) -> None:
    assert parse_key(formatting.key_name(Key(fifths, mode))) == Key(fifths, mode)


@pytest.mark.parametrize("text", ["H", "C##", "", "minor", "G# major"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no such key"):
        parse_key(text)


def test_metres() -> None:
    assert parse_metre("6/8") == TimeSignature(6, 8)
    for text in ("0/4", "4/3", "4", "-3/4", "4/4/4", "four"):
        with pytest.raises(UsageError, match="no such metre"):
            parse_metre(text)


# Names of outputs


def test_an_output_is_named_after_its_input_and_style(tmp_path: Path) -> None:
    assert outputs.plan([Path("a/tune.mid")], None, "jazz") == [Path("tune.jazz.mid")]
    assert outputs.plan([Path("tune.abc")], Path("new.mid"), "jazz") == [Path("new.mid")]
    assert outputs.plan([Path("tune.mid")], tmp_path, "jazz") == [tmp_path / "tune.mid"]
    assert outputs.plan([Path("a.mid"), Path("b.abc")], Path("new"), "jazz") == [
        Path("new/a.mid"),
        Path("new/b.abc"),
    ]


def test_two_inputs_never_share_an_output() -> None:
    with pytest.raises(UsageError, match=r"two inputs would both be written to tune\.jazz\.mid"):
        outputs.plan([Path("a/tune.mid"), Path("b/tune.mid")], None, "jazz")


def test_new_pieces_are_numbered(tmp_path: Path) -> None:
    assert outputs.numbered(None, "jazz", 2) == [Path("jazz-1.mid"), Path("jazz-2.mid")]
    assert outputs.numbered(Path("x.abc"), "jazz", 1) == [Path("x.abc")]
    assert outputs.numbered(Path("x.abc"), "jazz", 2) == [Path("x-1.abc"), Path("x-2.abc")]
    assert outputs.numbered(tmp_path, "jazz", 1) == [tmp_path / "jazz-1.mid"]


# Commands that work


def test_version(stylernn: Callable) -> None:
    from stylernn.version import __version__

    assert stylernn("--version").out == f"stylernn {__version__}\n"


def test_inspect_names_the_tracks_and_the_melody(stylernn: Callable) -> None:
    ran = stylernn("inspect", TUNE)
    assert ran.code == 0
    assert "Greensleeves" in ran.out
    assert "A minor, 6/8, 90 quarters a minute, 17 bars, 72 notes, E4 to G5" in ran.out


def test_styles_are_listed(stylernn: Callable, tiny_model: Path) -> None:
    ran = stylernn("styles", "--model", tiny_model)
    assert ran.code == 0
    assert {"jazz", "bebop", "classical"} <= set(ran.out.split())


def test_transfer_writes_another_tune_of_the_same_length(
    stylernn: Callable, tiny_model: Path
) -> None:
    ran = stylernn("transfer", TUNE, "--to", "jazz", "--model", tiny_model)
    assert ran.code == 0, ran.err
    source, result = registry.read(TUNE), registry.read("greensleeves.jazz.mid")
    assert result.notes != source.notes
    assert result.bars == source.bars
    assert (source.metre, result.metre) == (TimeSignature(6, 8), TimeSignature(2, 4))
    for fact in (
        "A minor",
        "17 bars of 6/8, written in 2/4",
        "72 in the tune",
        "structural notes",
        "greensleeves.jazz.mid",
    ):
        assert fact in ran.out


def test_the_same_seed_gives_the_same_bytes(stylernn: Callable, tiny_model: Path) -> None:
    for name, seed in (("a.mid", 5), ("b.mid", 5), ("c.mid", 6)):
        assert (
            stylernn(
                "transfer", TUNE, "--to", "jazz", "--model", tiny_model, "--seed", seed, "-o", name
            ).code
            == 0
        )
    first, again, other = (Path(name).read_bytes() for name in ("a.mid", "b.mid", "c.mid"))
    assert first == again != other


def test_several_inputs_keep_their_names_and_go_on_past_a_bad_one(
    stylernn: Callable, tiny_model: Path
) -> None:
    Path("bad.mid").write_bytes(b"no music")
    Path("good.midi").write_bytes(TUNE.read_bytes())
    ran = stylernn(
        "transfer", TUNE, "bad.mid", "good.midi", "--to", "jazz", "--model", tiny_model, "-o", "new"
    )
    assert ran.code == 1
    made = sorted(path.name for path in Path("new").iterdir())
    assert made == [
        "good.midi",
        "good.provenance.json",
        "greensleeves.mid",
        "greensleeves.provenance.json",
    ]
    assert "error: bad.mid is not a readable MIDI file" in ran.err
    assert "1 of 3 files could not be transferred" in ran.err
    Path("bad.mid").write_bytes(TUNE.read_bytes())
    Path("new/good.midi").write_bytes(b"as it was")
    ran = stylernn(
        "transfer", TUNE, "bad.mid", "good.midi", "--to", "jazz", "--model", tiny_model, "-o", "new"
    )
    assert ran.code == 0, ran.err
    assert "2 inputs done already" in ran.err
    assert Path("new/good.midi").read_bytes() == b"as it was"
    assert registry.read("new/bad.mid").notes


def test_wishes_are_granted(stylernn: Callable, tiny_model: Path) -> None:
    tune = registry.read(TUNE)
    asked = ["--to", "jazz=0.7,classical=0.3", "--model", tiny_model, "--no-provenance"]
    ran = stylernn("transfer", TUNE, *asked, "--lock", "1-2", "--variations", 3, "-o", "v.mid")
    assert ran.code == 0, ran.err
    made = [registry.read(f"v-{k}.mid") for k in (1, 2, 3)]
    assert len({melody.notes for melody in made}) == 3
    for melody in made:
        assert melody.slice(1, 3).notes == tune.slice(1, 3).notes
    ran = stylernn(
        "transfer", TUNE, *asked, "--bars", "1-8", "--key", "Dm", "--tempo", 60, "--mood", "sad"
    )
    assert ran.code == 0, ran.err
    sad = registry.read("greensleeves.jazz0.7-classical0.3.mid")
    assert (sad.bars, sad.metre) == (8, TimeSignature(2, 4))


def test_generate_writes_as_many_as_asked(stylernn: Callable, tiny_model: Path) -> None:
    ran = stylernn(
        "generate",
        "--style",
        "jazz",
        "--bars",
        4,
        "--count",
        2,
        "--metre",
        "3/4",
        "--model",
        tiny_model,
    )
    assert ran.code == 0, ran.err
    for name in ("jazz-1.mid", "jazz-2.mid"):
        melody = registry.read(name)
        assert melody.metre == TimeSignature(3, 4)
        assert melody.bars <= 4
    assert ran.out.count("\n") == 2


def test_json_is_all_there_is_on_standard_output(stylernn: Callable, tiny_model: Path) -> None:
    ran = stylernn(
        "transfer", TUNE, "--to", "jazz", "--model", tiny_model, "--json", "-o", "out.mid"
    )
    [facts] = json.loads(ran.out)["results"]
    assert facts["output"] == "out.mid"
    assert facts["model"]["file"] == tiny_model.name
    assert sum(facts["totals"][kind] for kind in ("kept", "moved", "ornament", "new")) == len(
        facts["notes"]
    )
    assert [note["pitch"] for note in facts["notes"]] == [
        note.pitch for note in registry.read("out.mid").notes
    ]
    assert json.loads(Path("out.provenance.json").read_text()) == facts


def test_other_tracks_are_kept_unless_the_melody_alone_is_wanted(
    stylernn: Callable, tiny_model: Path
) -> None:
    from midi_files import line, smf

    from stylernn.formats import midi

    song = [
        line(*((480 * k, 480, 72 + k % 5) for k in range(16))),
        line(*((960 * k, 960, 40) for k in range(8))),
    ]
    smf(Path("song.mid"), *song)
    for name, flags, tracks in (
        ("all.mid", [], 2),
        ("one.mid", ["--melody-only", "--no-provenance"], 1),
    ):
        ran = stylernn(
            "transfer", "song.mid", "--to", "jazz", "--model", tiny_model, "-o", name, *flags
        )
        assert ran.code == 0, ran.err
        assert len(midi.tracks(name)) == tracks
        assert ("all others stay" in ran.out) == (tracks == 2)
    assert not Path("one.provenance.json").exists()


# Commands that cannot work: one line, no traceback, no file


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("transfer nothing.mid --to jazz --model {model}", 1, "no such file: nothing.mid"),
        ("transfer {tune} --to jaz --model {model}", 2, "Did you mean jazz?"),
        ("transfer {tune} --to jazz --model nowhere.safetensors", 1, "nowhere.safetensors"),
        ("transfer {tune} --to jazz --model {tune}", 1, "no model file"),
        ("transfer {tune} --to jazz -o missing/out.mid --model {model}", 2, "no folder missing"),
        ("transfer {tune} --to jazz -o out.wave --model {model}", 2, "an ending out of .mid"),
        ("transfer {tune} --to jazz -o {tune} --model {model} --force", 2, "is an input"),
        ("transfer {tune} --to jazz --preserve 2 --model {model}", 2, "preserve"),
        ("transfer {tune} --to jazz --track 9 --model {model}", 2, "no track 9"),
        ("transfer {tune} --to jazz --lock 99 --model {model}", 2, "no such bars"),
        ("transfer {tune} --to jazz --lock 1 --rewrite 2 --model {model}", 2, "contradict"),
        ("transfer {tune} --to jazz --range C4-E4 --model {model}", 2, "an octave or more"),
        (
            "transfer {tune} --to jazz --mood grumpy --model {model}",
            2,
            "calm, energetic, happy, sad",
        ),
        ("transfer {tune} --to jazz=x --model {model}", 2, "cannot mix"),
        ("transfer {tune}", 2, "either --to STYLE or --like FILE"),
        ("transfer --to jazz", 2, "Missing argument"),
        ("transfer . --to jazz --model {model}", 2, "error:"),
        ("generate --style jaz --model {model}", 2, "Did you mean jazz?"),
        ("generate --style jazz --key H --model {model}", 2, "no such key"),
        ("generate --style jazz --seed-melody nothing.mid --model {model}", 1, "no such file"),
        ("generate --style jazz --bars none --model {model}", 2, "--bars"),
        ("train", 2, "nothing to learn from"),
        ("train --data nowhere", 1, "nowhere"),
        ("train --styles classical --config defualt", 2, "default"),
        ("train --resume nowhere", 2, "no run to resume"),
        ("inspect nothing.mid", 1, "no such file"),
        ("styles --model nowhere", 1, "nowhere"),
        ("trnsfer", 2, "Did you mean 'transfer'"),
        ("corpus", 2, "Missing command"),
    ],
)
def test_a_mistake_is_one_line(
    stylernn: Callable, tiny_model: Path, line: str, code: int, says: str
) -> None:
    ran = stylernn(*shlex.split(line.format(tune=TUNE, model=tiny_model)))
    assert says in only_line(ran)
    assert ran.code == code
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\x00" * 64, "not a readable MIDI file"),
        (b"MThd\x00\x00\x00\x06\x00\x01", "damaged"),
    ],
)
def test_files_that_are_no_music(
    stylernn: Callable, tiny_model: Path, content: bytes, says: str
) -> None:
    Path("bad.mid").write_bytes(content)
    ran = stylernn("transfer", "bad.mid", "--to", "jazz", "--model", tiny_model)
    assert says in only_line(ran)
    assert ran.code == 1
    assert [path.name for path in Path().iterdir()] == ["bad.mid"]


def test_an_existing_file_is_replaced_only_by_force(stylernn: Callable, tiny_model: Path) -> None:
    target = Path("greensleeves.jazz.mid")
    target.write_text("mine")
    ran = stylernn("transfer", TUNE, "--to", "jazz", "--model", tiny_model)
    assert "--force" in only_line(ran)
    assert target.read_text() == "mine"
    assert stylernn("transfer", TUNE, "--to", "jazz", "--model", tiny_model, "--force").code == 0
    assert target.read_bytes().startswith(b"MThd")


def test_a_run_folder_in_use_is_left_alone(stylernn: Callable) -> None:
    Path("run").mkdir()
    Path("run/notes.txt").write_text("mine")
    assert "not an empty folder" in only_line(stylernn("train", "--styles", "jazz", "--out", "run"))


def test_an_interrupt_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(registry, "read", interrupted)
    assert main(["inspect", "tune.mid"]) == 130
    assert "Traceback" not in capfd.readouterr().err


# Documentation


def documented() -> list[str]:
    """Every stylernn command in a code block of the documentation, with its page."""
    commands = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        blocks = page.read_text(encoding="utf-8").split("```")[1::2]
        lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
        commands += [f"{page.name}: {line}" for line in lines if line.startswith("stylernn ")]
    return commands


@pytest.mark.parametrize("line", documented())
def test_documented_commands_parse(line: str) -> None:
    _, _, command = line.partition(": ")
    name, *rest = shlex.split(command, comments=True)[1:]
    group = typer.main.get_command(app)
    while hasattr(group, "commands") and name in group.commands:
        group = group.commands[name]
        if hasattr(group, "commands"):
            name, *rest = rest
    if name.startswith("--"):
        return
    assert not hasattr(group, "commands"), f"no command {name}"
    if "--help" not in rest:
        group.make_context(name, rest)
