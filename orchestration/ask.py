"""Questions to a mart: rows of a query, and what people mean when they name an indicator or an area."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sources.literals import listed, quoted

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]

NEAREST = 3

_AREAS = """
    select area_code from mart.dim_area where area_code = $area
    union select area_code from mart.dim_area where lower(area_name) = lower($area)
    union select area_code from mart.dim_area_alias where lower(alias) = lower($area)
"""


class UnknownNameError(Exception):
    """The mart has no such thing; says what was asked, and what there is."""


def answer(con: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, Any] | None = None) -> list[Row]:
    """All rows of a query, by the names of its columns. `values`: of its parameters, text or lists of text."""
    if values:  # not given beside the statement: see `sources.literals`
        given = (
            f'"{name}" := {listed(value) if isinstance(value, list) else quoted(value)}'
            for name, value in values.items()
        )
        con.execute(f"prepare question as {query}")
        query = f"execute question({', '.join(given)})"
    found = con.execute(query)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def build_of(con: duckdb.DuckDBPyConnection) -> str:
    """Id of the build that an open mart is."""
    (build_id,) = con.execute("select build_id from mart.build").fetchone() or ("",)
    return str(build_id)


def check_indicator(con: duckdb.DuckDBPyConnection, indicator: str) -> None:
    """Raises UnknownNameError with the nearest ids where the mart has no such indicator."""
    if not answer(con, "from mart.dim_indicator where indicator_id = $indicator", {"indicator": indicator}):
        near = nearest(con, "select indicator_id as name from mart.dim_indicator", indicator)
        raise UnknownNameError(f"no indicator {indicator!r}; nearest: {near}")


def areas(con: duckdb.DuckDBPyConnection, area: str) -> list[str]:
    """Codes of the areas that a code, a name or an alias stands for. Raises UnknownNameError with the nearest names."""
    codes = [row["area_code"] for row in answer(con, _AREAS, {"area": area})]
    if not codes:
        near = nearest(con, "select area_name as name from mart.dim_area", area)
        raise UnknownNameError(f"no area {area!r}: give a GSS code or a name as dim_area has it; nearest: {near}")
    return sorted(codes)


def nearest(con: duckdb.DuckDBPyConnection, names: str, name: str) -> str:
    """Names of the query `names` (its column is `name`) that are most like a name, in one line."""
    query = (
        f"select distinct name from ({names}) where name is not null "  # noqa: S608 - a constant of this module
        f"order by jaro_winkler_similarity(lower(name), lower($name)) desc, name limit {NEAREST}"
    )
    return ", ".join(row["name"] for row in answer(con, query, {"name": name})) or "none"
