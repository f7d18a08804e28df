"""What a process asks of its operating system: interrupts that wait, a time limit, and memory that is kept."""

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["OutOfTimeError", "held_interrupts", "keep_freed", "time_limit"]

_AGAIN = 0.1
# Parameters of mallopt(3), from malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
_MOST = 2**31 - 1


class OutOfTimeError(BaseException):
    """Work has taken longer than allowed. No `Exception`, because libraries swallow those."""


@contextmanager
def held_interrupts() -> Iterator[threading.Event]:
    """Turn a first Ctrl-C into an event, that a step may end; a second one acts at once.

    Outside the main thread, where Ctrl-C never arrives, the event stays unset.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End what runs inside after so many seconds of computing; waiting does not count.

    Python is interrupted between two of its instructions, every tenth of a second until it lets go. Outside the main
    thread, and where there is no such timer (Windows), nothing is interrupted.

    Raises:
        OutOfTimeError: in the work itself.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "setitimer"
    ):
        yield
        return
    over = False

    def stop(number: int, frame: FrameType | None) -> None:
        if not over:
            raise OutOfTimeError

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN)
        try:
            yield
        finally:
            over = True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def keep_freed() -> bool:
    """Have this process keep the memory that it frees, in one heap for all threads.

    A training step needs some hundred megabytes for a moment. glibc hands blocks of that size back
    to the system at once, and the next step gets them page by page, zeroed: a tenth to a third of
    its time. The process never becomes smaller than it once was.

    Returns:
        False where its C library cannot do this.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (
        AttributeError,
        OSError,
        TypeError,
    ):  # other C libraries have no mallopt, Windows has no CDLL(None)
        return False
    return all([mallopt(_ARENA_MAX, 1), mallopt(_MMAP_MAX, 0), mallopt(_TRIM_THRESHOLD, _MOST)])
