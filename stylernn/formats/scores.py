"""Reader and writer of MusicXML, ABC and Humdrum **kern; music21 parses, and writes MusicXML.

A *part* is a part as the file lists it, counted from 0.

Reading
    Parts of transposing instruments are read at sounding pitch. Repeats are not expanded. Grace
    notes are dropped and tied notes merged. Of a chord the top note is read, of several voices in a
    bar the highest one. Of a collection of ABC tunes, `read` reads the first and `parse_all` all.
Choice of the melody
    `melody_extraction.find_melody` chooses among all parts, or among the staves of the given part.
Bars
    A short first bar is right-aligned in bar 0. Two successive short bars that together have the
    length of a bar, as around a repeat sign, become one bar. After any other irregular bar, the
    metre starts again.
"""

import io
import os
import re
import warnings
from contextlib import redirect_stderr
from pathlib import Path

from music21 import converter, note, stream, tie

from stylernn.errors import FileFormatError, StylernnError
from stylernn.formats import music21_reader
from stylernn.formats.abc_kern import abc_text, kern_text
from stylernn.formats.melody_extraction import assemble, check_note_count, find_melody, skyline
from stylernn.formats.musicxml import musicxml
from stylernn.formats.score_text import FORMATS, abc_segments, find_part, pack, tune_texts
from stylernn.music.melody import Melody
from stylernn.system import limits
from stylernn.system.atomic_write import atomic_write
from stylernn.system.process import OutOfTimeError, time_limit

__all__ = ["parse_all", "read", "write"]

_SECONDS_PER_MEGABYTE = 20
_SHOWN = 200  # characters of an error message of music21


def read(path: str | os.PathLike[str], *, track: int | None = None) -> Melody:
    r"""Read the melody of a score.

    Args:
        path: a .musicxml, .xml, .mxl, .abc or .krn file.
        track: number of the part to read; by default the part is chosen as described above.

    Returns:
        The melody.

    Raises:
        FileFormatError: if the file is not such a score, or has no melody within the limits.
        UsageError: if the file has no such part.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tune.abc")
        ...     _ = path.write_text("X:1\nT:Air\nM:4/4\nL:1/4\nK:G\nGABc|d4|\n")
        ...     melody = read(path)
        >>> melody.title, [note.pitch for note in melody.notes]
        ('Air', [67, 69, 71, 72, 74])
    """
    return _melody(path, tune_texts(path, track)[0], track)


def parse_all(
    path: str | os.PathLike[str], *, part: str | int | None = None
) -> tuple[list[Melody], list[str]]:
    """Read every tune of a file, leaving out the broken ones.

    Args:
        path: as for `read`.
        part: index or name of the part to read; by default the part is chosen as described above.

    Returns:
        The melodies, and a message of one line for each tune that could not be read.

    Raises:
        FileFormatError: if the file as a whole cannot be read.
        UsageError: if a MusicXML score has no such part.
    """
    melodies: list[Melody] = []
    problems: list[str] = []
    for text in tune_texts(path, part):
        try:
            melodies.append(_melody(path, text, part))
        except StylernnError as error:
            number = re.search(r"^X:\s*(\S+)", text, re.MULTILINE)
            problems.append(
                f"tune {number[1]}: {error.found or error.problem}" if number else str(error)
            )
    return melodies, problems


def write(melody: Melody, path: str | os.PathLike[str]) -> None:
    """Write a melody as a score, in the format of the ending of `path`.

    Chord symbols are left out of **kern, and of MusicXML if music21 does not know them.

    Args:
        melody: what to write.
        path: the file to make or to replace as a whole; .musicxml, .xml, .mxl, .abc or .krn.

    Raises:
        UsageError: if the file cannot be written.

    Example:
        >>> import tempfile
        >>> from stylernn.music.melody import Note
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tune.krn")
        ...     write(Melody((Note(0, 24, 60), Note(24, 72, 62))), path)
        ...     path.read_text().split()[-4:]
        ['4c', '2.d', '==', '*-']
    """
    ending = Path(path).suffix.lower()
    if FORMATS[ending] == "musicxml":
        data = musicxml(melody)
    else:
        data = (abc_text if ending == ".abc" else kern_text)(melody).encode()
    with atomic_write(path) as draft:
        draft.write_bytes(pack(data) if ending == ".mxl" else data)


def _melody(path: str | os.PathLike[str], text: str, part: str | int | None) -> Melody:
    """The melody of one tune."""
    parts = [read for read in _parsed(path, text, part) if len(read.notes)]
    if not parts:
        check_note_count(path, 0)
    line = parts[find_melody([read.name for read in parts], [read.notes for read in parts])]
    check_note_count(path, len(line.notes))
    notes = skyline(line.notes)
    check_note_count(path, len(notes))
    return assemble(
        path,
        notes,
        line.metres,
        key=line.key,
        tempo=line.tempo,
        title=line.title.strip(),
        chords=line.chords,
    )


def _parsed(
    path: str | os.PathLike[str], text: str, part: str | int | None
) -> list[music21_reader.Line]:
    """The parts that may be the melody, read by music21 within the limit `seconds`."""
    kind = FORMATS[Path(path).suffix.lower()]
    seconds = limits.current().seconds + _SECONDS_PER_MEGABYTE * len(text) / 1e6
    try:
        # music21 warns about engraving, by warnings and on the standard error stream.
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()), time_limit(seconds):
            warnings.simplefilter("ignore")
            score = _abc_score(text) if kind == "abc" else converter.parseData(text, format=kind)
            parts = music21_reader.parts(score)
            if part is not None and kind != "musicxml":
                parts = [parts[find_part(path, [p.partName or "" for p in parts], part)]]
            return [music21_reader.line(p, score) for p in parts]
    except StylernnError:
        raise
    except OutOfTimeError:
        remedy = f"Save only the melody's part. {limits.VARIABLE}=seconds=N raises the limit."
        expected = f"at most {seconds:.0f} seconds of computing"
        raise FileFormatError(
            f"{path} takes too long to read", expected=expected, remedy=remedy
        ) from None
    except Exception as error:  # music21 raises errors of many types
        raise FileFormatError(
            f"{path} is damaged",
            expected="a score that music21 can read",
            found=f"{type(error).__name__}: {error}"[:_SHOWN],
        ) from error


def _abc_score(text: str) -> stream.Score:
    """One tune of ABC; each metre is parsed alone, because music21 misses some changes of metre."""
    segments = [converter.parseData(segment, format="abc") for segment in abc_segments(text)]
    if len(segments) == 1:
        return segments[0]
    part = stream.Part()
    for segment in segments:
        measures = music21_reader.measures(segment.parts[0])
        before, after = part[note.NotRest].last(), measures[0][note.NotRest].first()
        if before and after and music21_reader.is_tied(before, "start"):
            after.tie = tie.Tie("continue" if after.tie else "stop")
        part.append(measures)
    score = stream.Score([part])
    score.metadata = segments[0].metadata
    return score
