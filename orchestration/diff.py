"""What changed between two builds: periods, areas, values, metadata, and which measures are answered.

A build is compared as a reader sees it: by what serves (`is_latest`), not by the releases behind it.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.ask import Row, answer
from orchestration.home import Home
from orchestration.publish import build_before_published, kept_builds
from sources.literals import quoted

SHOWN = 5  # examples of one kind of change in one indicator

_OBSERVATIONS = """
    with earlier_rows as (
        select indicator_id, ref_area, time_period, breakdown, obs_value
        from earlier.mart.fct_observation where is_latest
    ),
    later_rows as (
        select indicator_id, ref_area, time_period, breakdown, obs_value
        from later.mart.fct_observation where is_latest
    ),
    compared as (
        select
            coalesce(o.indicator_id, n.indicator_id) as indicator_id,
            coalesce(o.ref_area, n.ref_area) as ref_area,
            coalesce(o.time_period, n.time_period) as time_period,
            coalesce(o.breakdown, n.breakdown) as breakdown,
            o.obs_value as old_value,
            n.obs_value as new_value,
            o.indicator_id is null as is_new
        from earlier_rows as o
        full join later_rows as n
            on n.indicator_id = o.indicator_id and n.ref_area = o.ref_area
            and n.time_period = o.time_period and n.breakdown = o.breakdown
    )
    select
        case
            when not is_new and new_value is null then 'lost value'
            when not is_new and old_value is null then 'filled value'
            when not is_new then 'revised value'
            when indicator_id not in (select indicator_id from earlier_rows) then 'new indicator'
            when (indicator_id, ref_area) not in (select (indicator_id, ref_area) from earlier_rows) then 'new area'
            else 'new period'
        end as change,
        indicator_id, ref_area, time_period, breakdown, old_value, new_value
    from compared
    where old_value is distinct from new_value and (old_value is not null or new_value is not null)
    order by change, indicator_id, ref_area, time_period, breakdown
"""
_METADATA = """
    select 'changed metadata' as change, o.{key} as id
    from earlier.mart.{table} as o
    inner join later.mart.{table} as n on n.{key} = o.{key}
    where to_json(o) <> to_json(n)
    order by id
"""
_MEASURES = """
    select 'measure' as change, coalesce(o.measure_id, n.measure_id) as measure_id,
        o.status as old_status, n.status as new_status
    from earlier.mart.mart_measure_coverage as o
    full join later.mart.mart_measure_coverage as n on n.measure_id = o.measure_id
    where o.status is distinct from n.status
    order by coalesce(n.sort_order, o.sort_order)
"""


class UnknownBuildError(RuntimeError):
    """Neither a kept build, nor `published`, nor a mart file."""


def build_file(home: Home, name: str) -> Path:
    """File of a build: a kept build's id, `published`, or the path of a mart. Raises UnknownBuildError."""
    path = home.mart if name == "published" else home.builds / name / "outcomes.duckdb"
    for candidate in (path, Path(name)):
        if candidate.is_file():
            return candidate
    kept = ", ".join(kept_builds(home)) or "none"
    raise UnknownBuildError(f"expected `published`, a mart file or a kept build ({kept}), found {name!r}")


def build_before(home: Home) -> str:
    """Id of the kept build before the published one. Raises UnknownBuildError."""
    before = build_before_published(home)
    if before is None:
        raise UnknownBuildError("there is no build before the published one: name two builds")
    return before


def compare(earlier: Path, later: Path) -> dict[str, list[Row]]:
    """Changes from one mart file to another: `observations`, `indicators`, `areas` and `measures`."""
    import duckdb

    with duckdb.connect() as con:
        for name, path in (("earlier", earlier), ("later", later)):
            con.execute(f"attach {quoted(path)} as {name} (read_only)")
        return {
            "observations": answer(con, _OBSERVATIONS),
            "indicators": answer(con, _METADATA.format(table="dim_indicator", key="indicator_id")),
            "areas": answer(con, _METADATA.format(table="dim_area", key="area_code")),
            "measures": answer(con, _MEASURES),
        }


def as_rows(changes: dict[str, list[Row]]) -> list[Row]:
    """Every change as one row, with `of`: observations, indicators, areas or measures."""
    return [{"of": kind, **row} for kind, of_kind in changes.items() for row in of_kind]


def render(changes: dict[str, list[Row]]) -> list[str]:
    """Lines for people: each kind of change by indicator, with the first examples."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in changes["observations"]:
        groups.setdefault((row["change"], row["indicator_id"]), []).append(row)
    lines = []
    for (change, indicator), rows in groups.items():
        lines.append(f"{change}: {indicator} ({len(rows):,})")
        lines += [f"    {_observation(row)}" for row in rows[:SHOWN]]
        if len(rows) > SHOWN:
            lines.append("    …")
    for kind in ("indicators", "areas"):
        if changes[kind]:
            lines.append(f"changed metadata of {kind}: {', '.join(row['id'] for row in changes[kind])}")
    lines += [
        f"measure {row['measure_id']}: {row['old_status'] or 'not listed'}, now {row['new_status'] or 'not listed'}"
        for row in changes["measures"]
    ]
    return lines or ["nothing changed"]


def _observation(row: Row) -> str:
    what = f"{row['ref_area']} {row['time_period']}" + ("" if row["breakdown"] == "total" else f" {row['breakdown']}")
    return f"{what}: {_value(row['old_value'])} → {_value(row['new_value'])}"


def _value(value: float | None) -> str:
    return "none" if value is None else f"{value:,.6g}"
