-- Floorspace of business premises by use, and rateable value for each square metre of all uses, at 31 March of the year in the column's heading.
-- `-` is nil or negligible (less than 500 square metres): not nought, and no figure is made of it. `..` is suppressed. The rateable value is read
-- for all uses only: its mean over authorities is weighted by their floorspace of all uses.
{% set uses = {'1': 'total', '2': 'use=retail', '3': 'use=office', '4': 'use=industrial', '5': 'use=other'} %}

with measured as (
    select
        'business_floorspace' as indicator_id,
        'thousand m2' as unit_measure,
        case
        {%- for table, breakdown in uses.items() %}
            when {{ matches('upper(_member)', 'FS[_ ]?(OA)?' ~ table ~ '[._]1[.]') }} then '{{ breakdown }}'
        {%- endfor %}
            else 'unknown use: ' || _member
        end as breakdown,
        area_code,
        period_label,
        value,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from {{ source('raw', 'voa_business_floorspace__floorspace') }}

    union all

    select
        'rateable_value_per_m2' as indicator_id,
        'GBP per m2' as unit_measure,
        'total' as breakdown,
        area_code,
        period_label,
        value,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from {{ source('raw', 'voa_business_floorspace__rateable_value') }}
),

numbered as (
    select
        *,
        {{ try_number('value') }} as obs_value,
        {{ not_a_number('value') }} as source_flag
    from measured
)

select
    'voa_business_floorspace' as dataset,
    indicator_id,
    {{ clean_code('area_code') }} as ref_area,
    {{ clean_text('period_label') }} || '-03-31' as time_period,
    breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    case
        when obs_value is not null then 'A'
        when source_flag = '..' then 'Q'
        else 'O'
    end as obs_status,
    case when source_flag = '..' then 'C' else 'F' end as conf_status,
    source_flag,
    unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from numbered
