{#- Countries and English regions by name in lower case, as publications without codes spell them: area_label, area_code. -#}
{% macro countries_and_regions() -%}
    select lower(area_name) as area_label, area_code
    from {{ ref('areas') }}
    where area_type in ('country', 'region')
    union
    select lower(aliases.alias) as area_label, aliases.area_code
    from {{ ref('area_aliases') }} as aliases
    inner join {{ ref('areas') }} as areas
        on areas.area_code = aliases.area_code and areas.area_type in ('country', 'region')
    where aliases.scheme = 'name'
{%- endmacro %}

{#-
  Figures of raw tables that have columns region (a name), period_label and value, one table for each indicator (table -> indicator id).
  A name that is not known stays in place of the code, and waits in int_area_unmatched.
-#}
{% macro figures_by_region(dataset, indicators) -%}
    {%- for table, indicator_id in indicators.items() %}
    select
        '{{ indicator_id }}' as indicator_id,
        coalesce(names.area_code, {{ clean_text('figures.region') }}) as ref_area,
        figures.period_label,
        {{ try_number('figures.value') }} as obs_value,
        {{ not_a_number('figures.value') }} as source_flag,
        figures._release_id as release_id,
        {{ source_locator('figures') }} as source_locator
    from {{ source('raw', dataset ~ '__' ~ table) }} as figures
    left join ({{ countries_and_regions() }}) as names
        on names.area_label = lower({{ clean_text('figures.region') }})
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
