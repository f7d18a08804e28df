"""What the tests share: strictness, the real melodies where they are at hand, and a tiny model."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

os.environ.setdefault("JAX_NUMPY_RANK_PROMOTION", "raise")  # before jax is imported anywhere

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


class Ran(NamedTuple):
    """What a command line came to."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests out of the user's cache; all processes of a run share one of their own."""
    import jax

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    os.environ["STYLERNN_CACHE"] = str(shared / "cache")
    jax.config.update("jax_compilation_cache_dir", str(shared / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Whatever a test does, it reaches no other machine; local sockets stay."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a test has tried to use the network")

    connect = socket.socket.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(
            socket.socket,
            "connect",
            lambda self, to: refuse() if self.family != socket.AF_UNIX else connect(self, to),
        )
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real melodies beside the checkout; tests that need it are skipped elsewhere."""
    folder = ROOT.parent / "shared"
    if not (folder / "data" / "styles" / "manifest.csv").exists():
        pytest.skip("the real melodies of ../shared are not on this machine")
    return folder


@pytest.fixture
def stylernn(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command line in this process: `stylernn("transfer", "tune.mid", "--to", "jazz")`."""
    from stylernn.cli import main

    def run(*words: object) -> Ran:
        capfd.readouterr()
        code = main([str(word) for word in words])
        return Ran(code, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest model file, untrained, with jazz and classical; its notes are random."""
    from flax import nnx

    from stylernn import config
    from stylernn.corpus.styles import Style
    from stylernn.model import checkpoint

    tiny = config.Settings(config.ModelSettings(layers=1, hidden=16, style=4, skeleton=4, head=8))
    styles = (
        Style("bebop", "jazz"),
        Style("classical", "classical"),
        Style("jazz", "jazz", metres={"4/4": 1.0}),
    )
    network = checkpoint.new_network(tiny.model, styles, seed=1)
    arrays = checkpoint.flatten(nnx.state(network, nnx.Param))
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    checkpoint.save_model(path, checkpoint.Model(checkpoint.Header(tiny, styles), arrays))
    return path
