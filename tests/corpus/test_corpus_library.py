"""Installed corpora by style: labels, parents, the cache, and real sources from the mirror."""

import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from stylernn import corpus
from stylernn.corpus import openewld, quartets, readers
from stylernn.corpus.catalogue import Source, root
from stylernn.corpus.parsing import Job, parse_one
from stylernn.errors import UsageError
from stylernn.music.melody import Melody, Note

_QUARTET = """
<score-partwise version="3.1">
  <part-list>
    <score-part id="P1"><part-name>Violin I</part-name></score-part>
  </part-list>
  <part id="P1">
    <measure number="1">
      <attributes><divisions>2</divisions><key><fifths>1</fifths></key><time><beats>3</beats>
      <beat-type>4</beat-type></time></attributes><note/>
    </measure>
    <measure number="2">
      <barline><bar-style>light-heavy</bar-style><repeat direction="backward"/></barline>
    </measure>
    <measure number="3"><note/><barline><bar-style>light-heavy</bar-style></barline></measure>
    <measure number="1">
      <attributes><time><beats>2</beats><beat-type>4</beat-type></time></attributes><note/>
    </measure>
    <measure number="2"><note/><barline><bar-style>light-heavy</bar-style></barline></measure>
  </part>
  <part id="P2"><measure number="1"><note/></measure></part>
</score-partwise>
"""


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Sources that need no parsing: two tunes a style; returns the names of what was parsed."""
    monkeypatch.setenv("STYLERNN_CACHE", str(tmp_path))
    parsed: list[str] = []

    def read(source: Source, style: str, progress: corpus.Progress | None) -> list[corpus.Parsed]:
        parsed.append(f"{source.name} {style}")
        melody = Melody(tuple(Note(24 * k, 24, 60) for k in range(9)))
        subs = ("bebop", "cool")
        return [
            corpus.Parsed(
                [
                    corpus.LabelledMelody(
                        melody, style, f"{style} {sub}", sub, source.name, "CC0", sub
                    )
                    for sub in subs
                ],
                [],
            )
        ]

    monkeypatch.setattr(corpus.library, "read", read)
    monkeypatch.setattr(
        corpus.library.download, "is_fetched", lambda source: source.name == "weimar"
    )
    monkeypatch.setattr(corpus.library.download, "check", lambda source: None)
    return parsed


def test_a_style_is_parsed_once_and_alone(pretend: list[str]) -> None:
    first = corpus.load(["irish"])
    assert corpus.load(["irish"]) == first
    assert pretend == ["music21-celtic irish"]


def test_sums_and_parts(pretend: list[str]) -> None:
    celtic = corpus.load(["celtic"])
    assert {tune.style for tune in celtic} == {"celtic"}
    assert [tune.substyle for tune in celtic] == ["fiddle"] * 2 + ["irish"] * 2 + ["scottish"] * 2
    both = corpus.load(["celtic", "irish"])
    assert [(tune.style, tune.substyle) for tune in both if "irish" in tune.identity] == [
        ("irish", "bebop"),
        ("irish", "cool"),
    ]
    assert len({(tune.source, tune.identity) for tune in both}) == len(both) == 6
    bebop = corpus.load(["bebop"])
    assert [(tune.style, tune.substyle, tune.identity) for tune in bebop] == [
        ("bebop", "", "jazz bebop")
    ]
    assert len(corpus.load(["jazz"])) == 2


def test_real_sources_come_before_etudes(pretend: list[str]) -> None:
    assert corpus.in_use("jazz") == ["weimar"]
    assert corpus.in_use("bebop") == ["weimar"]
    assert corpus.in_use("celtic") == ["music21-celtic"]


def test_unknown_style(pretend: list[str]) -> None:
    with pytest.raises(UsageError, match="Did you mean irish"):
        corpus.load(["irisch"])


def test_movements_begin_where_bars_are_counted_anew_and_keep_what_is_in_force() -> None:
    first, second = quartets.movements(ElementTree.fromstring(_QUARTET))
    assert [measure.get("number") for measure in first.iter("measure")] == ["1", "2", "3"]
    assert [measure.get("number") for measure in second.iter("measure")] == ["1", "2"]
    opening = second.find("part/measure/attributes")
    assert opening is not None
    assert opening.findtext("divisions") == "2"
    assert opening.findtext("key/fifths") == "1"
    assert [time.findtext("beats") for time in second.iter("time")] == ["2"]
    assert [len(movement.findall("part")) for movement in (first, second)] == [1, 1]


def test_movements_without_numbers_end_at_final_bar_lines() -> None:
    score = ElementTree.fromstring(_QUARTET)
    for number, measure in enumerate(score.iter("measure"), 1):
        measure.set("number", str(number))
    assert [len(list(movement.iter("measure"))) for movement in quartets.movements(score)] == [3, 2]


def _jobs(source: Source, style: str, shared: Path, monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    monkeypatch.setattr(
        readers, "root", lambda _: shared / "data" / "mirror" / source.repository / source.commit
    )
    return readers._jobs(source, style)


def test_quartets_from_the_mirror(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = _jobs(corpus.sources()["openscore-quartets"], "classical", shared, monkeypatch)
    chosen = [job for job in jobs if "Op.1 No.3" in job.title and "Saint-Georges" in job.composer]
    assert len(chosen) == 1
    tunes, dropped = quartets.read_movements(chosen[0])
    assert dropped == []
    assert [tune.melody.bars for tune in tunes] == [
        79,
        50,
    ]  # 80 measures, two of them one bar around a repeat sign
    assert {tune.work for tune in tunes} == {"saint georges op 1 no 3"}
    assert [tune.identity[-2:] for tune in tunes] == ["#1", "#2"]


def test_an_abc_book_from_the_mirror(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = _jobs(corpus.sources()["nottingham"], "folk", shared, monkeypatch)
    assert len(jobs) == 14
    (book,) = (job for job in jobs if job.substyle == "morris")
    tunes, dropped = parse_one(book)
    assert len(tunes) + len(dropped) == 31
    assert len(dropped) == 0
    assert {tune.substyle for tune in tunes} == {"morris"}
    assert len({tune.identity for tune in tunes}) == len(tunes)


def test_songs_are_old_or_traditional(shared: Path) -> None:
    source = corpus.sources()["openewld"]
    database = shared / "data" / "mirror" / source.repository / source.commit / "OpenEWLD.db"
    songs = openewld.songs(
        database,
        jazz_styles=source.styles["jazz_standard"]["recorded_as"],
        genres=source.styles["pop_vintage"]["genres"],
    )
    assert {song.path for song in songs} | {"OpenEWLD.db"} == set(source.sha256)
    jazz = {song.title: song.jazz for song in songs}
    assert not jazz["Sweet Georgia Brown"]
    assert jazz["Ain't Misbehavin'"]
    assert "Tangerine" not in jazz  # 1942
    assert "When You Were Sweet Sixteen" not in jazz  # undated
    assert "Shenandoah" not in jazz  # traditional, but not jazz


@pytest.mark.parametrize("style", ["jazz_standard", "pop_vintage"])
def test_a_song_is_read_under_its_own_style(
    style: str, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = corpus.sources()["openewld"]
    mirror = shared / "data" / "mirror" / source.repository / source.commit
    monkeypatch.setattr(readers, "root", lambda source: mirror)
    jobs: list[Job] = []
    monkeypatch.setattr(readers, "parse", lambda name, found, **options: jobs.extend(found))
    readers.read(source, style)
    assert len(jobs) == source.styles[style]["tunes"]
    assert {job.style for job in jobs} == {style}


def test_classical_comes_with_music21() -> None:
    """Three of its files; a whole style is in `make corpora`-sized tests."""
    jobs = readers._jobs(corpus.sources()["music21-classical"], "classical")
    assert all(
        root(corpus.sources()["music21-classical"]) in Path(job.path).parents for job in jobs
    )
    (job,) = (job for job in jobs if job.identity == "mozart/k155/movement1.mxl")
    start = time.monotonic()
    (tune,), dropped = quartets.read_movements(job)
    assert dropped == []
    assert tune.work == "mozart k 155"
    assert time.monotonic() - start < 20
