"""`outcomes` on a disk that is full or read-only: exit code 1 and one clear line; who reads is not disturbed."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from orchestration.home import PROJECT_ROOT, Home
from sources.release import sha256_of
from tests.end_to_end.runs import (
    COMMAND,
    Finished,
    assert_landing_is_readable,
    assert_mart_is_whole,
    assert_nobody_holds_the_lock,
    copy_of,
    environment,
)
from tests.end_to_end.test_kill import COMMANDS, DBT
from tests.faults.mounts import own_mounts

pytestmark = pytest.mark.end_to_end

Ended = Callable[[str], None]
READ_ONLY = 'mount --bind "$HOME_DIR" "$HOME_DIR" && mount -o remount,ro,bind "$HOME_DIR"'
STAYS = "what has landed and what is published stay as they are"


def outcomes_with(
    mounts: str, home: Home, *arguments: str, largest_file: int | None = None, command: Sequence[str] = COMMAND
) -> Finished:
    """A command with mounts of its own; where this machine allows none, with a limit on the size of its files."""

    def limit() -> None:
        if largest_file is not None and not own_mounts():
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    script = f'{mounts} && exec "$@"' if own_mounts() else 'exec "$@"'
    done = subprocess.run(
        [*own_mounts(), "sh", "-c", script, "sh", *command, *arguments],
        cwd=PROJECT_ROOT,
        env=environment(home) | {"HOME_DIR": str(home.root)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )
    return Finished(home, done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def home(sample_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    copy = copy_of(sample_home, tmp_path_factory.mktemp("disk") / "home")
    shutil.rmtree(copy.build)
    shutil.rmtree(copy.dagster_storage)
    return copy


@pytest.mark.fault("disk", "full while dbt builds")
def test_disk_that_is_full_while_dbt_builds(home: Home, ended: Ended) -> None:
    before = sha256_of(home.mart)
    home.build.mkdir(exist_ok=True)
    small = 'mount -t tmpfs -o size=12m tmpfs "$HOME_DIR/build"'
    done = outcomes_with(small, home, "run", "--from", "landed", largest_file=8 << 20, command=COMMANDS[DBT])
    assert done.code == 1, done.err
    last_words = done.err[done.err.index("outcomes: ") :]
    assert f"dbt_build: the disk refused build/build.duckdb in {home.root}: " in last_words
    assert "Free some space there" in last_words or "Raise the limit" in last_words
    assert STAYS in last_words
    assert "Traceback" not in done.err
    assert sha256_of(home.mart) == before
    assert_mart_is_whole(home)
    assert_landing_is_readable(home)
    assert_nobody_holds_the_lock(home)
    ended(f"exit code 1: {last_words.splitlines()[1]}")


@pytest.mark.fault("disk", "full before the run")
def test_disk_that_is_full_is_told_before_anything_is_done(tmp_path: Path, ended: Ended) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    fill = 'mount -t tmpfs -o size=1m tmpfs "$HOME_DIR" && (cat /dev/zero > "$HOME_DIR/ballast" 2> /dev/null; true)'
    done = outcomes_with(fill, home, "run", largest_file=0)
    assert done.code == 1
    assert done.err.startswith("outcomes: the disk refused run.lock in ")
    assert len(done.err.splitlines()) == 1
    ended(f"exit code 1: {done.err}")


@pytest.mark.fault("disk", "read-only")
def test_run_on_a_read_only_disk_ends_at_once(home: Home, tmp_path: Path, ended: Ended) -> None:
    if not own_mounts():  # nobody can write below a file
        (tmp_path / "file").touch()
        home = Home(tmp_path / "file" / "home")
    for command in (("run",), ("rollback",)):
        done = outcomes_with(READ_ONLY, home, *command)
        assert done.code == 1
        assert done.err.startswith("outcomes: the disk refused ")
        assert "OUTCOMES_HOME" in done.err
        assert len(done.err.splitlines()) == 1, done.err
    ended(f"exit code 1: {done.err}")


@pytest.mark.fault("reader", "read-only disk")
def test_who_reads_needs_no_right_to_write(home: Home, ended: Ended) -> None:
    mart = str(home.mart)
    for command in (("freshness",), ("coverage",), ("claims",), ("diff", mart, mart)):
        done = outcomes_with(READ_ONLY, home, *command)
        assert (done.code, done.err) == (0, ""), command
    ended("freshness, coverage, claims and diff answer")
