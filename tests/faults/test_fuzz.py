"""Damaged files end as raw tables or in one clear error: a small run of `tests.faults.fuzzing`, the same every time.

`make fuzz` goes on for as long as it is given, with seeds of its own.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

import pytest

from sources.catalogue import load_catalogue
from tests.faults.fuzzing import MEMORY, SECONDS, Case, Ending, cases, damaged, run

pytestmark = pytest.mark.end_to_end

CASE = Case("toy", "toy.csv", b"a,b\n1,2\n")


def ends(found: list[Ending]) -> Counter[str]:
    """How many ended how; fails with what is wrong with the first defects."""
    defects = [str(ending) for ending in found if ending.how == "defect"]
    assert not defects, f"{len(defects)} defects\n\n" + "\n\n".join(defects[:3])
    return Counter(ending.how for ending in found)


def test_files_without_damage_are_read() -> None:
    found = ends(list(run([(case, -1) for case in cases(None)])))
    assert found["refused"] == 0
    read = {case.dataset for case in cases(None)}
    formats = {
        table.format for dataset in load_catalogue().values() if dataset.dataset in read for table in dataset.tables
    }
    assert formats == {"csv", "workbook", "arcgis_json", "parquet", "ees_json", "json_sql", "odata_json", "geojson"}


def test_damaged_sample_files() -> None:
    found = ends(list(run((case, seed) for seed in range(3) for case in cases(None))))
    assert min(found["read"], found["refused"]) > 20  # damage that is seen, and damage that is not


@pytest.mark.published
def test_damaged_published_files(published_dir: Path) -> None:
    real = cases(published_dir)[len(cases(None)) :]
    found = ends(list(run((case, 0) for case in real)))
    assert min(found["read"], found["refused"]) > 5


def test_the_same_seed_makes_the_same_damage() -> None:
    case = cases(None)[0]
    assert damaged(case, 5) == damaged(case, 5) != damaged(case, 6)


# --- what such a run would notice


def dies(case: Case, content: bytes, folder: Path) -> None:
    os.abort()


def hangs(case: Case, content: bytes, folder: Path) -> None:
    time.sleep(600)


def fails(case: Case, content: bytes, folder: Path) -> None:
    raise IndexError("list index out of range")


def panics(case: Case, content: bytes, folder: Path) -> None:
    raise BaseException("a defect of Rust code")


def takes_memory(case: Case, content: bytes, folder: Path) -> None:
    bytearray(MEMORY)


@pytest.mark.parametrize(
    ("read", "what"),
    [
        (dies, "died with exit code -6"),
        (hangs, "still at it"),
        (fails, "IndexError: list index out of range"),
        (panics, "a defect of Rust code"),
        (takes_memory, "MemoryError"),
    ],
)
def test_crash_hang_panic_and_memory_are_defects(read: object, what: str) -> None:
    seconds = 1 if read is hangs else SECONDS
    (ending,) = run([(CASE, 1)], processes=1, read=read, seconds=seconds)  # type: ignore[arg-type]
    assert (ending.how, what in ending.what) == ("defect", True), ending


def test_defect_does_not_end_the_run() -> None:
    found = list(run([(CASE, 1), (CASE, 2)], processes=1, read=dies))
    assert [(ending.seed, ending.how) for ending in found] == [(1, "defect"), (2, "defect")]
