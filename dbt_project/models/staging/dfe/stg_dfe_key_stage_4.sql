-- Pupils of state-funded schools at the end of key stage 4: their number, average Attainment 8 score, and percentages with grades 9 to 5 and 9
-- to 4 in English and mathematics. Everybody: the rest is breakdowns. A year may come twice, provisional and revised: the most final one stands.

{% set measures = {
    'pupils_end_key_stage_4': ('pupil_count', 'count'),
    'attainment_8': ('attainment8_average', 'points'),
    'gcse_english_maths_grade5': ('engmath_95_percent', 'percent'),
    'gcse_english_maths_grade4': ('engmath_94_percent', 'percent'),
} %}
{% set breakdowns = [
    'ethnicity_major', 'ethnicity_minor', 'first_language', 'free_school_meals', 'key_stage_2_group',
    'mobility', 'prior_attainment', 'admission_type', 'religious_character', 'sen_primary_need',
    'sen_provision', 'sen_status', 'young_carer', 'breakdown_topic', 'breakdown',
    'sex', 'disadvantage_status'
] %}

with everybody as (
    select
        pupils.*,
        {{ academic_year_period('time_period') }} as school_year,
        {{ clean_text('version') }} as release_status,
        case geographic_level
            when 'National' then {{ clean_code('country_code') }}
            when 'Regional' then {{ clean_code('region_code') }}
            when 'Local authority' then {{ clean_code('new_la_code') }}
        end as ref_area
    from {{ source('raw', 'dfe_key_stage_4__pupils') }} as pupils
    where
        {%- for column in breakdowns %}
        lower(coalesce({{ clean_text(column) }}, 'total')) in ('total', 'all pupils')
        and
        {%- endfor %}
        {{ matches("lower(coalesce(" ~ clean_text('school_type') ~ ", 'all state-funded'))", '^all state[- ]funded') }}
),

by_indicator as (
    {%- for indicator_id, (column, unit) in measures.items() %}
    select
        '{{ indicator_id }}' as indicator_id,
        ref_area,
        school_year as time_period,
        release_status,
        {{ try_number(column) }} as obs_value,
        {{ 'cast(null as double)' if unit == 'count' else try_number('pupil_count') }} as denominator,
        {{ not_a_number(column) }} as marker,
        '{{ unit }}' as unit_measure,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from everybody
    where ref_area is not null
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)

{{ dfe_most_final('dfe_key_stage_4', 'by_indicator') }}
