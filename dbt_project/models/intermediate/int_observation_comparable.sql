-- What serves now, ready to be compared: with the unit's nature, the confidence interval (published, or Wilson's where seed interval_methods
-- says that counts allow it), and the run of periods that a figure belongs to. Figures are compared over time only within one dataset, basis and
-- run: the same length of period, the same side of every break of the series (seed comparability_breaks), and the same season, which keeps
-- rolling years apart that overlap. Grain: indicator x breakdown x area x period.
{{ config(materialized='table') }}

with breaks as (
    select indicator_id, cast(breaks_on as date) as breaks_on
    from {{ ref('comparability_breaks') }}
),

serving as (
    select
        facts.*,
        units.grows_with_size,
        units.change_in,
        indicators.polarity,
        methods.interval_method as counts_method,
        {{ month_number('facts.period_start') }} as start_month,
        -- Points in time have no season.
        case when facts.freq = '_Z' then 1 else {{ period_months('facts.freq') }} end as months
    from {{ ref('fct_observation') }} as facts
    inner join {{ ref('dim_indicator') }} as indicators
        on indicators.indicator_id = facts.indicator_id
    inner join {{ ref('units') }} as units
        on units.unit_measure = facts.unit_measure
    left join {{ ref('interval_methods') }} as methods
        on methods.indicator_id = facts.indicator_id
    where facts.is_latest and facts.obs_value is not null
),

runs as (
    select
        serving.indicator_id,
        serving.breakdown,
        serving.ref_area,
        serving.time_period,
        -- Without a date every release is a series of its own.
        case when count(case when breaks.breaks_on is null then 1 end) > 0 then serving.release_id else '' end
        || cast(count(case when breaks.breaks_on <= serving.period_start then 1 end) as {{ type_text() }}) as era
    from serving
    inner join breaks
        on breaks.indicator_id = serving.indicator_id
    group by serving.indicator_id, serving.breakdown, serving.ref_area, serving.time_period, serving.release_id
)

select
    serving.indicator_id,
    serving.breakdown,
    serving.ref_area,
    serving.time_period,
    serving.period_start,
    serving.period_end,
    serving.dataset,
    serving.basis,
    serving.release_id,
    serving.unit_measure,
    serving.grows_with_size,
    serving.change_in,
    serving.polarity,
    serving.obs_value,
    case
        when {{ has_limits('serving') }} then serving.lower_ci
        when {{ wilson_applies('serving') }} then {{ wilson_limit('serving.numerator', 'serving.denominator', '-') }}
    end as lower_ci,
    case
        when {{ has_limits('serving') }} then serving.upper_ci
        when {{ wilson_applies('serving') }} then {{ wilson_limit('serving.numerator', 'serving.denominator', '+') }}
    end as upper_ci,
    case
        when {{ has_limits('serving') }} then 'published'
        when {{ wilson_applies('serving') }} then 'wilson'
    end as interval_method,
    serving.freq
    || ' ' || coalesce(runs.era, '0')
    || ' ' || case when serving.freq = '_Z' then '' else cast(serving.start_month % {{ greatest_of('serving.months', 12) }} as {{ type_text() }}) end
        as run
from serving
left join runs
    on
        runs.indicator_id = serving.indicator_id
        and runs.breakdown = serving.breakdown
        and runs.ref_area = serving.ref_area
        and runs.time_period = serving.time_period
