"""Where a number comes from: value → indicator → release → file → sheet and row; of an aggregate its members as well.

Everything is read from the published mart, so that it says the same to whoever has the file alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.ask import Row, UnknownNameError, answer, areas, build_of, check_indicator

if TYPE_CHECKING:
    import duckdb

NEWEST = "newest"

# The row that serves, else the one that served last: a withdrawn figure has a source too.
_VALUE = """
    select
        facts.*, indicators.indicator_name, indicators.definition, indicators.aggregation_rule, indicators.decimals,
        indicators.weight_indicator_id, indicators.caveat, areas.area_name, periods.period_label
    from mart.fct_observation as facts
    inner join mart.dim_indicator as indicators on indicators.indicator_id = facts.indicator_id
    left join mart.dim_area as areas on areas.area_code = facts.ref_area
    left join mart.dim_period as periods on periods.time_period = facts.time_period
    where
        facts.indicator_id = $indicator and facts.breakdown = $breakdown
        and facts.ref_area in (select unnest($areas))
        and ($period = 'newest' or facts.time_period = $period or lower(periods.period_label) = lower($period))
        and ($period <> 'newest' or (facts.is_latest and facts.obs_value is not null))
    order by facts.period_end desc, facts.is_latest desc, facts.realtime_start desc, facts.release_id
    limit 1
"""
# Members as they were known when the aggregate was.
_COMPONENTS = """
    with own as (
        select member_code from mart.bridge_provider_membership where dataset = $dataset and parent_code = $area
    ),
    members as (
        from own
        union all
        select member_code from mart.bridge_area_membership
        where parent_code = $area and valid_to is null and not exists (from own)
    )
    select
        members.member_code as area_code, areas.area_name, facts.obs_value, facts.numerator, facts.denominator,
        facts.obs_status, facts.release_id, facts.source_locator
    from members
    left join mart.dim_area as areas on areas.area_code = members.member_code
    left join mart.fct_observation as facts
        on
            facts.ref_area = members.member_code and facts.indicator_id = $indicator and facts.dataset = $dataset
            and facts.time_period = $period and facts.breakdown = $breakdown and facts.basis = $basis
            and facts.realtime_start <= $known and (facts.realtime_end is null or facts.realtime_end > $known)
    order by members.member_code
"""
_BREAKDOWNS = """
    select distinct breakdown from mart.fct_observation
    where indicator_id = $indicator and ref_area in (select unnest($areas)) order by 1
"""
_PERIODS = """
    select distinct time_period from mart.fct_observation
    where indicator_id = $indicator and ref_area in (select unnest($areas)) and breakdown = $breakdown
    order by 1 desc limit 6
