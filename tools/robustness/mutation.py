"""The inputs of `fuzz`: small valid files, and how they are changed.

They are changed by bytes, or so that the first check of the format is still passed.
"""

import copy
import io
import json
import random
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import atheris

__all__ = ["ENDINGS", "MUTATORS", "beginnings"]

ENDINGS = {
    "midi": "mid",
    "model": "safetensors",
    "config": "toml",
    "archive": "zip",
    "answers": "csv",
}
"""Endings of the files of a reader, where they are not its name."""


def beginnings(name: str) -> Iterator[bytes]:
    """Small valid files to start from.

    Args:
        name: of a reader.

    Yields:
        The bytes of each file.
    """
    from stylernn.formats import registry
    from stylernn.music.melody import Chord, Key, Melody, Note, TimeSignature

    notes = (
        Note(72, 24, 62),
        Note(96, 8, 64),
        Note(104, 8, 66),
        Note(112, 8, 67),
        Note(120, 36, 69),
        Note(192, 96, 74),
    )
    one = Melody(
        notes,
        ((0, TimeSignature(4, 4)), (192, TimeSignature(3, 4))),
        Key(2),
        90.0,
        24,
        title="One",
        chords=(Chord(96, "D7"),),
    )
    two = Melody((Note(0, 48, 60), Note(48, 12, 72)), ((0, TimeSignature(6, 8)),))
    if name in ("midi", "musicxml", "mxl", "abc", "krn"):
        for melody in (one, two):
            path = Path(tempfile.mkdtemp()) / f"seed.{ENDINGS.get(name, name)}"
            registry.write(melody, path)
            yield path.read_bytes()
    elif name == "model":
        yield _small_model()
    elif name == "config":
        yield from (path.read_bytes() for path in Path("configs").glob("*.toml"))
    elif name == "answers":
        yield (
            b"listener,question,kind,left,right,answer\n"
            b"1,1,choice,a,a,a\n1,2,identification,a,,calm\n"
        )
    elif name == "manifest":
        yield b"style,file,title,composer,licence,substyle\ncalm,calm/a.mid,A,B,CC0,slow\n"
    else:
        yield _package({"calm/a.mid": b"MThd", "manifest.csv": b"file,title\ncalm/a.mid,A\n"})


def _small_model() -> bytes:
    """A model file of the smallest size."""
    from flax import nnx

    from stylernn import config
    from stylernn.corpus.styles import Style
    from stylernn.model import checkpoint

    tiny = config.Settings(config.ModelSettings(layers=1, hidden=1, style=1, skeleton=1, head=1))
    styles = (Style("calm", "calm"),)
    arrays = checkpoint.flatten(
        nnx.state(checkpoint.new_network(tiny.model, styles, seed=1), nnx.Param)
    )
    path = Path(tempfile.mkdtemp()) / "seed.safetensors"
    checkpoint.save_model(path, checkpoint.Model(checkpoint.Header(tiny, styles), arrays))
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    facts = json.loads(header["__metadata__"]["stylernn"])
    del facts["sha256"]  # no mutation would pass it
    header["__metadata__"]["stylernn"] = json.dumps(facts)
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + data[8 + size :]


def _package(members: dict[str, bytes]) -> bytes:
    """A zip archive."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return data.getvalue()


def _mutate_package(data: bytes, most: int, seed: int) -> bytes:
    """Mutate the archive itself, or every other time one of its members."""
    if seed % 2:
        return atheris.Mutate(data, most)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if info.file_size < 2 * most]
            members = {info.filename: archive.read(info) for info in infos}
    except Exception:  # noqa: BLE001  (zipfile raises many kinds for a damaged archive)
        return atheris.Mutate(data, most)
    if not members:
        return atheris.Mutate(data, most)
    chosen = sorted(members)[seed // 2 % len(members)]
    members[chosen] = atheris.Mutate(members[chosen], 2 * most)
    return _package(members)[:most]


def _mutate_model(data: bytes, most: int, seed: int) -> bytes:
    """Mutate a model file's bytes, or two times of three the facts of its header."""
    size = int.from_bytes(data[:8], "little")
    try:
        header = json.loads(data[8 : 8 + size])
        text = header["__metadata__"]["stylernn"].encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return atheris.Mutate(data, most)
    if not seed % 3:
        return atheris.Mutate(data, most)
    header["__metadata__"]["stylernn"] = atheris.Mutate(text, 2 * len(text) + 8).decode(
        "utf-8", "replace"
    )
    written = json.dumps(header).encode()
    return (len(written).to_bytes(8, "little") + written + data[8 + size :])[:most]


def _mutate_score(data: bytes, most: int, seed: int) -> bytes:
    """Mutate a score; three times of four the XML stays well-formed.

    Then one of its texts is mutated, or one of its elements is repeated, removed or moved.
    """
    rng = random.Random(seed)
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        return atheris.Mutate(data, most)
    if not seed % 4:
        return atheris.Mutate(data, most)
    above, below = rng.choice(
        [(above, below) for above in root.iter() for below in above] or [(root, root)]
    )
    kind = rng.randrange(5)
    if kind < 2 or above is below:
        text = atheris.Mutate((below.text or "1").encode(), 40).decode("latin-1")
        below.text = "".join(filter(str.isprintable, text))
    elif kind == 2:
        above.insert(rng.randrange(len(above) + 1), below)
    elif kind == 3:
        above.remove(below)
    else:
        rng.choice(list(root.iter())).append(copy.deepcopy(below))
    written = ElementTree.tostring(root)
    return written if len(written) <= most else data[:most]


MUTATORS = {
    "mxl": _mutate_package,
    "archive": _mutate_package,
    "model": _mutate_model,
    "musicxml": _mutate_score,
}
"""Mutators whose results may pass the first check of their format, by reader."""
