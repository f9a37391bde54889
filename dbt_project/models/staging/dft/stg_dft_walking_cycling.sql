-- Adults who walk and who cycle, for any purpose, at least once a week and at least once a month, % of adults. The survey year, from
-- mid-November to mid-November, goes by the calendar year in which it ends, as the publisher labels it.
{% set modes = {'walking': 'adults_walking', 'cycling': 'adults_cycling'} %}

with adults as (
    {%- for table, prefix in modes.items() %}
    select
        '{{ prefix }}' || case lower({{ clean_text('frequency') }})
            when 'at least once per week' then '_weekly'
            when 'at least once per month' then '_monthly'
        end as indicator_id,
        {{ clean_code('area_code') }} as ref_area,
        {{ calendar_year_period('period_label') }} as time_period,
        {{ try_number('value') }} as obs_value,
        {{ not_a_number('value') }} as source_flag,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'dft_walking_cycling__' ~ table) }}
    where lower({{ clean_text('purpose') }}) = 'any'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    'dft_walking_cycling' as dataset,
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
    'percent' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from adults
where indicator_id is not null
