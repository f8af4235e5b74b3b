"""Processes that never outlive the one that started them. Standard library only: used before Django exists."""

import ctypes
import gc
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def stop_with_parent(with_signal: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel to send `with_signal` to this process when the thread that forked it ends.

    Linux only; elsewhere the next start finds and stops what was left. Call it after any change of user,
    which would clear it.
    """
    if _libc is None:
        return
    parent = os.getppid()
    _libc.prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
    if os.getppid() != parent:  # It ended before the kernel knew of our wish.
        os.kill(os.getpid(), with_signal)


def keep_what_is_loaded(look_after: int) -> None:
    """Never look for garbage among what has been loaded so far: it stays, and a look at it holds up a page for 30 ms.

    Of what comes later, look whenever there are so many objects more.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(look_after, 20, 20)


def both(vietnamese: str, english: str) -> str:
    """What an operator reads before any language is chosen."""
    return f"{vietnamese}\n{english}"
