-- Net additional dwellings in each financial year. Below zero where more dwellings went than came. The year's flag (R revised, P provisional)
-- goes into source_flag; '..' or nothing is not available (authorities that were not there in the year).

with additions as (
    select
        {{ clean_code('area_code') }} as ref_area,
        {{ financial_year_period('period_label') }} as time_period,
        {{ try_number('value') }} as obs_value,
        coalesce(
            {{ not_a_number('value') }},
            nullif(upper({{ replace_all('period_label', '[^A-Za-z]', '') }}), '')
        ) as source_flag,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'mhclg_live_table_122__net_additions') }}
)

select
    'mhclg_live_table_122' as dataset,
    'net_additional_dwellings' as indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('source_flag', 'obs_value') }} as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    'count' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from additions
