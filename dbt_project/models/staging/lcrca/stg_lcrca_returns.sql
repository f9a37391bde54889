-- The combined authority's own returns, as they were checked when they were handed in. A share is worked out from its two counts; a figure
-- that was withdrawn is missing, not zero. Grain: indicator x area x period x breakdown x release.

with figures as (
    select
        {{ clean_text('indicator_id') }} as indicator_id,
        {{ clean_code('area_code') }} as ref_area,
        {{ clean_text('time_period') }} as time_period,
        {{ clean_text('breakdown') }} as breakdown,
        {{ clean_text('unit') }} as unit_measure,
        {{ try_number('value') }} as value,
        {{ try_number('numerator') }} as numerator,
        {{ try_number('denominator') }} as denominator,
        case when 'withdrawn' in (value, numerator, denominator) then 'withdrawn' end as source_flag,
        _release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'lcrca_returns__figures') }}
),

valued as (
    select
        figures.*,
        case
            when source_flag = 'withdrawn' then null
            when unit_measure = 'percent' then case when denominator > 0 then 100.0 * numerator / denominator end
            else value
        end as obs_value
    from figures
)

select
    'lcrca_returns' as dataset,
    indicator_id,
    ref_area,
    time_period,
    breakdown,
    obs_value,
    -- Half of a withdrawn share is no count to go on with.
    case when source_flag is null then numerator end as numerator,
    case when source_flag is null then denominator end as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    case when obs_value is null then 'O' else 'A' end as obs_status,
    'F' as conf_status,
    source_flag,
    unit_measure,
    'local_return' as value_origin,
    _release_id as release_id,
    source_locator
from valued