"""
_RELEASES = "select * from mart.dim_release where release_id in (select unnest($ids)) order by release_id"


def trace(mart: Path, indicator: str, area: str, period: str = NEWEST, breakdown: str = "total") -> tuple[str, Row]:
    """Id of the build; the value, its members where it is an aggregate, and every release behind them.

    Raises UnknownNameError. `area`: code, name or alias; `period`: ISO 8601 interval or label (2024, 2023-24); by
    default the newest value.
    """
    import duckdb

    with duckdb.connect(mart, read_only=True) as con:
        check_indicator(con, indicator)
        question = {"indicator": indicator, "areas": areas(con, area), "period": period, "breakdown": breakdown}
        found = answer(con, _VALUE, question)
        if not found:
            raise UnknownNameError(_why_not(con, question, area))
        value = found[0]
        components = []
        if value["value_origin"] == "aggregated":
            at = {"area": value["ref_area"], "known": value["realtime_start"], "period": value["time_period"]}
            same = {
                "indicator": indicator,
                "breakdown": breakdown,
                "dataset": value["dataset"],
                "basis": value["basis"],
            }
            components = answer(con, _COMPONENTS, at | same)
        ids = sorted({row["release_id"] for row in [value, *components] if row["release_id"]})
        releases = answer(con, _RELEASES, {"ids": ids})
        return build_of(con), {"value": value, "components": components, "releases": releases}


def _why_not(con: duckdb.DuckDBPyConnection, question: Mapping[str, Any], area: str) -> str:
    """The first part of the question that finds nothing."""
    indicator, breakdown = question["indicator"], question["breakdown"]
    asked = {"indicator": indicator, "areas": question["areas"]}
    parts = [row["breakdown"] for row in answer(con, _BREAKDOWNS, asked)]
    if not parts:
        return f"no figure of {indicator} for {area}"
    if breakdown not in parts:
        return f"no breakdown {breakdown!r} of {indicator} for {area}; there is {', '.join(parts)}"
    periods = answer(con, _PERIODS, asked | {"breakdown": breakdown})
    newest = ", ".join(row["time_period"] for row in periods)
    return f"no figure of {indicator} for {area} in {question['period']!r}; newest periods: {newest}"


def render(found: Row) -> Iterator[str]:
    """The chain as people read it."""
    value, releases = found["value"], {row["release_id"]: row for row in found["releases"]}
    decimals = value["decimals"] or 0
    period = value["period_label"] or value["time_period"]
    part = "" if value["breakdown"] == "total" else f", {value['breakdown']}"
    yield f"{value['indicator_name']}, {value['area_name']} ({value['ref_area']}), {period}{part}"
    figure = f"{_number(value['obs_value'], decimals)} {value['unit_measure']}"
    yield f"  value      {figure}{_ratio(value)}{_limits(value, decimals)}"
    yield f"  status     {_state(value)}, {value['basis']}, SDMX status {value['obs_status']}"
    yield f"  made       {_made(value)}"
    yield f"  indicator  {value['indicator_id']}: {value['definition']}"
    if value["source_flag"]:
        yield f"  flag       {value['source_flag']}"
    if value["caveat"]:
        yield f"  caveat     {value['caveat']}"
    if not found["components"]:
        yield f"  where      {value['source_locator']}"
    for release in releases.values():
        yield from _release(release)
    if found["components"]:
        yield "  members"
        width = max(len(row["area_name"]) for row in found["components"])
        for row in found["components"]:
            figure = _number(row["obs_value"], decimals) + _ratio(row) if row["release_id"] else "no figure"
            member = f"{row['area_code']} {row['area_name']:<{width}}"
            yield f"    {member}  {figure:<28} {row['source_locator'] or ''}".rstrip()


def _release(release: Row) -> Iterator[str]:
    yield f"  release    {release['release_id']}"
    yield f"             {release['title']} ({release['publisher']}, {release['licence']})"
    yield f"             published {release['published_at']}, retrieved {release['retrieved_at']:%Y-%m-%d %H:%M} UTC"
    yield f"             {release['url'] or release['landing_page']}"
    yield f"             sha256 {release['sha256']}, {release['bytes']:,} bytes"
    if release["citation"]:
        yield f"             {release['citation']}"


def _state(value: Row) -> str:
    if value["is_latest"]:
        return f"serves, known from {value['realtime_start']}"
    until = f" to {value['realtime_end']}" if value["realtime_end"] else "; another dataset serves"
    return f"does not serve: known from {value['realtime_start']}{until}"


def _made(value: Row) -> str:
    if value["value_origin"] != "aggregated":
        return str(value["value_origin"])
    weight = f" by {value['weight_indicator_id']}" if value["weight_indicator_id"] else ""
    return f"aggregated from {value['n_components']} members, rule {value['aggregation_rule']}{weight}"


def _number(value: float | None, decimals: int) -> str:
    return "no value" if value is None else f"{value:,.{decimals}f}"


def _ratio(row: Row) -> str:
    if row["numerator"] is None or row["denominator"] is None:
        return ""
    return f" ({row['numerator']:,.15g} / {row['denominator']:,.15g})"


def _limits(value: Row, decimals: int) -> str:
    if value["lower_ci"] is None or value["upper_ci"] is None:
        return ""
    return f", 95% limits {_number(value['lower_ci'], decimals)} to {_number(value['upper_ci'], decimals)}"
