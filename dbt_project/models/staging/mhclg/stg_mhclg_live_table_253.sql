-- Dwellings started and completed in each financial year, rounded to 10 (0 stands for 0 to 4); '..' is not available. The year is the sheet's name:
-- '8081' to '9798', then '1998-99', in the newest layout 'FY_2020_21'.
{% set tables = ['house_building', 'house_building_flat'] %}
{% set columns = {'starts_all': 'housing_starts', 'completions_all': 'housing_completions'} %}

with dwellings as (
    {%- for table in tables %}
    {%- set layout = loop %}
    {%- for column, indicator_id in columns.items() %}
    select
        '{{ indicator_id }}' as indicator_id,
        {{ clean_code('area_code') }} as ref_area,
        case
            when {{ matches(clean_text('_member'), '^[0-9]{4}$') }}
                then '19' || substr({{ clean_text('_member') }}, 1, 2) || '-' || substr({{ clean_text('_member') }}, 3, 2)
            else replace(replace({{ clean_text('_member') }}, 'FY_', ''), '_', '-')
        end as year_label,
        {{ try_number(column) }} as obs_value,
        {{ not_a_number(column) }} as source_flag,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'mhclg_live_table_253__' ~ table) }}
    {{ 'union all' if not (loop.last and layout.last) }}
    {%- endfor %}
    {%- endfor %}
)

select
    'mhclg_live_table_253' as dataset,
    indicator_id,
    ref_area,
    {{ financial_year_period('year_label') }} as time_period,
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
from dwellings
