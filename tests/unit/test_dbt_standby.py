"""A dbt that stands by carries out a command as dbt itself would, and ends with whoever it stands by for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.dbt_standby import ADDRESS, standing_by

# In place of dbt, which takes seconds: what was asked, where, and how it ended.
STAND_IN = """
import os, sys, time, types
import orchestration.dbt_process as process

def run_dbt(arguments, stored):
    print("asked", arguments, os.environ["SAID"], os.getcwd(), flush=True)
    if arguments == ["wait"]:
        time.sleep(60)
    return 3

process.StoredManifest = types.SimpleNamespace(load=lambda: None)
process.run_dbt = lambda arguments, stored=None: run_dbt(arguments, stored)
sys.modules["dbt.adapters.duckdb"] = types.ModuleType("dbt.adapters.duckdb")
"""
CLIENT = [
    sys.executable,
    "-c",
    "import sys; from orchestration.dbt_standby import hand_over; sys.exit(hand_over(sys.argv[1:]))",
]


@pytest.fixture(autouse=True)
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "sitecustomize.py").write_text(STAND_IN)
    root = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{root}")
    monkeypatch.setenv("SAID", "by the caller")
    with standing_by():
        deadline = time.monotonic() + 30
        while not Path(os.environ[ADDRESS]).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        yield


def client(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*CLIENT, *arguments], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def test_a_command_is_carried_out_with_the_callers_environment_folder_and_output(tmp_path: Path) -> None:
    asking = client("build", "--exclude", "a b", folder=tmp_path)
    said, _ = asking.communicate(timeout=30)
    assert said == f"asked ['build', '--exclude', 'a b'] by the caller {tmp_path}\n"
    assert asking.returncode == 3


def test_who_is_stopped_takes_the_command_along(tmp_path: Path) -> None:
    asking = client("wait", folder=tmp_path)
    assert asking.stdout is not None
    assert asking.stdout.readline().startswith("asked ['wait']")
    asking.send_signal(signal.SIGTERM)
    said, _ = asking.communicate(timeout=30)  # its output ends when nobody holds it any more
    assert (said, asking.returncode) == ("", 128 + signal.SIGTERM)


def test_who_is_killed_takes_the_command_along(tmp_path: Path) -> None:
    asking = client("wait", folder=tmp_path)
    assert asking.stdout is not None
    assert asking.stdout.readline().startswith("asked ['wait']")
    asking.kill()
    assert asking.communicate(timeout=30)[0] == ""


def test_there_is_one_command_and_where_nobody_stands_by_none(tmp_path: Path) -> None:
    program = "from orchestration.dbt_standby import hand_over; print(hand_over(['build']))"
    client("build", folder=tmp_path).communicate(timeout=30)
    for environment in (os.environ, {**os.environ, ADDRESS: ""}):
        said = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert said.stdout == "None\n"


def test_it_ends_with_the_run_that_started_it() -> None:
    program = (
        "import os, signal\n"
        "from orchestration.dbt_standby import standing_by\n"
        "with standing_by():\n"
        "    print(open(f'/proc/self/task/{os.getpid()}/children').read(), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stdout
    (standing,) = map(int, said.split())
    deadline = time.monotonic() + 30
    while _runs(standing) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(standing)


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
