"""Outlines and tiles of areas: what the models make of releases, the tile grid, and the GeoJSON file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.boundaries import write_boundaries
from orchestration.home import DBT_PROJECT_DIR
from tests.rendered import model, seed

LIVERPOOL, MANCHESTER, SHEFFIELD, ONCE_SHEFFIELD = "E08000012", "E08000003", "E08000039", "E08000019"
LCR, GREATER_MANCHESTER = "E47000004", "E47000001"
SQUARE = '{"type":"Polygon","coordinates":[[[-3.1,53.3],[-2.9,53.3],[-2.9,53.5],[-3.1,53.5],[-3.1,53.3]]]}'
RAW = (
    *("area_code", "area_name", "label_longitude", "label_latitude", "geometry", "geometry_type"),
    *("west", "south", "east", "north", "open_rings", "year"),
    *("_release_id", "_file_sha256", "_member", "_row_number"),
)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """What the models read: no release yet, the seeds as they are, areas of today and one of yesterday."""
    with duckdb.connect() as made:
        for table in ("local_authorities", "combined_authorities"):
            columns = ", ".join(f"{name} varchar" for name in RAW)
            made.execute(f"create table raw_ons_boundaries__{table} ({columns})")
        made.execute(
            "create table int_release (release_id varchar, dataset varchar, basis varchar, release_order bigint, "
            "superseded_by varchar)"
        )
        for table, seed_name in (("dim_area", "areas"), ("area_recodes", "area_recodes"), ("area_tiles", "area_tiles")):
            path = DBT_PROJECT_DIR / "seeds" / "geography" / f"{seed_name}.csv"
            made.execute(f"create table {table} as from read_csv('{path}', all_varchar = true)")
        made.execute(f"create view stg_ons_boundaries as {model('stg_ons_boundaries')}")
        made.execute(f"create view mart_area_boundary as {model('mart_area_boundary')}")
        yield made


def land(con: duckdb.DuckDBPyConnection, release: str, order: int, *codes: str, **changes: str) -> None:
    """A release with an outline of each area: a square from -3.1, 53.3 to -2.9, 53.5."""
    con.execute("update int_release set superseded_by = ? where superseded_by is null", [release])
    con.execute("insert into int_release values (?, 'ons_boundaries', 'published', ?, null)", [release, order])
    row = {
        **dict.fromkeys(RAW, ""),
        **{"geometry": SQUARE, "west": "-3.1", "south": "53.3", "east": "-2.9", "north": "53.5", "year": "25"},
        **{"_release_id": release, "_file_sha256": "0" * 64, "_member": "f.json", "_row_number": "1"},
        **changes,
    }
    for code in codes:
        table = "combined_authorities" if code.startswith("E47") else "local_authorities"
        values = list({**row, "area_code": code, "area_name": f"Area {code}"}.values())
        con.execute(f"insert into raw_ons_boundaries__{table} values ({', '.join('?' * len(RAW))})", values)


def rows(con: duckdb.DuckDBPyConnection, columns: str, *codes: str) -> list[tuple[Any, ...]]:
    listed = ", ".join(f"'{code}'" for code in codes)
    return con.execute(f"select {columns} from mart_area_boundary where area_code in ({listed}) order by 1").fetchall()


# --- models -----------------------------------------------------------------------------------------------


def test_without_boundaries_there_are_tiles(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute("select count(*), count(tile_row), count(geojson), count(basis) from mart_area_boundary")
    assert found.fetchall() == [(16, 16, 0, 0)]


def test_an_area_has_its_outline_its_tile_and_our_name(con: duckdb.DuckDBPyConnection) -> None:
    land(con, "r1", 1, "E08000013", LCR, "E06000053")
    columns = "area_code, area_name, area_type, geojson, tile_column, tile_row, basis, dataset, release_id, valid_year"
    said = (SQUARE, "published", "ons_boundaries", "r1", 2025)
    assert rows(con, columns, "E08000013", LCR, "E06000053") == [
        ("E06000053", "Isles of Scilly", "local_authority", said[0], None, None, *said[1:]),
        ("E08000013", "St Helens", "local_authority", said[0], 4, 2, *said[1:]),
        (LCR, "Liverpool City Region", "combined_authority", said[0], None, None, *said[1:]),
    ]


@pytest.mark.parametrize(
    ("longitude", "latitude", "label"),
    [
        ("-2.95", "53.41", (-2.95, 53.41)),
        ("", "", (-3.0, 53.4)),
        ("-2.95", "", (-3.0, 53.4)),
        ("334000", "390000", (-3.0, 53.4)),
        ("53.41", "-2.95", (-3.0, 53.4)),
    ],
)
def test_label_stands_where_the_publisher_says_if_that_is_in_the_area(
    con: duckdb.DuckDBPyConnection, longitude: str, latitude: str, label: tuple[float, float]
) -> None:
    land(con, "r1", 1, LIVERPOOL, label_longitude=longitude, label_latitude=latitude)
    assert rows(con, "longitude, latitude", LIVERPOOL) == [label]


def test_the_newest_release_serves(con: duckdb.DuckDBPyConnection) -> None:
    land(con, "r1", 1, LIVERPOOL, year="24")
    land(con, "r2", 2, LIVERPOOL, year="25")
    assert rows(con, "release_id, valid_year", LIVERPOOL) == [("r2", 2025)]


def test_an_excerpt_serves_for_its_areas_only(con: duckdb.DuckDBPyConnection) -> None:
    land(con, "r1", 1, LIVERPOOL, SHEFFIELD, year="24")
    land(con, "r2", 2, LIVERPOOL, year="25")
    con.execute("update int_release set superseded_by = null")  # a whole release, and part of another after it
    assert rows(con, "area_code, release_id", LIVERPOOL, SHEFFIELD) == [(LIVERPOOL, "r2"), (SHEFFIELD, "r1")]


def test_an_outline_under_a_code_that_was_changed_is_that_of_the_area_today(con: duckdb.DuckDBPyConnection) -> None:
    land(con, "r1", 1, ONCE_SHEFFIELD, year="24")
    assert rows(con, "area_code, valid_year", SHEFFIELD, ONCE_SHEFFIELD) == [(SHEFFIELD, 2024)]


def test_of_an_old_code_and_the_new_one_the_new_one_serves(con: duckdb.DuckDBPyConnection) -> None:
    land(con, "r1", 1, SHEFFIELD, ONCE_SHEFFIELD)
    land_of_old = "update raw_ons_boundaries__local_authorities set geometry = '{}' where area_code = ?"
    con.execute(land_of_old, [ONCE_SHEFFIELD])
    assert rows(con, "area_code, geojson", SHEFFIELD, ONCE_SHEFFIELD) == [(SHEFFIELD, SQUARE)]


def test_an_authority_that_was_merged_into_another_is_no_area_of_today(con: duckdb.DuckDBPyConnection) -> None:
    merged = "E07000026"  # Allerdale, in Cumberland since 2023
    land(con, "r1", 1, merged)
    assert rows(con, "area_code", merged, "E06000063") == []


# --- tiles ------------------------------------------------------------------------------------------------


def tiles() -> dict[str, tuple[int, int]]:
    names = {row["area_code"]: row["area_name"] for row in seed("areas")}
    return {names[row["area_code"]]: (int(row["tile_column"]), int(row["tile_row"])) for row in seed("area_tiles")}


def test_every_authority_of_both_city_regions_has_a_tile_of_its_own() -> None:
    members = {
        row["member_code"] for row in seed("area_memberships") if row["parent_code"] in (LCR, GREATER_MANCHESTER)
    }
    assert {row["area_code"] for row in seed("area_tiles")} == members
    assert len(set(tiles().values())) == len(members) == 16


@pytest.mark.parametrize(
    ("one", "other", "step"),
    [
        ("Sefton", "Liverpool", (0, 1)),
        ("Wirral", "Liverpool", (1, 0)),
        ("Liverpool", "Knowsley", (1, 0)),
        ("Knowsley", "St Helens", (1, 0)),
        ("St Helens", "Halton", (0, 1)),
        ("St Helens", "Wigan", (1, 0)),
        ("Wigan", "Salford", (1, 0)),
        ("Bolton", "Bury", (1, 0)),
        ("Bury", "Rochdale", (1, 0)),
        ("Bolton", "Salford", (0, 1)),
        ("Bury", "Manchester", (0, 1)),
        ("Rochdale", "Oldham", (0, 1)),
        ("Salford", "Manchester", (1, 0)),
        ("Salford", "Trafford", (0, 1)),
        ("Manchester", "Oldham", (1, 0)),
        ("Manchester", "Stockport", (0, 1)),
        ("Trafford", "Stockport", (1, 0)),
        ("Stockport", "Tameside", (1, 0)),
        ("Oldham", "Tameside", (0, 1)),
    ],
)
def test_tiles_of_neighbours_touch_on_the_side_where_they_are_neighbours(
    one: str, other: str, step: tuple[int, int]
) -> None:
    """One tile to the east is (1, 0), to the south (0, 1)."""
    here, there = tiles()[one], tiles()[other]
    assert (there[0] - here[0], there[1] - here[1]) == step


# --- the file ---------------------------------------------------------------------------------------------


def written(tmp_path: Path, *areas: tuple[str, str, str, str | None, str | None, str | None]) -> dict[str, Any]:
    """The file that is written of a mart with these areas."""
    mart = tmp_path / "outcomes.duckdb"
    with duckdb.connect(mart) as con:
        con.execute("create schema mart")
        con.execute(
            "create table mart.mart_area_boundary "
            "(area_code text, area_name text, area_type text, geojson text, basis text, release_id text)"
        )
        con.execute("create table mart.dim_release (release_id text, attribution text, licence text)")
        con.execute("insert into mart.dim_release values ('r1', 'Contains OS data ©', 'OGL-UK-3.0'), ('x', 'X', 'X')")
        for area in areas:
            con.execute("insert into mart.mart_area_boundary values (?, ?, ?, ?, ?, ?)", area)
    write_boundaries(mart, tmp_path / "boundaries.geojson")
    text = (tmp_path / "boundaries.geojson").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def test_file_is_a_collection_of_the_outlines_with_who_they_are(tmp_path: Path) -> None:
    name = 'Rhondda "Cynon" Taf – Ynys Môn'
    found = written(
        tmp_path,
        (LIVERPOOL, name, "local_authority", SQUARE, "published", "r1"),
        (LCR, "Liverpool City Region", "combined_authority", SQUARE, "illustrative", "x"),
        (MANCHESTER, "Manchester", "local_authority", None, None, None),
    )
    geometry = json.loads(SQUARE)
    assert found == {
        "type": "FeatureCollection",
        "attribution": "Contains OS data ©",
        "licence": "OGL-UK-3.0",
        "features": [
            {
                "type": "Feature",
                "id": LCR,
                "properties": {
                    "code": LCR,
                    "name": "Liverpool City Region",
                    "type": "combined_authority",
                    "basis": "illustrative",
                },
                "geometry": geometry,
            },
            {
                "type": "Feature",
                "id": LIVERPOOL,
                "properties": {"code": LIVERPOOL, "name": name, "type": "local_authority", "basis": "published"},
                "geometry": geometry,
            },
        ],
    }


def test_without_outlines_the_collection_is_empty(tmp_path: Path) -> None:
    found = written(tmp_path, (MANCHESTER, "Manchester", "local_authority", None, None, None))
    assert found == {"type": "FeatureCollection", "attribution": None, "licence": None, "features": []}


def test_coordinates_keep_every_digit(tmp_path: Path) -> None:
    outline = SQUARE.replace("-3.1,", "-3.00001,").replace("53.5", "53.512345678901234")
    found = written(tmp_path, (LIVERPOOL, "Liverpool", "local_authority", outline, "published", "r1"))
    assert found["features"][0]["geometry"] == json.loads(outline)
