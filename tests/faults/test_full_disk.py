"""A disk that is full or read-only: one clear line, nothing lost, and the next run is good."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.home import PROJECT_ROOT
from tests.faults.mounts import own_mounts

Ask = Callable[[str, Path], dict[str, Any]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Lets a case happen in another process; answers with what was seen there."""
    command = [*own_mounts(), sys.executable, "-m", "tests.faults.small_disk"]
    surroundings = {**os.environ, "OWN_MOUNTS": "1" if own_mounts() else "0"}
    with subprocess.Popen(
        command, cwd=PROJECT_ROOT, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask_for(case: str, folder: Path) -> dict[str, Any]:
            print(json.dumps([case, str(folder)]), file=process.stdin, flush=True)
            seen: dict[str, Any] = {}
            for line in process.stdout:
                if line == "end\n":
                    break
                seen = json.loads(line)
            return seen

        yield ask_for


@pytest.mark.parametrize(
    ("case", "path"),
    [
        pytest.param(case, path, marks=pytest.mark.fault("disk", f"full {case}"))
        for case, path in {
            "while downloading": "scratch/",
            "while landing a payload": "landing/ons_explore_local_statistics/",
            "while writing raw Parquet": "raw/ons_explore_local_statistics/",
            "in the middle of a ledger row": "landing/ledger.jsonl",
            "while writing the mart": "published/builds/",
            "while writing its Parquet": "published/builds/",
            "while writing its CSV": "published/builds/",
            "while swapping the mart in": "published/outcomes.duckdb",
        }.items()
    ],
)
def test_full_disk_is_told_and_costs_nothing(
    ask: Ask, case: str, path: str, tmp_path: Path, ended: Callable[[str], None]
) -> None:
    seen = ask(case, tmp_path)
    ended(seen["told"])
    assert f"the disk refused {path}" in seen["told"]
    assert f" in {tmp_path}: " in seen["told"]
    assert re.search(r"no space left on device\. Free some space|file too large\. Raise the limit", seen["told"])
    assert "defect" not in seen["told"]
    assert seen["stayed"]
    assert seen["leftovers"] == []
    assert seen["after"] in ("ok: 1 new, 0 unchanged", "published build-2")
