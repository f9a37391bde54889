-- The newest figure of every indicator that speaks to a measure, for the area that the measure is read from: a published one before an invented
-- one. Grain: measure x indicator x breakdown.
{{ config(materialized='table') }}

select *
from (
    select
        bridge.measure_id,
        bridge.indicator_id,
        bridge.breakdown,
        bridge.role,
        bridge.strength,
        bridge.what_differs,
        bridge.geography_area as area_code,
        bridge.sort_order,
        facts.time_period,
        facts.period_end,
        facts.obs_value,
        facts.unit_measure,
        facts.obs_status,
        facts.value_origin,
        facts.source_flag,
        facts.source_locator,
        facts.basis,
        facts.dataset,
        facts.release_id,
        row_number() over (
            partition by bridge.measure_id, bridge.indicator_id, bridge.breakdown
            order by case when facts.basis = 'published' then 0 else 1 end, facts.period_end desc, facts.period_start desc
        ) as newest_first
    from {{ ref('bridge_measure_indicator') }} as bridge
    inner join {{ ref('fct_observation') }} as facts
        on
            facts.indicator_id = bridge.indicator_id
            and facts.breakdown = bridge.breakdown
            and facts.ref_area = bridge.geography_area
            and facts.is_latest
            and facts.obs_value is not null
    where bridge.role <> 'context'
) as ordered
where newest_first = 1
