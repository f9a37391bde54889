-- Dwellings started and completed in each financial year, rounded to 10. '-' (later '[low]') is fewer than 5 dwellings and not zero;
-- '..' (later '[x]') is not available.
{% set sheets = {'starts': 'housing_starts', 'completions': 'housing_completions'} %}

with dwellings as (
    {%- for sheet, indicator_id in sheets.items() %}
    select
        '{{ indicator_id }}' as indicator_id,
        {{ clean_code('area_code') }} as ref_area,
        {{ financial_year_period('period_label') }} as time_period,
        {{ try_number('value') }} as obs_value,
        {{ not_a_number('value') }} as source_flag,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'ons_house_building__' ~ sheet) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    'ons_house_building' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    case when source_flag in ('-', '[low]') then 'Q' else {{ obs_status('source_flag', 'obs_value') }} end as obs_status,
    case when source_flag in ('-', '[low]') then 'C' else {{ conf_status('source_flag') }} end as conf_status,
    source_flag,
    'count' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from dwellings
