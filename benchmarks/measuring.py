"""What a command takes: seconds, and the peak of the resident memory of all its processes together (Linux only)."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from orchestration.cli import DEGRADED
from orchestration.home import PROJECT_ROOT


@dataclass
class Measured:
    name: str
    seconds: float
    peak_mb: float
    exit_code: int


def machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def measure(name: str, command: Sequence[str], variables: Mapping[str, str]) -> Measured:
    """Runs a command to its end, in the project's folder, with further environment variables.

    What it says is shown only where it fails: its last lines.
    """
    environment = {**os.environ, **variables}
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        peak = [0.0]
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peak, done))
        watcher.start()
        exit_code = process.wait()
        seconds = time.perf_counter() - started
        done.set()
        watcher.join()
        if exit_code not in (0, DEGRADED):
            said.seek(0)
            sys.stderr.write("".join(said.readlines()[-40:]))
    return Measured(name, round(seconds, 2), round(peak[0]), exit_code)


def _watch(pid: int, peak: list[float], done: threading.Event) -> None:
    while not done.wait(0.05):
        peak[0] = max(peak[0], _tree_mb(pid))


def _tree_mb(pid: int) -> float:
    """Resident memory of a process and all below it, MB; 0 where /proc is not there."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0  # the process has ended, or this is no Linux
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6 + sum(_tree_mb(int(child)) for child in children)


def megabytes(folder: Path) -> float:
    """Bytes of all files below a folder, links not followed, in MB."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6
