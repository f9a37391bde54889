"""Memory of a process: of a run, what reading took is dbt's to use, which works in a process beside it."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import NoReturn

_M_MMAP_THRESHOLD, _LARGE = -3, 128 << 10  # glibc's mallopt


@contextmanager
def made_to_stay() -> Iterator[None]:
    """What is made meanwhile (modules, definitions) stays to the end: the garbage collector never looks through it."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@cache
def map_large_buffers() -> None:
    """Has large buffers, Arrow's among them, mapped one by one, so that each goes back to the system when it is freed.

    Arrow's own allocator keeps what it once had. Where the C library is not glibc, that is all that changes.
    """
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """Returns to the system what was freed and is still kept for a next time."""
    gc.collect()
    if "pyarrow" in sys.modules:  # else nothing was read
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def leave(code: int) -> NoReturn:
    """Ends the process as `sys.exit` does, but leaves its memory to the system.

    To take apart what a run or dbt has imported and made, object by object, takes a quarter of a second and more.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
