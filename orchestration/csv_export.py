"""The published mart as CSV, described by CSVW (CSV on the Web, a W3C recommendation), for whoever has no DuckDB.

    csv/<table>.csv           UTF-8, RFC 4180, ISO 8601 dates, numbers to their last digit; an empty cell is NULL
    csv/<table>.csv.gz        the tables that are hundreds of MB unpacked (LARGE)
    csv/metadata.json         one table group: names, types, descriptions, keys, what they refer to, licences

The metadata names a packed table by its name unpacked, as CSVW knows no packing.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sources.literals import quoted
from sources.place import place
from sources.spreadsheet import FORMULA_PATTERN

if TYPE_CHECKING:
    import duckdb

LARGE = ("fct_observation", "mart_indicator_series", "mart_comparison")

_DATATYPES = {
    "VARCHAR": "string",
    "DOUBLE": "double",
    "BIGINT": "long",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "dateTime",
}
_TIMESTAMP = "%Y-%m-%dT%H:%M:%S.%f"
_LICENCES = {
    "OGL-UK-3.0": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
}
_NOTES = (
    "An empty cell is a missing value; empty text is written as a pair of quotes.",
    "Text that a spreadsheet would run as a formula begins with an apostrophe, which is not part of it.",
    "Times are UTC.",
    "Licence, attribution and address of every release are in dim_release.csv and go with its figures.",
)


def write_csv(mart: Path, folder: Path, linked: Collection[str] = ()) -> None:
    """All tables of a mart, but those that are in the folder already, and their description."""
    import duckdb

    folder.mkdir(exist_ok=True)
    with duckdb.connect(mart, read_only=True) as con, ThreadPoolExecutor(2) as pool:
        columns = _columns(con)
        # DuckDB packs a file in one thread; the large ones go first, beside each other.
        in_order = sorted(columns.keys() - set(linked), key=lambda table: table not in LARGE)
        written = [pool.submit(_copy, con.cursor(), table, columns[table], folder) for table in in_order]
        for table in written:
            table.result()
        description = _table_group(con, columns)
    (folder / "metadata.json").write_text(json.dumps(description, ensure_ascii=False, indent=1), encoding="utf-8")


def _copy(con: duckdb.DuckDBPyConnection, table: str, columns: list[dict[str, Any]], folder: Path) -> None:
    cells = ", ".join(_cell(column["name"], column["type"]) for column in columns)
    packed = table in LARGE
    target = quoted(folder / (f"{table}.csv.gz" if packed else f"{table}.csv"))
    form = f"format csv, header, new_line '\\r\\n', timestampformat '{_TIMESTAMP}'"
    # Names are our own tables'.
    con.execute(
        f'copy (select {cells} from mart."{table}") to {target} '  # noqa: S608
        f"({form}, compression {'gzip' if packed else 'none'})"
    )


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """Columns of every table in order: name, type, comment, whether it is of the key, and what it refers to."""
    rows = con.execute(
        "select columns.table_name, columns.column_name, columns.data_type, columns.comment, "
        "coalesce(dictionary.is_key, false), dictionary.refers_to "
        "from duckdb_columns() as columns left join mart.data_dictionary as dictionary "
        "on dictionary.table_name = columns.table_name and dictionary.column_name = columns.column_name "
        "where columns.schema_name = 'mart' order by columns.table_name, columns.column_index"
    ).fetchall()
    tables: dict[str, list[dict[str, Any]]] = {}
    for table, name, kind, comment, is_key, refers_to in rows:
        column = {"name": name, "type": kind, "comment": comment or "", "is_key": is_key, "refers_to": refers_to}
        tables.setdefault(table, []).append(column)
    return tables


def _cell(name: str, kind: str) -> str:
    """SQL of a column as it is written: numbers and dates as they are, text harmless."""
    column = f'"{name}"'
    if kind != "VARCHAR":
        return column
    return (
        f"case when regexp_matches({column}, '{FORMULA_PATTERN}') then '''' || {column} else {column} end as {column}"
    )


def _table_group(con: duckdb.DuckDBPyConnection, columns: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    (build_id, finished_at), *_ = con.execute("select build_id, finished_at from mart.build").fetchall()
    tables = con.execute("select table_name, comment from duckdb_tables() where schema_name = 'mart'").fetchall()
    comments = {name: comment or "" for name, comment in tables}
    releases = con.execute("select distinct licence from mart.dim_release where licence <> '' order by all").fetchall()
    licences = [name for (name,) in releases]
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "@type": "TableGroup",
        "dc:title": f"Outcome measures of {place().name}",
        "dc:identifier": build_id,
        "dc:issued": finished_at.isoformat(),
        "dc:license": [{"@id": _LICENCES[name]} for name in licences if name in _LICENCES],
        "dc:rights": [name for name in licences if name not in _LICENCES],
        "notes": [{"dc:description": note} for note in _NOTES],
        "tables": [_table(name, comments[name], described) for name, described in columns.items()],
    }


def _table(name: str, comment: str, columns: list[dict[str, Any]]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "columns": [
            {
                "name": column["name"],
                "titles": column["name"],
                "datatype": _DATATYPES[column["type"]],
                "dc:description": column["comment"],
            }
            for column in columns
        ]
    }
    key = [column["name"] for column in columns if column["is_key"]]
    if key:
        schema["primaryKey"] = key
    pointing = [(column["name"], *column["refers_to"].split(".")) for column in columns if column["refers_to"]]
    if pointing:
        schema["foreignKeys"] = [
            {"columnReference": column, "reference": {"resource": f"{table}.csv", "columnReference": referred}}
            for column, table, referred in pointing
        ]
    described: dict[str, Any] = {"url": f"{name}.csv", "dc:title": name, "dc:description": comment}
    if name in LARGE:
        described["notes"] = [{"dc:description": f"Stored as {name}.csv.gz: unpack it first."}]
    return described | {"tableSchema": schema}
