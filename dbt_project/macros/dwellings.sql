{#-
  Dwellings started and completed, from both layouts of one of MHCLG's house building tables: one row for each indicator, area and sheet.
  `indicators`: starts_all and completions_all -> indicator. '..' is not available; 0 stands for 0 to 4. The period is in the sheet's name.
-#}
{% macro dwellings_by_sheet(dataset, indicators) -%}
    {%- for table in ['house_building', 'house_building_flat'] %}
    {%- set layout = loop %}
    {%- for column, indicator_id in indicators.items() %}
    select
        '{{ dataset }}' as dataset,
        '{{ indicator_id }}' as indicator_id,
        {{ clean_code('area_code') }} as ref_area,
        {{ clean_text('_member') }} as sheet,
        {{ try_number(column) }} as obs_value,
        {{ not_a_number(column) }} as source_flag,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', dataset ~ '__' ~ table) }}
    {{ 'union all' if not (loop.last and layout.last) }}
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}

{#- The rows of dwellings_by_sheet in the common observation shape; `time_period` is an expression on `sheet`. -#}
{% macro dwellings_as_observations(relation, time_period) -%}
select
    dataset,
    indicator_id,
    ref_area,
    {{ time_period }} as time_period,
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
from {{ relation }}
{%- endmacro %}
