-- Knowledge Transfer Partnerships by the calendar year in which they start, counted while the file was read: those with a business (or other
-- partner that is not academic) in the area, and those with an academic partner there. Participants that withdrew do not count.
-- Authorities are names: a name that is not known stays in place of the code, and waits in int_area_unmatched.
-- In a whole release an authority that takes part in other projects but in no partnership of a year has none: 0, not missing.

with counted as (
    select
        {{ clean_text('local_authority') }} as area_label,
        {{ calendar_year_period('start_year') }} as time_period,
        case {{ clean_text('participant') }}
            when 'Academic' then 'knowledge_transfer_partnerships_academic'
            else 'knowledge_transfer_partnerships'
        end as indicator_id,
        lower(product_type) like '%knowledge transfer%' and {{ clean_text('withdrawn') }} = 'Active' as is_partnership,
        {{ try_number('projects') }} as projects,
        _release_id,
        _file_sha256,
        _member,
        cast(_row_number as integer) as file_row
    from {{ source('raw', 'ukri_innovate_uk_projects__partnerships') }}
    where {{ clean_text('local_authority') }} is not null
),

partnerships as (
    select
        indicator_id,
        area_label,
        time_period,
        sum(projects) as obs_value,
        min(file_row) as file_row,
        _release_id,
        _file_sha256,
        _member
    from counted
    where is_partnership and time_period is not null
    group by indicator_id, area_label, time_period, _release_id, _file_sha256, _member
),

years as (
    select distinct
        partnerships.indicator_id,
        partnerships.time_period,
        partnerships._release_id,
        partnerships._file_sha256,
        partnerships._member
    from partnerships
    inner join {{ source('raw', 'release') }} as releases
        on releases.release_id = partnerships._release_id and releases.kind = 'whole'
),

participating as (
    select area_label, _release_id, min(file_row) as file_row
    from counted
    group by area_label, _release_id
),

with_none as (
    select * from partnerships
    union all
    select
        years.indicator_id,
        participating.area_label,
        years.time_period,
        0 as obs_value,
        participating.file_row,
        years._release_id,
        years._file_sha256,
        years._member
    from years
    inner join participating
        on participating._release_id = years._release_id
    left join partnerships
        on
            partnerships._release_id = years._release_id
            and partnerships.indicator_id = years.indicator_id
            and partnerships.time_period = years.time_period
            and partnerships.area_label = participating.area_label
    where partnerships._release_id is null
),

names as (
    select area_name as area_label, area_code
    from {{ ref('areas') }}
    where area_type = 'local_authority' and valid_to is null
    union
    select alias as area_label, area_code
    from {{ ref('area_aliases') }}
    where scheme = 'name'
),

-- Two spellings of one authority in a release are one authority.
by_area as (
    select
        with_none.indicator_id,
        coalesce(names.area_code, with_none.area_label) as ref_area,
        with_none.time_period,
        sum(with_none.obs_value) as obs_value,
        with_none._release_id,
        with_none._file_sha256,
        with_none._member,
        cast(min(with_none.file_row) as {{ type_text() }}) as _row_number
    from with_none
    left join names
        on names.area_label = with_none.area_label
    group by
        with_none.indicator_id,
        coalesce(names.area_code, with_none.area_label),
        with_none.time_period,
        with_none._release_id,
        with_none._file_sha256,
        with_none._member
)

select
    'ukri_innovate_uk_projects' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('null', 'obs_value') }} as obs_status,
    'F' as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    'count' as unit_measure,
    'derived' as value_origin,
    _release_id as release_id,
    -- The row is that of the kept aggregate: the records themselves are not kept.
    {{ source_locator() }} as source_locator
from by_area
