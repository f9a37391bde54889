-- Births, deaths and stock of enterprises as published, and the rates that follow from them. Rates and survival are worked out from the counts:
-- the workbook's per cent columns hold formulas, and counts are what a combined authority's rate is made of. Each year stands in one sheet.
{% set counts = {'births': 'business_births', 'deaths': 'business_deaths', 'active': 'active_enterprises'} %}
{% set rates = {'business_births': 'business_birth_rate', 'business_deaths': 'business_death_rate'} %}

with counts as (
    {%- for sheet, indicator_id in counts.items() %}
    select
        '{{ indicator_id }}' as indicator_id,
        {{ clean_code('area_code') }} as ref_area,
        {{ calendar_year_period('period_label') }} as time_period,
        {{ try_number('value') }} as obs_value,
        {{ not_a_number('value') }} as source_flag,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'ons_business_demography__' ~ sheet) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

active as (
    select * from counts where indicator_id = 'active_enterprises'
),

fractions as (
    select
        case counts.indicator_id
        {%- for count_id, rate_id in rates.items() %}
            when '{{ count_id }}' then '{{ rate_id }}'
        {%- endfor %}
        end as indicator_id,
        counts.ref_area,
        counts.time_period,
        counts.obs_value as numerator,
        active.obs_value as denominator,
        coalesce(counts.source_flag, active.source_flag) as source_flag,
        counts.release_id,
        counts.source_locator
    from counts
    left join active
        on
            active.release_id = counts.release_id
            and active.ref_area = counts.ref_area
            and active.time_period = counts.time_period
    where counts.indicator_id in ('{{ rates.keys() | join("', '") }}')

    {%- for years in range(1, 6) %}
    union all
    select
        'business_survival_{{ years }}yr' as indicator_id,
        {{ clean_code('area_code') }} as ref_area,
        {{ calendar_year_period('births_label') }} as time_period,
        {{ try_number('survival_' ~ years ~ 'yr') }} as numerator,
        {{ try_number('births') }} as denominator,
        coalesce({{ not_a_number('survival_' ~ years ~ 'yr') }}, {{ not_a_number('births') }}) as source_flag,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'ons_business_demography__survival') }}
    {%- endfor %}
),

observations as (
    select
        indicator_id,
        ref_area,
        time_period,
        obs_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        source_flag,
        'count' as unit_measure,
        'published' as value_origin,
        release_id,
        source_locator
    from counts

    union all

    select
        indicator_id,
        ref_area,
        time_period,
        case when denominator > 0 then 100 * numerator / denominator end as obs_value,
        numerator,
        denominator,
        source_flag,
        'percent' as unit_measure,
        'derived' as value_origin,
        release_id,
        source_locator
    from fractions
)

select
    'ons_business_demography' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    numerator,
    denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    -- ':' stands for years of survival that have not passed yet; nothing out of nothing is not applicable.
    case
        when obs_value is null and denominator = 0 then 'M'
        else {{ obs_status('source_flag', 'obs_value') }}
    end as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    unit_measure,
    value_origin,
    release_id,
    source_locator
from observations
