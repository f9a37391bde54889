{#-
  Academic year, September to August, as the Department for Education writes it: '202122', '2021/22', '2021/2022' -> '2021-09-01/P1Y'.
  NULL where the second year does not follow the first.
-#}
{% macro academic_year_period(text) -%}
    {%- set digits = replace_all(clean_text(text), '[^0-9]', '') -%}
    case
        when {{ matches(clean_text(text), '^20[0-9]{2}/?(20)?[0-9]{2}$') }}
        then
            case
                when {{ years_follow('substr(' ~ digits ~ ', 1, 4)', 'substr(' ~ digits ~ ', 5)', 1) }}
                then substr({{ digits }}, 1, 4) || '-09-01/P1Y'
            end
    end
{%- endmacro %}

{#- Academic year from the year in which it ends, with or without a status: '2023', '2025 (Rev)' -> '2022-09-01/P1Y', '2024-09-01/P1Y'. -#}
{% macro academic_year_ending(text) -%}
    case
        when {{ matches(clean_text(text), '^20[0-9]{2}( ?[(][A-Za-z]+[)])?$') }}
        then cast(cast(substr({{ clean_text(text) }}, 1, 4) as integer) - 1 as {{ type_text() }}) || '-09-01/P1Y'
    end
{%- endmacro %}

{#- Rank of a release status of the department among several for one figure: final 1, revised 2, provisional 3; none said: final. -#}
{% macro dfe_status_rank(status) -%}
    case
        when lower(coalesce({{ status }}, '')) like '%prov%' then 3
        when lower(coalesce({{ status }}, '')) like '%rev%' then 2
        else 1
    end
{%- endmacro %}

{#- What stands in place of the number, and the release status where the figure is not final: 'x', 'Provisional', 'c; Provisional' or NULL. -#}
{% macro dfe_source_flag(marker, status) -%}
    case
        when {{ dfe_status_rank(status) }} = 1 then {{ marker }}
        else coalesce({{ marker }} || '; ', '') || {{ status }}
    end
{%- endmacro %}

{#- SDMX status: the marker's; provisional (P) where there is a figure that is. -#}
{% macro dfe_obs_status(marker, status, value) -%}
    case
        when {{ value }} is not null and {{ dfe_status_rank(status) }} = 3 then 'P'
        else {{ obs_status(marker, value) }}
    end
{%- endmacro %}

{#-
  Observations of Explore Education Statistics from a relation with indicator_id, ref_area, time_period, release_status, obs_value, denominator,
  marker, unit_measure and the provenance columns: of a figure that comes twice in a release the most final one.
-#}
{% macro dfe_most_final(dataset, figures) -%}
select
    '{{ dataset }}' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ dfe_obs_status('marker', 'release_status', 'obs_value') }} as obs_status,
    {{ conf_status('marker') }} as conf_status,
    {{ dfe_source_flag('marker', 'release_status') }} as source_flag,
    unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from (
    select
        {{ figures }}.*,
        row_number() over (
            partition by _release_id, indicator_id, ref_area, time_period
            order by {{ dfe_status_rank('release_status') }}, _member, _row_number
        ) as most_final_first
    from {{ figures }}
) as ranked
where most_final_first = 1
{%- endmacro %}
