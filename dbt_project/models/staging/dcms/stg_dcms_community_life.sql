-- Shares of adults who agree or take part, with 95% limits, by local authority and for England. A sheet holds one question, which its title
-- names, and one or more survey years, each with an estimate and its limits in columns of their own. Interviews of 2023/24 ran from October to
-- March: the period is the year as the publisher labels it.
{% set questions = {
    'influence decisions affecting': 'community_influence_agree',
    'proud to live in': 'community_pride_agree',
    'belonging to immediate neighbourhood': 'community_belonging',
    'any volunteering at least once': 'volunteering_any_12_months'
} %}

with cells as (
    select {{ clean_code('area_code') }} as ref_area, question, figure, value, _release_id, _file_sha256, _member, _row_number
    from {{ source('raw', 'dcms_community_life__authorities') }}
    union all
    select '{{ var("home_country") }}' as ref_area, question, figure, value, _release_id, _file_sha256, _member, _row_number
    from {{ source('raw', 'dcms_community_life__england') }}
),

named as (
    select
        case
            {%- for words, indicator_id in questions.items() %}
            when lower(question) like '%{{ words }}%' then '{{ indicator_id }}'
            {%- endfor %}
        end as indicator_id,
        ref_area,
        substr({{ clean_text('figure') }}, 1, 7) as year_label,
        case
            when lower(figure) like '%lower estimate%' then 'lower'
            when lower(figure) like '%upper estimate%' then 'upper'
            else 'estimate'
        end as part_of_estimate,
        value,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from cells
),

estimates as (
    select
        indicator_id,
        ref_area,
        year_label,
        max(case when part_of_estimate = 'estimate' then value end) as value,
        max(case when part_of_estimate = 'lower' then {{ try_number('value') }} end) as lower_ci,
        max(case when part_of_estimate = 'upper' then {{ try_number('value') }} end) as upper_ci,
        release_id,
        min(source_locator) as source_locator
    from named
    group by indicator_id, ref_area, year_label, release_id
),

typed as (
    select
        estimates.*,
        {{ try_number('value') }} as obs_value,
        {{ not_a_number('value') }} as source_flag
    from estimates
)

select
    'dcms_community_life' as dataset,
    indicator_id,
    ref_area,
    {{ financial_year_period('year_label') }} as time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    case when obs_value is not null then lower_ci end as lower_ci,
    case when obs_value is not null then upper_ci end as upper_ci,
    {{ obs_status('source_flag', 'obs_value') }} as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    'percent' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from typed
