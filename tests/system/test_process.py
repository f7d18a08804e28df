"""Memory that is kept: a process that repeats itself gets no fresh pages."""

import platform
import subprocess
import sys

import pytest

_REPEATED = """
import resource
import sys
import threading
from stylernn.system import process

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    worker = threading.Thread(target=lambda: len(b"x" * 50_000_000))
    worker.start()
    worker.join()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

kept = "keep" in sys.argv and process.keep_freed()
faults()
print(kept, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has mallopt")
@pytest.mark.parametrize("word", ["keep", "leave"])
def test_freed_memory_comes_back_without_page_faults(word: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _REPEATED, word], capture_output=True, text=True, check=True
    )
    kept, faults = ran.stdout.split()
    assert (kept == "True") == (word == "keep")
    assert (int(faults) < 1000) == (word == "keep")
