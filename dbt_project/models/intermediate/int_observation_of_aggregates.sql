-- Figures that follow from a published figure of an area and an aggregate of its members, and so can be made only after the aggregates.
-- trade_to_gva_ratio = exports in % of gross value added of the same area and year. Exports have no rows of local authorities; value added
-- has no row of the combined authority. exporting_businesses_share = businesses that export goods, to all partners or to one group of them, in %
-- of all enterprises of the same area and year: two registers. Same columns as int_observation_aggregated, the rows made here only.
-- Grain: dataset x indicator x area x period x breakdown x release.
{{ config(materialized='table') }}
{% set ratios = [
    ('trade_to_gva_ratio', 'uk_exports_value', 'gva_current_prices'),
    ('exporting_businesses_share', 'goods_exporting_businesses', 'enterprises_uk_business_counts')
] %}
{% set uppers = ratios | map(attribute=1) | list %}
{% set lowers = ratios | map(attribute=2) | list %}

with ratios as (
    {%- for indicator_id, upper, lower in ratios %}
    select '{{ indicator_id }}' as indicator_id, '{{ upper }}' as upper_indicator_id, '{{ lower }}' as lower_indicator_id
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

observations as (
    select
        ref_area, time_period, breakdown, indicator_id, dataset, obs_value, obs_status, conf_status, basis, release_id, release_kind,
        realtime_start, source_locator
    from {{ ref('int_observation_corrected') }}
    where area_known and indicator_id in ('{{ (uppers + lowers) | join("', '") }}')
    union all
    select
        ref_area, time_period, breakdown, indicator_id, dataset, obs_value, obs_status, conf_status, basis, release_id, release_kind,
        realtime_start, source_locator
    from {{ ref('int_observation_aggregated') }}
    where indicator_id in ('{{ lowers | join("', '") }}')
),

-- The newest figure from a dataset that may serve it, a published one before an illustrative one. A cross-check never feeds a figure.
wholes as (
    select *
    from (
        select
            observations.*,
            row_number() over (
                partition by observations.indicator_id, observations.ref_area, observations.time_period
                order by observations.basis desc, sources.priority asc, observations.realtime_start desc, observations.release_id desc
            ) as newest_first
        from observations
        inner join {{ ref('indicator_sources') }} as sources
            on
                sources.indicator_id = observations.indicator_id
                and sources.dataset = observations.dataset
                and sources.role <> 'cross_check'
        where
            observations.breakdown = 'total'
            and observations.indicator_id in ('{{ lowers | join("', '") }}')
    ) as ranked
    where newest_first = 1
)

select
    parts.dataset,
    ratios.indicator_id,
    parts.ref_area,
    parts.time_period,
    parts.breakdown,
    case when wholes.obs_value > 0 then 100 * parts.obs_value / wholes.obs_value end as obs_value,
    parts.obs_value as numerator,
    wholes.obs_value as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    -- A part that is missing leaves nothing to derive; otherwise the weaker part decides.
    case
        when parts.obs_value is null or wholes.obs_value is null or wholes.obs_value <= 0 then 'O'
        when {{ obs_status_rank('parts.obs_status') }} <= {{ obs_status_rank('wholes.obs_status') }} then parts.obs_status
        else wholes.obs_status
    end as obs_status,
    case when 'C' in (parts.conf_status, wholes.conf_status) then 'C' else 'F' end as conf_status,
    {{ flag_of_corrected_parts("parts.source_locator || wholes.source_locator") }} as source_flag,
    'percent' as unit_measure,
    'derived' as value_origin,
    case when parts.basis = wholes.basis then parts.basis else 'illustrative' end as basis,
    parts.release_id,
    case when wholes.release_kind = 'whole' then parts.release_kind else wholes.release_kind end as release_kind,
    parts.realtime_start,
    parts.source_locator || ' over ' || wholes.source_locator as source_locator,
    true as area_known,
    cast(null as bigint) as n_components
from observations as parts
inner join ratios
    on ratios.upper_indicator_id = parts.indicator_id
inner join wholes
    on
        wholes.indicator_id = ratios.lower_indicator_id
        and wholes.ref_area = parts.ref_area
        and wholes.time_period = parts.time_period
