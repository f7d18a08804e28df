"""Interrupts, a limit on computing time, and memory allocation of the process."""

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["OutOfTimeError", "held_interrupts", "keep_freed", "time_limit"]

_INTERVAL = 0.1  # seconds between interrupts
# Parameters of mallopt(3), from malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
_MAX_INT = 2**31 - 1


class OutOfTimeError(BaseException):
    """Work has taken longer than allowed; not an `Exception`, because libraries catch those."""


@contextmanager
def held_interrupts() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into an event, so that a step can be completed.

    A second Ctrl-C interrupts at once. Outside the main thread, which Ctrl-C does not reach, the
    event stays unset.

    Yields:
        An event that the first Ctrl-C sets.

    Example:
        >>> with held_interrupts() as interrupted:
        ...     interrupted.is_set()
        False
    """
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        interrupted.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the body of the `with` statement after some seconds of computing.

    Waiting does not count. Python is interrupted between two of its instructions, every tenth of a
    second until the body ends. Outside the main thread, and where there is no such timer (Windows),
    nothing is interrupted.

    Args:
        seconds: of processor time, above 0.

    Raises:
        OutOfTimeError: inside the body.

    Example:
        >>> with time_limit(10):
        ...     sum(range(10))
        45
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
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _INTERVAL)
        try:
            yield
        finally:
            over = True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def keep_freed() -> bool:
    """Make the C library keep freed memory, in one heap for all threads.

    A training step needs some hundred megabytes for a short time. By default glibc returns blocks
    of that size to the system when they are freed. The next step gets them page by page, filled
    with zeros, which takes a tenth to a third of its time. After this call, the process never
    becomes smaller than its largest size.

    Returns:
        Whether the C library supports this; only glibc does.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False  # other C libraries have no mallopt, Windows has no CDLL(None)
    return all([mallopt(_ARENA_MAX, 1), mallopt(_MMAP_MAX, 0), mallopt(_TRIM_THRESHOLD, _MAX_INT)])
