"""Memory that a training step frees is kept for the next one.

A step needs some hundred megabytes for a moment. glibc hands blocks of that size back to the system at once, and the
next step gets them page by page, zeroed: a tenth to a third of its time.
"""

import ctypes

__all__ = ["keep_freed"]

# Parameters of mallopt(3), from malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
_MOST = 2**31 - 1


def keep_freed() -> bool:
    """Have this process keep what it frees, from one heap for all threads; False where its C library cannot.

    It is for programs that repeat themselves: the process never becomes smaller than it once was.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # other C libraries have no mallopt, Windows has no CDLL(None)
        return False
    return all([mallopt(_ARENA_MAX, 1), mallopt(_MMAP_MAX, 0), mallopt(_TRIM_THRESHOLD, _MOST)])
