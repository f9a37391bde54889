"""What becomes of a run whose dbt ends badly."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import dagster as dg
import pytest

from orchestration.assets.mart import _run_dbt
from orchestration.dbt_process import RESULTS
from orchestration.home import Home


class EndedDbt:
    """A dbt that leaves these results, if any, and ends with this error."""

    def __init__(self, statuses: list[str] | None, error: str | None) -> None:
        self.statuses, self.error = statuses, error

    def cli(self, command: list[str], *, target_path: Path, **given: Any) -> Any:
        assert command[0] == "build"
        if self.statuses is not None:
            target_path.mkdir(parents=True, exist_ok=True)
            results = [
                {"unique_id": f"model.m{n}", "status": status, "timing": []} for n, status in enumerate(self.statuses)
            ]
            (target_path / RESULTS).write_text(json.dumps({"results": results}))
        return SimpleNamespace(
            process=SimpleNamespace(poll=lambda: 1),
            stream=lambda: iter(()),
            get_error=lambda: Exception(self.error) if self.error else None,
        )


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dbt: EndedDbt) -> None:
    monkeypatch.setattr("orchestration.profile.count_dbt", lambda spawned, results: None)
    with patch.dict(os.environ):  # what is set for dbt is set for this process
        list(_run_dbt(None, Home(tmp_path), dbt, [], iter(())))  # type: ignore[arg-type]


@pytest.mark.parametrize("statuses", [["success", "pass", "warn"], [], None])
def test_dbt_that_ends_badly_stops_the_run_though_no_node_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statuses: list[str] | None
) -> None:
    with pytest.raises(dg.Failure, match="Compilation Error: dim_area has no columns"):
        run(tmp_path, monkeypatch, EndedDbt(statuses, "Compilation Error: dim_area has no columns"))


def test_dbt_that_leaves_no_results_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(dg.Failure, match="dbt ended without its results"):
        run(tmp_path, monkeypatch, EndedDbt(None, None))


@pytest.mark.parametrize(("statuses", "error"), [(["success"], None), (["success", "error"], "1 of 2 failed")])
def test_nodes_that_failed_are_told_by_whoever_reads_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statuses: list[str], error: str | None
) -> None:
    run(tmp_path, monkeypatch, EndedDbt(statuses, error))
