-- Renewable electricity generated, MWh, from the column Total. Technologies are not summed: their cells are suppressed where they would
-- show a single site, the total is not. '[X]' in the total itself means suppressed, as in the rest of the workbook.

with generation as (
    select
        *,
        {{ try_number('total') }} as obs_value,
        case when {{ try_number('total') }} is null then {{ clean_text('total') }} end as source_flag
    from {{ source('raw', 'desnz_renewable_electricity__generation') }}
)

select
    'desnz_renewable_electricity' as dataset,
    'renewable_generation' as indicator_id,
    {{ clean_code('area_code') }} as ref_area,
    {{ calendar_year_period('_member') }} as time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    case when lower(source_flag) in ('[x]', 'x') then 'Q' else {{ obs_status('source_flag', 'obs_value') }} end as obs_status,
    case when lower(source_flag) in ('[x]', 'x') then 'C' else {{ conf_status('source_flag') }} end as conf_status,
    source_flag,
    'MWh' as unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from generation
