-- Attainment, and NEET as a cross-check, from the Local Authority Interactive Tool. Areas have the department's numbers: the seed of aliases
-- (scheme dfe) says which area is meant, and a number that is not in it waits among the unmatched areas.
-- A school year goes by the year in which it ends; NEET by its calendar year. '-' is a missing figure.
{{ config(materialized='table') }}

{% set measures = [
    ('KS1R_Expected_STD', 'ks1_reading_expected', 'percent'),
    ('KS1W_Expected_STD', 'ks1_writing_expected', 'percent'),
    ('KS1M_Expected_STD', 'ks1_maths_expected', 'percent'),
    ('KS1P_all', 'ks1_phonics_expected', 'percent'),
    ('KS2RWM_Expected_STD', 'ks2_rwm_expected', 'percent'),
    ('AVG_Attain8_Score', 'attainment_8', 'points'),
    ('EngMaths9-5', 'gcse_english_maths_grade5', 'percent'),
    ('EngMaths9-4', 'gcse_english_maths_grade4', 'percent'),
    ('APSE_Alevel', 'a_level_points_per_entry', 'points'),
    ('APSE_Best_3ALevels', 'a_level_best_three_points', 'points'),
    ('APSE_Tech', 'tech_level_points_per_entry', 'points'),
    ('16-17 NEET', 'neet_rate', 'percent'),
    ('16-17_not known_NEET', 'neet_not_known_rate', 'percent'),
] %}

with figures as (
    select
        -- Blanks stray into some codes, and belong to others: 'KS1W_Expected _STD', '16-17 NEET'.
        replace({{ clean_text('short_desc') }}, ' _STD', '_STD') as measure,
        {{ clean_text('years') }} as years,
        case
            when {{ clean_text('years') }} like '%(%' then {{ replace_all(replace_all(clean_text('years'), '^.*[(]', ''), '[)]', '') }}
        end as version,
        {{ clean_text('la_number') }} as la_number,
        {{ not_a_number('value') }} as marker,
        {{ try_number('value') }} as obs_value,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from {{ source('raw', 'dfe_lait__measures') }}
),

by_indicator as (
    select
        figures.*,
        case measure
        {%- for measure, indicator_id, unit in measures %}
            when '{{ measure }}' then '{{ indicator_id }}'
        {%- endfor %}
            else 'unknown measure: ' || coalesce(measure, 'none')
        end as indicator_id,
        case
            when measure in ({% for measure, indicator_id, unit in measures if unit == 'points' %}'{{ measure }}'{{ ', ' if not loop.last }}{% endfor %})
                then 'points'
            else 'percent'
        end as unit_measure,
        case when measure like '16-17%' then {{ calendar_year_period('substr(years, 1, 4)') }} else {{ academic_year_ending('years') }} end
            as time_period,
        coalesce(aliases.area_code, 'dfe ' || la_number) as ref_area
    from figures
    left join {{ ref('area_aliases') }} as aliases
        on aliases.scheme = 'dfe' and aliases.alias = figures.la_number
),

ranked as (
    select
        by_indicator.*,
        row_number() over (
            partition by _release_id, indicator_id, ref_area, time_period
            order by {{ dfe_status_rank('version') }}, case when obs_value is null then 1 else 0 end, _row_number
        ) as most_final_first
    from by_indicator
)

select
    'dfe_lait' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ dfe_obs_status('marker', 'version', 'obs_value') }} as obs_status,
    'F' as conf_status,
    {{ dfe_source_flag('marker', 'version') }} as source_flag,
    unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from ranked
where most_final_first = 1
