"""Ctrl-C that waits for a good moment, so that a long run can be stopped without losing its last minutes; and an end to
work that takes too long.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["OutOfTimeError", "held_interrupts", "time_limit"]

_AGAIN = 0.1


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
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
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
