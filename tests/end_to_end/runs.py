"""`outcomes` in processes of its own: run to the end, or watched line by line and killed; and what must hold after."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.home import PROJECT_ROOT, Home
from orchestration.publish import published_build_id
from sources.landing import Landing
from sources.release import sha256_of

COMMAND = [sys.executable, "-m", "orchestration.cli"]
# What decides over a run besides its arguments; a test's surroundings must not.
OURS = ("OUTCOMES_", "DAGSTER_", "DBT_")
# In the environment of every command, and to be found nowhere afterwards. No test asks a publisher.
SECRETS = {
    "NOMIS_UID": "0x5ec7e70a1d",
    "NETWORK_RAIL_USER": "clerk.5ec7e7@example.org",
    "NETWORK_RAIL_PASSWORD": "hunter2-pa55",
}


@dataclass(frozen=True)
class Finished:
    """A command that came to its end."""

    home: Home
    code: int
    out: str
    err: str


def environment(home: Home) -> dict[str, str]:
    """Environment of a command that works in `home`; what a killed one leaves in a scratch folder stays there too."""
    scratch = home.root.parent / f"{home.root.name}-scratch"
    scratch.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Nothing is written beside the libraries; but compiled once for all processes of a session they load in half
        # the time.
        kept["PYTHONPYCACHEPREFIX"] = str(home.root.parents[1] / "bytecode")
    return kept | SECRETS | {"OUTCOMES_HOME": str(home.root), "TMPDIR": str(scratch)}


def outcomes(home: Home, *arguments: str, **variables: str) -> Finished:
    """One command, to its end; with further environment variables."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=PROJECT_ROOT,
        env=environment(home) | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(home, done.returncode, done.stdout, done.stderr)


class Running:
    """A command at work, in a process group of its own."""

    def __init__(self, home: Home, *arguments: str, command: Sequence[str] = COMMAND) -> None:
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=PROJECT_ROOT,
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []

    def wait_for_sight(self, folder: Path, sight: str) -> None:
        """Returns when something in `folder` matches `sight`; fails when the command ends first."""
        while not any(folder.glob(sight)):
            assert self.process.poll() is None, sight

    def wait_for(self, words: str) -> None:
        """Returns when a line of progress holds `words`; fails with all that was said when the command ends first."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if words in line:
                return
        raise AssertionError(f"{words!r} was never said:\n{''.join(self.said)}")

    def kill(self) -> None:
        """SIGKILL to the whole process group."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_alone(self) -> None:
        """SIGKILL to the command; what it has started goes on."""
        self.process.kill()
        self.process.wait()

    def terminate(self) -> tuple[int, str]:
        """SIGTERM to the command alone, as a service manager may send it. Returns its exit code and last words."""
        self.process.terminate()
        _, last_words = self.process.communicate()
        return self.process.returncode, last_words

    def left_alive(self) -> list[str]:
        """Commands of the process group that go on, 10 s after the command itself has ended."""
        for _ in range(100):
            listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True)
            rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
            alive = [row[2] for row in rows if row[0] == str(self.process.pid) and not row[1].startswith("Z")]
            if not alive:
                break
            time.sleep(0.1)
        return alive


@contextmanager
def running(home: Home, *arguments: str, command: Sequence[str] = COMMAND) -> Iterator[Running]:
    """A command at work; nothing of its process group is left afterwards."""
    started = Running(home, *arguments, command=command)
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.process.pid, signal.SIGKILL)
        started.process.wait()
        assert started.process.stderr is not None
        started.process.stderr.close()


def copy_of(home: Home, folder: Path) -> Home:
    """The same warehouse in another folder."""
    shutil.copytree(home.root, folder, symlinks=True)
    return Home(folder)


def assert_mart_is_whole(home: Home) -> str:
    """The published file is, byte for byte, a kept build, and holds as many rows as it says. Returns its build id."""
    build_id = published_build_id(home)
    assert build_id is not None
    assert sha256_of(home.mart) == sha256_of(home.builds / build_id / "outcomes.duckdb")
    with duckdb.connect(home.mart, read_only=True) as con:
        stated, found = con.execute(
            "select published_rows + illustrative_rows, (select count(*) from mart.fct_observation) from mart.build"
        ).fetchone()
    assert stated == found > 0
    results = json.loads((home.builds / build_id / "results.json").read_text(encoding="utf-8"))
    assert results["build_id"] == build_id
    return build_id


def assert_landing_is_readable(home: Home) -> int:
    """Every landed release has its bytes, unharmed. Returns the number of releases."""
    landing = Landing(home.landing)
    assert landing.rows()
    releases = landing.releases(sample=True)
    for release in releases:
        for file in release.files:
            assert sha256_of(landing.path(file.path)) == file.sha256, release.release_id
    return len(releases)


def assert_nobody_holds_the_lock(home: Home) -> None:
    with home.lock():
        pass
