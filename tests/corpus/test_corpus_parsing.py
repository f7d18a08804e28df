"""The pool of parsers: it ends with its parent, and one bad file is one reason."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stylernn.corpus.parsing import Job, parse, parse_one

_PARENT = """
import os, signal, time
from stylernn.corpus.parsing import workers
if __name__ == "__main__":
    with workers(1) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that cannot be caught")
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 20
    while _is_running(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_running(worker)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_bad_file_is_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "bad.mid"
    path.write_bytes(b"RIFF")
    tunes, dropped = parse_one(Job(str(path), "bad.mid", "folk", "test", "CC0"))
    assert tunes == []
    assert [entry.where for entry in dropped] == ["bad.mid"]
    assert str(tmp_path) not in dropped[0].reason


def test_results_come_in_order_of_jobs(tmp_path: Path) -> None:
    jobs = [
        Job(str(tmp_path / f"{number}.mid"), str(number), "folk", "test", "CC0")
        for number in range(40)
    ]
    seen: list[int] = []
    parts = list(parse("test", jobs, progress=lambda name, done, total: seen.append(done)))
    assert [part.dropped[0].where for part in parts] == [job.identity for job in jobs]
    assert seen == list(range(1, 41))
