"""What a disk refused, in one clear line: no space, a quota, a limit, read-only, no right, broken.

Such errors come from Python, Arrow, DuckDB, SQLite and dbt, and not all of them keep the error's number: what they
have in common are the system's own words for it. No dataset is to blame for them, and neither is the code.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SPACE = "Free some space there and run again"
_RIGHT = "Give this user the right to write there, or let OUTCOMES_HOME name another folder"
_WHAT_TO_DO = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: "Raise the limit on the size of a file (ulimit -f) and run again",
    errno.EROFS: "Mount that disk for writing, or let OUTCOMES_HOME name a folder on another one",
    errno.EACCES: _RIGHT,
    errno.EPERM: _RIGHT,
    errno.ENOTDIR: "Let OUTCOMES_HOME name a folder",
    errno.EEXIST: "Let OUTCOMES_HOME name a folder",
    errno.EIO: "Look at the disk's health, and run again",
}
# SQLite (run history) has words of its own.
_OTHER_WORDS = {
    "database or disk is full": errno.ENOSPC,
    "attempt to write a readonly database": errno.EROFS,
    "disk I/O error": errno.EIO,
}
_WORDS = {os.strerror(number): number for number in _WHAT_TO_DO if number not in (errno.ENOTDIR, errno.EEXIST)}
_WORDS |= _OTHER_WORDS
_NAMED = re.compile(r"""["'](/[^"'\n]+)["']""")


def is_disk_trouble(error: BaseException) -> bool:
    """Whether the disk refused, by the system's own number."""
    return isinstance(error, OSError) and error.errno in _WHAT_TO_DO


def disk_trouble(error: BaseException | str, home: Path, at: Path | None = None) -> str | None:
    """What the disk refused and what to do, paths relative to `home`; None where it is not to blame.

    Also where another error was raised because of it. `at`: what was being written, where the error does not say.
    """
    if isinstance(error, OSError) and is_disk_trouble(error) and error.errno is not None:
        return _told(str(error), error.errno, home, at)
    seen: BaseException | str | None = error
    while seen is not None:
        for words, number in _WORDS.items():
            told = next((line for line in str(seen).splitlines() if words in line), None)
            if told is not None:
                return _told(told, number, home, at)
        seen = None if isinstance(seen, str) else seen.__cause__ or seen.__context__
    return None


def _told(text: str, number: int, home: Path, at: Path | None) -> str:
    named = [Path(path) for path in _NAMED.findall(text)]
    path = next((path for path in named if home in path.parents), at or (named[0] if named else None))
    where = f"a file in {home}"
    if path is not None:
        where = f"{path.relative_to(home)} in {home}" if home in path.parents else str(path)
    return (
        f"the disk refused {where}: {os.strerror(number).lower()}. "
        f"{_WHAT_TO_DO[number]}; what has landed and what is published stay as they are"
    )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Lets an error name what was being written: the system's own names nothing, or what was being copied."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.filename, error.filename2 = str(path), None
        raise
