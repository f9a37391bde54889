-- Healthy life expectancy at birth (age group <1) by sex, three years pooled. Expectancies at later ages stay in the raw table.
with at_birth as (
    select
        *,
        {{ try_number('hle') }} as obs_value,
        {{ not_a_number('hle') }} as source_flag,
        lower({{ clean_text('sex') }}) as sex_text
    from {{ source('raw', 'ons_healthy_life_expectancy__observations') }}
    where {{ clean_text('age_group') }} = '<1'
)

select
    'ons_healthy_life_expectancy' as dataset,
    'healthy_life_expectancy' as indicator_id,
    {{ clean_code('area_code') }} as ref_area,
    {{ pooled_years_period('period') }} as time_period,
    case
        when sex_text in ('male', 'males') then 'sex=male'
        when sex_text in ('female', 'females') then 'sex=female'
        else 'total'
    end as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    {{ try_number('lci') }} as lower_ci,
    {{ try_number('uci') }} as upper_ci,
    {{ obs_status('source_flag', 'obs_value') }} as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    'years' as unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from at_birth
