"""The registry of formats: dispatch, complete files or none, and errors for files without music."""

import subprocess
import sys
from pathlib import Path

import pytest

from stylernn.errors import FileFormatError, UsageError
from stylernn.formats import registry
from stylernn.music.melody import Key, Melody, Note, TimeSignature
from stylernn.system.atomic_write import atomic_write

TUNE = Melody(
    (Note(48, 24, 67), Note(72, 12, 71), Note(84, 24, 74), Note(108, 36, 66)),
    ((0, TimeSignature(3, 4)),),
    Key(1),
    tempo=90.0,
    pickup=24,
    title="Tune",
)


@pytest.mark.parametrize("ending", [*registry.endings(), ".MID", ".MusicXML"])
def test_every_ending_is_written_and_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a tune's “name” [1]{ending}"
    registry.write(TUNE, path)
    assert registry.read(path) == TUNE
    assert registry.read(str(path), track=0) == TUNE
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["tune.mp3", "tune", "tune.mid.txt", ".mid"])
def test_an_unknown_ending_names_the_known_ones(tmp_path: Path, name: str) -> None:
    for act in (
        lambda: registry.read(tmp_path / name),
        lambda: registry.write(TUNE, tmp_path / name),
    ):
        with pytest.raises(UsageError, match=r"expected an ending out of \.mid, .*\.krn"):
            act()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", registry.endings())
def test_what_is_no_music_file_is_told_apart(tmp_path: Path, ending: str) -> None:
    def problem(path: Path) -> str:
        with pytest.raises(FileFormatError) as caught:
            registry.read(path)
        assert caught.value.expected
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "no such file" in problem(tmp_path / f"missing{ending}")
    (tmp_path / f"folder{ending}").mkdir()
    assert "is a folder" in problem(tmp_path / f"folder{ending}")
    (tmp_path / f"empty{ending}").touch()
    assert "is empty" in problem(tmp_path / f"empty{ending}")
    for data in (
        b"Dear diary, today I heard a tune.\n",
        bytes(range(256)) * 4,
        "naïve".encode("utf-16"),
    ):
        (tmp_path / f"text{ending}").write_bytes(data)
        assert (
            "cannot be read" in (text := problem(tmp_path / f"text{ending}"))
            or "not a readable MIDI" in text
        )
    with (tmp_path / f"huge{ending}").open("wb") as file:
        file.truncate(20_000_001)
    assert "expected at most 20 MB; found 20.0 MB" in problem(tmp_path / f"huge{ending}")


@pytest.mark.parametrize("ending", registry.endings())
def test_nothing_is_left_where_writing_fails(tmp_path: Path, ending: str) -> None:
    with pytest.raises(UsageError, match=r"cannot write .*Create the folder first"):
        registry.write(TUNE, tmp_path / "nowhere" / f"tune{ending}")
    (tmp_path / f"taken{ending}").mkdir()
    with pytest.raises(UsageError, match="cannot write"):
        registry.write(TUNE, tmp_path / f"taken{ending}")
    assert [path.name for path in tmp_path.rglob("*")] == [f"taken{ending}"]


def test_a_failure_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "kept.mid"
    target.write_text("old")

    def fail_halfway() -> None:
        with atomic_write(target) as draft:
            draft.write_text("new")
            assert draft.suffix == ".mid"
            raise KeyError

    with pytest.raises(KeyError):
        fail_halfway()
    assert target.read_text() == "old"
    with atomic_write(target) as draft:
        draft.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_midi_users_do_not_wait_for_music21(tmp_path: Path) -> None:
    registry.write(TUNE, tmp_path / "tune.mid")
    code = (
        "import sys; from stylernn.formats import registry; registry.read(sys.argv[1]); "
        "sys.exit('music21' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "tune.mid"], check=True)
