-- Households in receipt of measures under the Energy Company Obligation, counted from January 2013 to the last day of the month that the
-- table's title names. The row of the metropolitan county (E11000002) is an area of its own: it leaves out Halton.

{% set months = [
    'january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'
] %}

with households as (
    select
        *,
        case
        {%- for month in months %}
            when lower(coverage_end) like '{{ month }} %' then '{{ '%02d' | format(loop.index) }}'
        {%- endfor %}
        end as coverage_month,
        {{ replace_all('coverage_end', '[^0-9]', '') }} as coverage_year,
        {{ try_number('households_eco') }} as obs_value
    from {{ source('raw', 'desnz_household_energy_efficiency__eco_households') }}
),

dated as (
    select
        *,
        cast(coverage_year || '-' || coverage_month || '-01' as date) as last_month,
        case when obs_value is null then {{ clean_text('households_eco') }} end as source_flag
    from households
)

select
    'desnz_household_energy_efficiency' as dataset,
    'households_eco_measures' as indicator_id,
    {{ clean_code('area_code') }} as ref_area,
    cast({{ last_day_of_months('last_month', 1) }} as {{ type_text() }}) as time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    -- '#' and '^' stand for suppressed counts in this workbook.
    case when source_flag in ('#', '^') then 'Q' else {{ obs_status('source_flag', 'obs_value') }} end as obs_status,
    case when source_flag in ('#', '^') then 'C' else {{ conf_status('source_flag') }} end as conf_status,
    source_flag,
    'count' as unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from dated
