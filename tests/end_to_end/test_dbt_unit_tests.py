"""dbt's unit tests: aggregation rules, status mapping, period parsing and vintages on made-up rows.

They need the relations of a finished build for their column types, and say nothing about its data.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from orchestration.dbt_process import call_dbt
from orchestration.home import Home

pytestmark = pytest.mark.end_to_end


def test_dbt_unit_tests_pass(sample_home: Home, tmp_path: Path) -> None:
    build = tmp_path / "build"
    build.mkdir()
    # The same file name: views in a DuckDB file name the file they were made in.
    shutil.copy(sample_home.build_db, build / "build.duckdb")
    target = tmp_path / "target"
    done = call_dbt(Home(tmp_path), "test", "--select", "test_type:unit", target=target)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    results = json.loads((target / "run_results.json").read_text())["results"]
    names = {result["unique_id"].split(".")[-1] for result in results}
    assert "aggregation_follows_the_declared_rule" in names
    assert len(results) >= 8
    assert {result["status"] for result in results} == {"pass"}
