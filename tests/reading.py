"""Files read and checked as an ingest would: raw rows of a dataset's files, and what their landing contract says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from expectations.contracts import TableExpectation, landing_contract
from expectations.runner import Runner
from sources.catalogue import Dataset, load_catalogue
from sources.readers import SourceFile, read_release
from sources.release import sha256_of

RELEASE = "release"
Row = dict[str, str]


def toy_dataset(name: str, table: dict[str, Any]) -> Dataset:
    """A dataset that no publisher has, with one table."""
    return Dataset.model_validate(
        {
            "dataset": name,
            "publisher": "toy",
            "title": "Things",
            "description": "Things by area.",
            "attribution": "Toy office",
            "landing_page": "https://example.org",
            "cadence": "P1Y",
            "whole_series": True,
            "verified": True,
            "media": "csv",
            "discover": {"method": "url", "url": "https://example.org/things.csv"},
            "tables": [table],
        }
    )


def read(dataset: str, *paths: Path) -> dict[str, list[Row]]:
    """Rows of every raw table that the files, taken as one release, hold."""
    tables = read_release(load_catalogue()[dataset], [_source(path) for path in paths], RELEASE)
    return {name: table.to_pylist() for name, table in tables.items()}


def failed_checks(runner: Runner, dataset: str, table: str, path: Path, *, relaxed: bool) -> list[str]:
    """Names of the checks of one table's landing contract that the file fails; `relaxed`: it is no whole release."""
    described = load_catalogue()[dataset]
    rows = read_release(described, [_source(path)], RELEASE)[table]
    described_table = next(item for item in described.tables if item.name == table)
    checked = runner.check(
        landing_contract(dataset, table, TableExpectation.from_catalogue(described, described_table, relaxed=relaxed)),
        rows.to_pandas(),
        kind="contract",
        dataset=dataset,
        table_name=f"{dataset}__{table}",
        release_id=RELEASE,
    )
    assert checked.results
    return [result.check_name for result in checked.results if not result.passed]


def _source(path: Path) -> SourceFile:
    return SourceFile(path.name, path, sha256_of(path))
