"""VOA: business floorspace as documented. No file of the publisher is at hand: these are made to its description."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from expectations.runner import Runner
from sources.errors import PayloadError
from sources.sample.carry.files import archive, csv_file
from tests.home import HOME_AUTHORITIES
from tests.reading import failed_checks, read

DATASET = "voa_business_floorspace"
LIVERPOOL = "E08000012"
MEMBERS = [*(f"table_FS_OA{use}_1.csv" for use in range(1, 6)), "table_FS_OA1_2.csv"]
HEADER = ("geography", "ons_code", "ons_name")
YEARS = ("2024", "2025")


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def table(value: object, header: tuple[str, ...] = HEADER, areas: tuple[str, ...] = HOME_AUTHORITIES) -> bytes:
    """The same figure for every area and year."""
    return csv_file([[*header, *YEARS], *(["LAUA", area, "x", value, value] for area in areas)])


def tables(path: Path, replaced: Mapping[str, bytes | None] | None = None) -> Path:
    """The archive with some members other than they should be; None leaves one out."""
    members = {name: table(1000 if name.endswith("_1.csv") else 50) for name in MEMBERS} | dict(replaced or {})
    path.write_bytes(archive({f"tables/{name}": content for name, content in members.items() if content is not None}))
    return path


def test_archive_is_read_as_documented(tmp_path: Path, runner: Runner) -> None:
    small_areas = csv_file(
        [[*HEADER, *YEARS], ["LAUA", LIVERPOOL, "Liverpool", "4,000", "-"], ["MSOA", "E02001347", "x", "..", "1"]]
    )
    path = tables(tmp_path / "t.zip", {"table_FS_OA1_1.csv": small_areas})
    read_tables = read(DATASET, path)
    assert sorted(read_tables) == ["floorspace", "rateable_value"]
    of_all_uses = [row for row in read_tables["floorspace"] if row["_member"] == "table_FS_OA1_1.csv"]
    assert [(row["area_code"], row["period_label"], row["value"]) for row in of_all_uses] == [
        (LIVERPOOL, "2024", "4,000"),
        (LIVERPOOL, "2025", "-"),
    ]
    assert len({row["_member"] for row in read_tables["floorspace"]}) == 5
    for name in read_tables:
        assert failed_checks(runner, DATASET, name, path, relaxed=True) == []


def test_later_names_of_members_and_columns_are_known(tmp_path: Path) -> None:
    later = table(1000, ("geography", "area_code", "area_name"))
    renamed = dict.fromkeys(MEMBERS) | {name.replace("_OA", ""): later for name in MEMBERS}
    rows = read(DATASET, tables(tmp_path / "t.zip", renamed))["floorspace"]
    assert {row["_member"] for row in rows} == {f"table_FS{use}_1.csv" for use in range(1, 6)}


@pytest.mark.parametrize(
    ("replaced", "says"),
    [
        ({"table_FS_OA3_1.csv": None}, "a member matching .*3"),
        ({"table_FS_OA1_2.csv": None}, "table rateable_value"),
        ({"table_FS_OA2_1.csv": table(1, ("geography", "ba_code", "ons_name"))}, "area_code"),
    ],
)
def test_archive_that_is_not_as_documented_is_refused(
    tmp_path: Path, replaced: Mapping[str, bytes | None], says: str
) -> None:
    with pytest.raises(PayloadError, match=rf"voa / {DATASET}: .*{says}"):
        read(DATASET, tables(tmp_path / "t.zip", replaced))


@pytest.mark.parametrize(
    ("member", "content", "check"),
    [
        ("table_FS_OA1_1.csv", table(4_000_000), "value_in_range"),  # square metres
        ("table_FS_OA1_1.csv", table("n/a"), "value_matches_pattern"),
        ("table_FS_OA4_1.csv", table(10, areas=(*HOME_AUTHORITIES, LIVERPOOL)), "key_unique"),
        ("table_FS_OA1_2.csv", table(50_000), "value_in_range"),  # £ in all
    ],
)
def test_figures_in_another_unit_break_the_contract(
    tmp_path: Path, runner: Runner, member: str, content: bytes, check: str
) -> None:
    path = tables(tmp_path / "t.zip", {member: content})
    name = "floorspace" if member.endswith("_1.csv") else "rateable_value"
    assert check in failed_checks(runner, DATASET, name, path, relaxed=True)


def test_an_archive_without_the_home_area_is_no_release(tmp_path: Path, runner: Runner) -> None:
    path = tables(tmp_path / "t.zip", {name: table(10, areas=("E08000003",)) for name in MEMBERS})
    assert "areas_present" in failed_checks(runner, DATASET, "floorspace", path, relaxed=False)
