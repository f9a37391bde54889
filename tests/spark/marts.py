"""Two marts compared, row by row and column by column, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

# When bytes were fetched: another time in a run that fetched them itself.
FETCHED = ("retrieved_at",)
# What a run says of itself, and not of the data.
OF_THE_RUN = {
    "build": ("build_id", "git_commit", "started_at", "finished_at"),
    "mart_quality": ("checked_at", "sample_failing"),
    "dim_release": FETCHED,
    "mart_freshness": FETCHED,
    "mart_indicator_series": FETCHED,
    "mart_scorecard": FETCHED,
}


def differences(left: Path, right: Path, *, made_by_dbt: bool = False) -> list[str]:
    """What differs between the schemas `mart` of two DuckDB files: tables, columns, types, rows; nothing where equal.

    `made_by_dbt`: of files that dbt, not publishing, has ended with; then nothing is excepted.
    """
    with duckdb.connect() as con:
        for name, path in (("one", left), ("other", right)):
            con.execute(f"attach '{path}' as {name} (read_only)")
        forms = [_forms(con, name) for name in ("one", "other")]
        if forms[0] != forms[1]:
            both = set(forms[0]) & set(forms[1])
            return [
                *(f"{table} is only in one of them" for table in sorted(set(forms[0]) ^ set(forms[1]))),
                *(f"{t}: {forms[0][t]} and {forms[1][t]}" for t in sorted(both) if forms[0][t] != forms[1][t]),
            ]
        excepted = {} if made_by_dbt else OF_THE_RUN
        found = []
        for table, columns in forms[0].items():
            compared = [name for name, _ in columns if name not in excepted.get(table, ())]
            found += _rows(con, table, compared)
        assert forms[0], f"no table in {left}"
        return found


def _forms(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[tuple[str, str]]]:
    """Columns and types of every table."""
    found = con.execute(
        "select table_name, list((column_name, data_type) order by column_index) from duckdb_columns() "
        f"where database_name = '{database}' and schema_name = 'mart' group by table_name order by table_name"
    ).fetchall()
    return {table: [(str(name), str(kind)) for name, kind in columns] for table, columns in found}


def _rows(con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> list[str]:
    """Rows that only one of both has, with how many and the first of them; doubles must be equal to the last digit."""
    named = ", ".join(f'"{column}"' for column in columns)
    found = []
    for here, there in (("one", "other"), ("other", "one")):
        only = f'select {named} from {here}.mart."{table}" except all select {named} from {there}.mart."{table}"'
        rows = con.execute(f"select * from ({only}) limit 2").fetchall()
        if rows:
            (count,) = con.execute(f"select count(*) from ({only})").fetchall()[0]
            found.append(f"{table}: {count} rows are only in {here}: {rows}")
    return found
