-- Recorded depression, estimated common mental disorders, healthy life expectancy at birth. Rows of a category (a tenth of areas by
-- deprivation, for one) and of other indicators stay in the raw table. The row of a parent is repeated under its children: once here.

{% set indicators = [
    {'id': '848', 'indicator_id': 'depression_recorded_prevalence', 'unit': 'percent', 'sexes': "('Persons')", 'age': '18+ yrs'},
    {'id': '93495', 'indicator_id': 'common_mental_disorders_prevalence', 'unit': 'percent', 'sexes': "('Persons')", 'age': '16+ yrs'},
    {'id': '90362', 'indicator_id': 'healthy_life_expectancy', 'unit': 'years', 'sexes': "('Male', 'Female')", 'age': 'All ages'},
] %}

with observations as (
    select
        case {{ clean_text('indicator_id') }}
        {%- for indicator in indicators %}
            when '{{ indicator.id }}' then '{{ indicator.indicator_id }}'
        {%- endfor %}
        end as indicator_id,
        case {{ clean_text('indicator_id') }}
        {%- for indicator in indicators %}
            when '{{ indicator.id }}' then '{{ indicator.unit }}'
        {%- endfor %}
        end as unit_measure,
        {{ clean_code('area_code') }} as ref_area,
        coalesce(
            {{ pooled_years_period("replace(time_period, ' ', '')") }},
            {{ calendar_year_period('time_period') }}
        ) as years_period,
        {{ financial_year_period('time_period') }} as financial_period,
        time_period as period_label,
        case {{ clean_text('sex') }} when 'Male' then 'sex=male' when 'Female' then 'sex=female' else 'total' end as breakdown,
        {{ try_number('value') }} as obs_value,
        {{ try_number('persons_counted') }} as numerator,
        {{ try_number('denominator') }} as denominator,
        {{ try_number('lower_ci_95') }} as lower_ci,
        {{ try_number('upper_ci_95') }} as upper_ci,
        {{ clean_text('value_note') }} as value_note,
        {{ not_a_number('value') }} as marker,
        _release_id,
        _file_sha256,
        _member,
        cast(_row_number as integer) as file_row
    from {{ source('raw', 'ohid_fingertips__observations') }}
    where
        {{ clean_text('category_type') }} is null
        and (
        {%- for indicator in indicators %}
            {{ 'or ' if not loop.first }}(
                {{ clean_text('indicator_id') }} = '{{ indicator.id }}'
                and {{ clean_text('sex') }} in {{ indicator.sexes }}
                and {{ clean_text('age') }} = '{{ indicator.age }}'
            )
        {%- endfor %}
        )
),

-- Rows that agree in everything are one. Rows that do not stay apart, and fail the test of the grain.
distinct_observations as (
    select
        indicator_id,
        unit_measure,
        ref_area,
        -- '2019/20' is a year from April to March, '2021 - 23' are three years.
        case when period_label like '%/%' then financial_period else years_period end as time_period,
        breakdown,
        obs_value,
        numerator,
        denominator,
        lower_ci,
        upper_ci,
        coalesce(value_note, marker) as source_flag,
        -- No value, but '*' or a note: withheld, unless the note says that there is none.
        case
            when obs_value is null
                and (value_note is not null or marker is not null)
                and not lower(coalesce(value_note, '')) like '%missing%'
                and not lower(coalesce(value_note, '')) like '%not available%'
            then 'c'
            -- Not counted: a model's estimate for the area.
            when obs_value is not null and indicator_id = 'common_mental_disorders_prevalence' then 'e'
        end as status_marker,
        _release_id,
        _file_sha256,
        _member,
        cast(min(file_row) as {{ type_text() }}) as _row_number
    from observations
    group by
        indicator_id,
        unit_measure,
        ref_area,
        case when period_label like '%/%' then financial_period else years_period end,
        breakdown,
        obs_value,
        numerator,
        denominator,
        lower_ci,
        upper_ci,
        value_note,
        marker,
        _release_id,
        _file_sha256,
        _member
)

select
    'ohid_fingertips' as dataset,
    indicator_id,
    ref_area,
    time_period,
    breakdown,
    obs_value,
    -- An expectancy is no fraction: what the reply counts beside it are not its parts.
    case when unit_measure = 'percent' and obs_value is not null then numerator end as numerator,
    case when unit_measure = 'percent' and obs_value is not null then denominator end as denominator,
    lower_ci,
    upper_ci,
    {{ obs_status('status_marker', 'obs_value') }} as obs_status,
    {{ conf_status('status_marker') }} as conf_status,
    source_flag,
    unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from distinct_observations
