"""CSV beside the mart: every value comes back as it was, no cell is a formula, and the metadata says what is in it."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.csv_export import write_csv
from sources.spreadsheet import FORMULA_PATTERN, FORMULA_STARTS, harmless

NOON = dt.datetime(2026, 11, 22, 12, 30, 15, 123456)
NUMBERS = [0.1 + 0.2, 1 / 3, 1e-300, 1.7976931348623157e308, -0.0, 5e-324, 123456789012345.67, 2.0, None]
TEXTS = ["plain", 'say "so", twice', "two\r\nlines", "", None, "£ é ‘x’ 日本", " padded ", "=1+1", "-"]
READ: dict[str, Callable[[str], Any]] = {
    "string": lambda cell: cell.removeprefix("'"),
    "double": float,
    "long": int,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": dt.date.fromisoformat,
    "dateTime": dt.datetime.fromisoformat,
}


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mart") / "it's.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema mart")
        con.execute("create table mart.build as select 'b1' as build_id, ?::timestamp as finished_at", [NOON])
        con.execute("create table mart.dim_area (area_code varchar, known boolean, since date, people bigint)")
        con.execute(
            "insert into mart.dim_area values ('E1', true, '0999-01-02', 9007199254740993), ('E2', false, null, 0)"
        )
        con.execute("create table mart.fct_observation (ref_area varchar, note varchar, obs_value double)")
        con.executemany("insert into mart.fct_observation values ('E1', ?, ?)", list(zip(TEXTS, NUMBERS, strict=True)))
        con.execute("comment on table mart.fct_observation is 'Observations.'")
        con.execute("comment on column mart.fct_observation.note is 'What was said.'")
        con.execute(
            "create table mart.dim_release as from (values ('OGL-UK-3.0'), ('CC-BY-4.0'), ('By letter')) as t(licence)"
        )
        con.execute(
            "create table mart.data_dictionary as from (values ('dim_area', 'area_code', true, null), "
            "('fct_observation', 'ref_area', false, 'dim_area.area_code')) "
            "as t(table_name, column_name, is_key, refers_to)"
        )
    return path


@pytest.fixture(scope="module")
def folder(mart: Path) -> Path:
    write_csv(mart, mart.parent / "csv")
    return mart.parent / "csv"


def metadata(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "metadata.json").read_text(encoding="utf-8"))


def test_every_value_is_read_back_by_the_metadata(mart: Path, folder: Path) -> None:
    with duckdb.connect(mart, read_only=True) as con:
        for table in metadata(folder)["tables"]:
            plain = folder / table["url"]
            content = plain.read_bytes() if plain.is_file() else gzip.decompress(Path(f"{plain}.gz").read_bytes())
            header, *rows = csv.reader(content.decode("utf-8").splitlines(keepends=True))
            columns = table["tableSchema"]["columns"]
            assert header == [column["name"] for column in columns]
            read = [
                tuple(
                    READ[column["datatype"]](cell) if cell else None for column, cell in zip(columns, row, strict=True)
                )
                for row in rows
            ]
            name = plain.name.removesuffix(".csv")
            kept = con.execute(f"from mart.{name}").fetchall()
            assert repr(read) == repr([tuple(None if cell == "" else cell for cell in row) for row in kept])


def test_lines_and_quotes_are_those_of_the_rfc(folder: Path) -> None:
    assert (folder / "dim_area.csv").read_bytes() == (
        b"area_code,known,since,people\r\nE1,true,0999-01-02,9007199254740993\r\nE2,false,,0\r\n"
    )
    lines = gzip.decompress((folder / "fct_observation.csv.gz").read_bytes()).split(b"\r\n")
    assert b'E1,"say ""so"", twice",0.3333333333333333' in lines
    assert b'E1,"",-0.0' not in lines
    assert b'E1,"",1.7976931348623157e+308' in lines
    assert lines[-1] == b""


def test_metadata_describes_tables_keys_and_licences(folder: Path) -> None:
    group = metadata(folder)
    assert (group["dc:identifier"], group["dc:issued"]) == ("b1", NOON.isoformat())
    assert [licence["@id"].split("/")[2] for licence in group["dc:license"]] == [
        "creativecommons.org",
        "www.nationalarchives.gov.uk",
    ]
    assert group["dc:rights"] == ["By letter"]
    tables = {table["url"]: table for table in group["tables"]}
    facts = tables["fct_observation.csv"]
    assert facts["dc:description"] == "Observations."
    assert "fct_observation.csv.gz" in facts["notes"][0]["dc:description"]
    assert facts["tableSchema"]["columns"][1] == {
        "name": "note",
        "titles": "note",
        "datatype": "string",
        "dc:description": "What was said.",
    }
    assert facts["tableSchema"]["foreignKeys"] == [
        {"columnReference": "ref_area", "reference": {"resource": "dim_area.csv", "columnReference": "area_code"}}
    ]
    assert tables["dim_area.csv"]["tableSchema"]["primaryKey"] == ["area_code"]
    assert "primaryKey" not in facts["tableSchema"]


def test_duckdb_and_python_agree_on_what_is_a_formula() -> None:
    blanks = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]
    likely = [chr(code) for code in range(0x3000)] + [chr(code) for code in range(0xFF00, 0xFFEF)]
    texts = [
        *likely,
        *(blank + start for blank in ["", *blanks, "\x1b", "\u200b", "a"] for start in (*FORMULA_STARTS, "x")),
    ]
    found = duckdb.execute(
        "select regexp_matches(text, ?) from (select unnest(?) as text)", [FORMULA_PATTERN, texts]
    ).fetchall()
    assert [text for text, (formula,) in zip(texts, found, strict=True) if formula != (harmless(text) != text)] == []
