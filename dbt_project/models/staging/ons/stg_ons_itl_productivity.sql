-- Gross value added per hour worked and per filled job by International Territorial Level, pounds of each year, smoothed. The workbook calls
-- the United Kingdom without its continental shelf UKX; Explore Local Statistics, which this is to check, calls it K99000002.
{% set tables = {'per_hour': 'gva_per_hour_worked', 'per_job': 'gva_per_filled_job'} %}

with productivity as (
    {%- for table, indicator_id in tables.items() %}
    select
        '{{ indicator_id }}' as indicator_id,
        case when {{ clean_code('area_code') }} = 'UKX' then 'K99000002' else {{ clean_code('area_code') }} end as ref_area,
        {{ calendar_year_period('period_label') }} as time_period,
        {{ try_number('value') }} as obs_value,
        {{ not_a_number('value') }} as source_flag,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'ons_itl_productivity__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    'ons_itl_productivity' as dataset,
    indicator_id,
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
    'GBP' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from productivity
