"""Files to tunes, in a pool of processes.

A `Job` is one file with the labels of its tunes. A worker process reads it and returns the tunes.
Workers are started by "spawn", because a process that runs JAX's threads must not be forked. A
script that calls this module therefore needs `if __name__ == "__main__"` around its main part, as
for every use of multiprocessing.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace

from stylernn.corpus.cache import Parsed
from stylernn.corpus.tunes import MIN_NOTES, Dropped, LabelledMelody, Progress
from stylernn.corpus.works import work_id
from stylernn.errors import CorpusError, StylernnError
from stylernn.formats import registry

__all__ = ["Job", "parse", "parse_one", "workers"]

_FEW = 16
"""Up to so many files of a fast format are read in this process, before a pool would start."""


@dataclass(frozen=True)
class Job:
    """One file to read, and the labels of its tunes.

    Args:
        path: of the file.
        identity: name of the file within its source.
        style: as in `LabelledMelody`.
        source: as in `LabelledMelody`.
        licence: as in `LabelledMelody`.
        substyle: as in `LabelledMelody`.
        title: replaces the title in the file; "" keeps that.
        composer: distinguishes works with generic titles; "" where unknown.
        part: number of a part of a score, from 0; None lets the format's reader choose.
    """

    path: str
    identity: str
    style: str
    source: str
    licence: str
    substyle: str = ""
    title: str = ""
    composer: str = ""
    part: int | None = None


def parse(
    name: str,
    jobs: Sequence[Job],
    *,
    progress: Progress | None = None,
    reader: Callable[[Job], Parsed] | None = None,
) -> Iterator[Parsed]:
    """Read files, in order.

    Args:
        name: of the corpus, for the progress report.
        jobs: one a file.
        progress: called after each file.
        reader: of one file; `parse_one` by default.

    Yields:
        The tunes of each file, in the order of the jobs.

    Raises:
        CorpusError: if the workers cannot start.
    """
    reader = reader or parse_one
    if len(jobs) < 2 or (
        len(jobs) <= _FEW and all(registry.format_of(job.path).is_fast for job in jobs)
    ):
        yield from _counted(name, map(reader, jobs), len(jobs), progress)
        return
    with workers(min(os.cpu_count() or 1, len(jobs))) as pool:
        chunk = max(1, min(32, len(jobs) // 64))
        try:
            yield from _counted(name, pool.map(reader, jobs, chunksize=chunk), len(jobs), progress)
        except BrokenProcessPool:
            remedy = (
                'A script that loads corpora needs `if __name__ == "__main__":` around its code'
            )
            raise CorpusError(
                f"the processes that parse {name} did not start", remedy=remedy
            ) from None


def workers(count: int) -> ProcessPoolExecutor:
    """A pool of spawned processes that end with this one, even if it is killed.

    Args:
        count: number of processes.

    Returns:
        The pool, to be used as a context manager.
    """
    return ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("spawn"), initializer=_follow_parent
    )


def parse_one(job: Job) -> Parsed:
    """All usable melodies of one file.

    Args:
        job: the file and its labels.

    Returns:
        The tunes, and what was dropped. A file that cannot be read is dropped; no error is raised.
    """
    try:
        melodies, reasons = registry.read_all(job.path, part=job.part)
    except StylernnError as error:
        return Parsed([], [Dropped(job.identity, error.found or error.problem)])
    tunes, dropped = [], [_dropped(job.identity, reason) for reason in reasons]
    for number, melody in enumerate(melodies, 1):
        identity = job.identity if len(melodies) == 1 else f"{job.identity}#{number}"
        if len(melody.array) < MIN_NOTES:
            dropped.append(Dropped(identity, f"fewer than {MIN_NOTES} notes"))
            continue
        title = job.title or melody.title
        work = work_id(title, job.composer, identity)
        named = melody if title == melody.title else replace(melody, title=title)
        tunes.append(
            LabelledMelody(named, job.style, identity, work, job.source, job.licence, job.substyle)
        )
    return Parsed(tunes, dropped)


def _follow_parent() -> None:
    """In a worker: end as soon as the parent process does, instead of waiting for work."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _dropped(identity: str, reason: str) -> Dropped:
    """A reader's message ("tune 12: no notes", or an error in full) as a location and a reason."""
    where, colon, rest = reason.partition(": ")
    if colon and where.startswith("tune "):
        return Dropped(f"{identity}#{where}", rest)
    return Dropped(identity, reason.rpartition("found ")[2])


def _counted(
    name: str, results: Iterator[Parsed], total: int, progress: Progress | None
) -> Iterator[Parsed]:
    """Pass results on and report each of them."""
    for done, result in enumerate(results, 1):
        if progress:
            progress(name, done, total)
        yield result
