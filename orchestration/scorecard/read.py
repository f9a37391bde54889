"""What the page needs of a finished mart: a few statements, read only. One row is one figure, or one area's series."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.scorecard.words import Row

if TYPE_CHECKING:
    import duckdb

BUILD = "select * from mart.build"
AREAS = """
    select area_code, area_name, is_home_area from mart.dim_area
    where is_home_area or is_home_member
    order by is_home_area desc, area_name
"""
OUTCOMES = """
    select
        themes.framework_id, themes.theme_id, themes.theme_name, outcomes.outcome_id, outcomes.outcome_name,
        outcomes.description
    from mart.dim_outcome as outcomes
    inner join mart.dim_theme as themes using (framework_id, theme_id)
    left join mart.dim_measure as measures using (framework_id, outcome_id)
    group by all
    order by min(themes.sort_order), min(measures.sort_order), outcomes.outcome_id
"""
# Rounded here as the indicator is printed: every later step shows these digits.
ROUNDED = ", ".join(
    f"round({name}, cast(coalesce(decimals, 0) as integer)) as {name}"
    for name in ("value", "lower_ci", "upper_ci", "comparator_value", "ca_median", "ca_min", "ca_max")
)
SCORECARD = f"""
    select
        * replace ({ROUNDED}),
        -- Only a target of this very figure, in its unit, belongs on its chart.
        exists (
            from mart.mart_target as targets
            where targets.measure_id = scorecard.measure_id
                and targets.indicator_id = scorecard.indicator_id
                and targets.unit = scorecard.unit
                and targets.target_value = scorecard.target_value
        ) as has_target_value
    from mart.mart_scorecard as scorecard
    order by sort_order, measure_id, is_headline desc, role desc, indicator_id, breakdown
"""
# The newest figure of every member authority, in the columns of the scorecard. Published and invented figures are never
# shown together: those of the area itself decide which.
MEMBERS = f"""
    with figures as (
        select distinct indicator_id, breakdown, basis, decimals, polarity from mart.mart_scorecard
        where time_period is not null
    ),
    newest as (
        select compared.* from mart.mart_comparison as compared
        inner join figures using (indicator_id, breakdown, basis)
        where compared.area_code in (select area_code from mart.dim_area where is_home_member)
            and compared.value is not null
        qualify row_number() over (
            partition by indicator_id, breakdown, area_code order by period_end desc, period_start desc
        ) = 1
    )
    select
        newest.* replace ({ROUNDED.replace("round(", "round(newest.")}),
        figures.decimals, figures.polarity, areas.area_name,
        date_diff('day', newest.period_end, cast(builds.finished_at as date)) as age_days, periods.period_label,
        previous.period_label as previous_period_label, baseline.period_label as baseline_period_label,
        trends.trend, trends.trend_judgement, trends.reason as trend_reason
    from newest
    inner join figures using (indicator_id, breakdown)
    inner join mart.dim_area as areas using (area_code)
    cross join mart.build as builds
    left join mart.dim_period as periods using (time_period)
    left join mart.dim_period as previous on previous.time_period = newest.previous_period
    left join mart.dim_period as baseline on baseline.time_period = newest.baseline_period
    left join mart.mart_trend as trends
        on
            trends.indicator_id = newest.indicator_id
            and trends.breakdown = newest.breakdown
            and trends.area_code = newest.area_code
    order by newest.indicator_id, newest.breakdown, areas.area_name
"""
# Targets that the strategy sets an outcome, not one of its measures.
TARGETS = """
    select framework_id, outcome_id, statement, trajectory, reason from mart.mart_target
    where measure_id is null and outcome_id is not null
    order by target_id
"""
PERIODS = "select distinct period_label, period_start, period_end from mart.dim_period order by all"
# Every period of every figure: one row for an area, its points as lists in the order of time. `day` is the middle of
# the period in days since 1970, where a chart draws it.
SERIES = """
    with figures as (
        select distinct
            indicator_id, breakdown, basis, area_code as own_area,
            cast(coalesce(decimals, 0) as integer) as decimals
        from mart.mart_scorecard
        where time_period is not null
    ),
    points as (
        select
            figures.decimals, compared.*, periods.period_label,
            -- A total of England beside that of an area would only flatten the area's line.
            case when compared.gap is not null then compared.comparator_value end as beside,
            compared.gap is not null and compared.ca_count > 1 as in_range,
            (epoch(compared.period_start) + epoch(compared.period_end)) // 172800 as day
        from figures
        inner join mart.mart_comparison as compared
            on
                compared.indicator_id = figures.indicator_id
                and compared.breakdown = figures.breakdown
                and compared.basis = figures.basis
        inner join mart.dim_area as areas on areas.area_code = compared.area_code
        left join mart.dim_period as periods on periods.time_period = compared.time_period
        where compared.value is not null
            and (areas.is_home_area or areas.is_home_member or areas.area_code = figures.own_area)
    )
    select
        indicator_id, breakdown, area_code,
        list(cast(day as bigint) order by period_end, period_start) as day,
        list(period_label order by period_end, period_start) as label,
        list(round(value, decimals) order by period_end, period_start) as value,
        list(round(lower_ci, decimals) order by period_end, period_start) as low,
        list(round(upper_ci, decimals) order by period_end, period_start) as high,
        list(round(beside, decimals) order by period_end, period_start) as comparator,
        list(case when in_range then round(ca_median, decimals) end order by period_end, period_start) as median,
        list(case when in_range then round(ca_min, decimals) end order by period_end, period_start) as least,
        list(case when in_range then round(ca_max, decimals) end order by period_end, period_start) as most
    from points
    group by indicator_id, breakdown, area_code
    order by indicator_id, breakdown, area_code
"""
BOUNDARIES = """
    select boundaries.*, releases.attribution from mart.mart_area_boundary as boundaries
    inner join mart.dim_area as areas using (area_code)
    left join mart.dim_release as releases on releases.release_id = boundaries.release_id
    where areas.is_home_member
    order by boundaries.area_name
"""


@dataclass(frozen=True)
class Found:
    """Everything the page shows, as the mart says it."""

    build: Row
    areas: list[Row]
    outcomes: list[Row]
    figures: list[Row]
    members: list[Row]
    targets: list[Row]
    periods: list[Row]
    series: list[Row]
    boundaries: list[Row]


def read(mart: Path) -> Found:
    """Reads a finished mart file. Raises duckdb.Error where it cannot be opened or lacks a table."""
    import duckdb

    with duckdb.connect(mart, read_only=True) as con:
        return Found(
            build=_rows(con, BUILD)[0],
            areas=_rows(con, AREAS),
            outcomes=_rows(con, OUTCOMES),
            figures=_rows(con, SCORECARD),
            members=_rows(con, MEMBERS),
            targets=_rows(con, TARGETS),
            periods=_rows(con, PERIODS),
            series=_rows(con, SERIES),
            boundaries=_rows(con, BOUNDARIES),
        )


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = con.execute(query)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
