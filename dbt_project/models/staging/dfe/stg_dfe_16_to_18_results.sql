-- Students of state-funded schools and colleges at the end of 16 to 18 study who took A levels or Tech levels, and their average points. Everybody:
-- the rest is breakdowns. By where the school or college is. A year may come twice, provisional and revised: the most final one stands.

{% set measures = [
    ('a_level_students', 'a level', 'students', 'count'),
    ('a_level_points_per_entry', 'a level', 'points_per_entry', 'points'),
    ('a_level_best_three_points', 'a level', 'best_three_points', 'points'),
    ('tech_level_students', 'tech level', 'students', 'count'),
    ('tech_level_points_per_entry', 'tech level', 'points_per_entry', 'points'),
] %}
{% set breakdowns = [
    'sex', 'disadvantage_status', 'ethnicity_major', 'ethnicity_minor', 'free_school_meals',
    'first_language', 'prior_attainment', 'sen_status', 'breakdown_topic', 'breakdown'
] %}

with everybody as (
    select
        students.*,
        {{ academic_year_period('time_period') }} as school_year,
        {{ clean_text('version') }} as release_status,
        replace(lower({{ clean_text('exam_cohort') }}), 'levels', 'level') as cohort,
        case geographic_level
            when 'National' then {{ clean_code('country_code') }}
            when 'Regional' then {{ clean_code('region_code') }}
            when 'Local authority' then {{ clean_code('new_la_code') }}
        end as ref_area
    from {{ source('raw', 'dfe_16_to_18_results__students') }} as students
    where
        {%- for column in breakdowns %}
        lower(coalesce({{ clean_text(column) }}, 'total')) in ('total', 'all students')
        and
        {%- endfor %}
        {{ matches("lower(coalesce(" ~ clean_text('institution_type') ~ ", 'all state-funded'))", '^all state[- ]funded') }}
),

by_indicator as (
    {%- for indicator_id, cohort, column, unit in measures %}
    select
        '{{ indicator_id }}' as indicator_id,
        ref_area,
        school_year as time_period,
        release_status,
        {{ try_number(column) }} as obs_value,
        {{ 'cast(null as double)' if unit == 'count' else try_number('students') }} as denominator,
        {{ not_a_number(column) }} as marker,
        '{{ unit }}' as unit_measure,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from everybody
    where ref_area is not null and cohort = '{{ cohort }}'
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)

{{ dfe_most_final('dfe_16_to_18_results', 'by_indicator') }}
