"""Errors of the disk are known by whoever raised them, and told in one line; others are left alone."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from sources.disk import disk_trouble, writing

HOME = Path("/srv/outcomes")
FULL = os.strerror(errno.ENOSPC)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            OSError(errno.ENOSPC, FULL, "/srv/outcomes/landing/d/1.csv"),
            "the disk refused landing/d/1.csv in /srv/outcomes: no space left on device. Free some space there",
        ),
        (f"OSError: [Errno 28] {FULL}: '/srv/outcomes/build/datasets/d.json'", "refused build/datasets/d.json in"),
        (f'IO Error: Could not write file "/srv/outcomes/build/build.duckdb": {FULL}', "refused build/build.duckdb in"),
        (OSError(errno.EROFS, "Read-only file system", "/mnt/x"), "refused /mnt/x: read-only file system. Mount"),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/outcomes"), "refused /srv/outcomes: permission"),
        (sqlite3.OperationalError("database or disk is full"), "refused a file in /srv/outcomes: no space left"),
        (f"dbt failed with `['/opt/dbt']`\n[Errno 28] {FULL}", "refused a file in /srv/outcomes: no space left"),
    ],
)
def test_error_of_the_disk_says_what_where_and_what_to_do(error: BaseException | str, told: str) -> None:
    line = disk_trouble(error, HOME)
    assert line is not None
    assert told in line
    assert line.endswith("; what has landed and what is published stay as they are")
    assert "\n" not in line


def test_error_that_was_raised_because_of_the_disk_is_one_of_the_disk() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, FULL, "/srv/outcomes/raw/d/t.parquet")
        except OSError as error:
            raise RuntimeError("the step failed") from error
    except RuntimeError as failed:
        assert "refused raw/d/t.parquet in" in (disk_trouble(failed, HOME) or "")


@pytest.mark.parametrize(
    "error", [ValueError("no number"), FileNotFoundError(errno.ENOENT, "No such file", "/x"), "dbt build failed"]
)
def test_other_errors_are_not_blamed_on_the_disk(error: BaseException | str) -> None:
    assert disk_trouble(error, HOME) is None


def test_write_that_fails_names_its_file() -> None:
    told = pytest.raises(OSError, match=r"device: '/srv/a\.csv'")
    with Path("/dev/full").open("wb", buffering=0) as full, told, writing(Path("/srv/a.csv")):
        full.write(b"1")
