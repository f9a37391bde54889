-- Figures that follow from a published figure of an area and an aggregate of its members, and so can be made only after the aggregates.
-- trade_to_gva_ratio = exports in % of gross value added of the same area and year. Exports have no rows of local authorities; value added
-- has no row of the combined authority. Same columns as int_observation_aggregated, the rows made here only.
-- Grain: dataset x indicator x area x period x breakdown x release.
{{ config(materialized='table') }}

with observations as (
    select
        ref_area, time_period, breakdown, indicator_id, dataset, obs_value, obs_status, conf_status, basis, release_id, release_kind,
        realtime_start, source_locator
    from {{ ref('int_observation_conformed') }}
    where area_known and indicator_id in ('uk_exports_value', 'gva_current_prices')
    union all
    select
        ref_area, time_period, breakdown, indicator_id, dataset, obs_value, obs_status, conf_status, basis, release_id, release_kind,
        realtime_start, source_locator
    from {{ ref('int_observation_aggregated') }}
    where indicator_id = 'gva_current_prices'
),

-- The newest figure from a dataset that may serve it, a published one before an illustrative one. A cross-check never feeds a figure.
value_added as (
    select *
    from (
        select
            observations.*,
            row_number() over (
                partition by observations.ref_area, observations.time_period, observations.breakdown
                order by observations.basis desc, sources.priority asc, observations.realtime_start desc, observations.release_id desc
            ) as newest_first
        from observations
        inner join {{ ref('indicator_sources') }} as sources
            on
                sources.indicator_id = observations.indicator_id
                and sources.dataset = observations.dataset
                and sources.role <> 'cross_check'
        where observations.indicator_id = 'gva_current_prices'
    ) as ranked
    where newest_first = 1
)

select
    exports.dataset,
    'trade_to_gva_ratio' as indicator_id,
    exports.ref_area,
    exports.time_period,
    exports.breakdown,
    case when value_added.obs_value > 0 then 100 * exports.obs_value / value_added.obs_value end as obs_value,
    exports.obs_value as numerator,
    value_added.obs_value as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    -- A part that is missing leaves nothing to derive; otherwise the weaker part decides.
    case
        when exports.obs_value is null or value_added.obs_value is null or value_added.obs_value <= 0 then 'O'
        when {{ obs_status_rank('exports.obs_status') }} <= {{ obs_status_rank('value_added.obs_status') }} then exports.obs_status
        else value_added.obs_status
    end as obs_status,
    case when 'C' in (exports.conf_status, value_added.conf_status) then 'C' else 'F' end as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    'percent' as unit_measure,
    'derived' as value_origin,
    case when exports.basis = value_added.basis then exports.basis else 'illustrative' end as basis,
    exports.release_id,
    case when value_added.release_kind = 'whole' then exports.release_kind else value_added.release_kind end as release_kind,
    exports.realtime_start,
    exports.source_locator || ' over ' || value_added.source_locator as source_locator,
    true as area_known,
    cast(null as bigint) as n_components
from observations as exports
inner join value_added
    on
        value_added.ref_area = exports.ref_area
        and value_added.time_period = exports.time_period
        and value_added.breakdown = exports.breakdown
where exports.indicator_id = 'uk_exports_value'
