-- Pupils of state-funded schools who met the expected standard in reading, writing and mathematics: from the CSV's counts, where there are
-- counts (the published percentages are whole), else the percentage of the API. Both sexes, all pupils: the rest is breakdowns.
-- One file may hold a year twice, provisional and final: the most final one stands.

with counted as (
    select
        {{ academic_year_period('time_period') }} as time_period,
        geographic_level,
        country_code,
        region_code,
        new_la_code,
        {{ clean_text('version') }} as version,
        {{ not_a_number('rwm_met_expected_standard') }} as marker,
        {{ try_number('rwm_met_expected_standard') }} as numerator,
        {{ try_number('rwm_eligible_pupils') }} as denominator,
        cast(null as double) as published_percent,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from {{ source('raw', 'dfe_key_stage_2__pupils') }}
    where
        lower({{ clean_text('school_type') }}) = 'state-funded schools'
        and lower({{ clean_text('sex') }}) = 'total'
),

percentages as (
    select
        {{ academic_year_period('time_period') }} as time_period,
        geographic_level,
        country_code,
        region_code,
        new_la_code,
        {{ clean_text('version') }} as version,
        {{ not_a_number('expected_standard_percent') }} as marker,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        {{ try_number('expected_standard_percent') }} as published_percent,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from {{ source('raw', 'dfe_key_stage_2__subjects') }}
    where
        lower({{ clean_text('subject') }}) = 'reading, writing and maths'
        and {{ matches('lower(' ~ clean_text('school_type') ~ ')', '^all state[- ]funded') }}
        and lower({{ clean_text('breakdown_topic') }}) in ('all pupils', 'total')
        and lower({{ clean_text('breakdown') }}) in ('total', 'all pupils')
),

figures as (
    select
        readings.*,
        case geographic_level
            when 'National' then {{ clean_code('country_code') }}
            when 'Regional' then {{ clean_code('region_code') }}
            when 'Local authority' then {{ clean_code('new_la_code') }}
        end as ref_area,
        case
            when published_percent is not null then published_percent
            when denominator > 0 then 100.0 * numerator / denominator
        end as obs_value
    from (
        select * from counted
        union all
        select * from percentages
    ) as readings
),

ranked as (
    select
        figures.*,
        row_number() over (
            partition by _release_id, ref_area, time_period
            order by {{ dfe_status_rank('version') }}, _row_number
        ) as most_final_first
    from figures
    where ref_area is not null
)

select
    'dfe_key_stage_2' as dataset,
    'ks2_rwm_expected' as indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    numerator,
    denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ dfe_obs_status('marker', 'version', 'obs_value') }} as obs_status,
    {{ conf_status('marker') }} as conf_status,
    {{ dfe_source_flag('marker', 'version') }} as source_flag,
    'percent' as unit_measure,
    case when published_percent is null then 'derived' else 'published' end as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from ranked
where most_final_first = 1
