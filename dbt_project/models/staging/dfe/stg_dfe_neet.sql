-- Young people of 16 and 17 (both ages together) not in education, employment or training, or not known to their authority to be in any:
-- percentages of those on its list, and how many those are. The number in them is not published, so that a group of authorities has
-- an estimate only, weighted by the list.
-- A row without a code is no area ('Region demo' and 'LA demo' of the file of 2021, left over from the making of it).

{% set measures = {
    'neet_rate': 'neet_percent',
    'neet_not_known_rate': 'neet_not_known_percent',
    'activity_not_known_rate': 'not_known_percent',
    'young_people_16_17': 'cohort',
} %}

with authorities as (
    select
        *,
        case geographic_level
            when 'National' then {{ clean_code('country_code') }}
            when 'Regional' then {{ clean_code('region_code') }}
            when 'Local authority' then {{ clean_code('new_la_code') }}
        end as ref_area
    from {{ source('raw', 'dfe_neet__authorities') }}
    where {{ clean_text('age') }} = '16-17'
),

by_indicator as (
    {%- for indicator_id, column in measures.items() %}
    select
        '{{ indicator_id }}' as indicator_id,
        ref_area,
        {{ calendar_year_period('time_period') }} as time_period,
        {{ try_number(column) }} as obs_value,
        {{ not_a_number(column) }} as source_flag,
        '{{ "count" if column == "cohort" else "percent" }}' as unit_measure,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from authorities
    where ref_area is not null
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)

select
    'dfe_neet' as dataset,
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
    unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from by_indicator
