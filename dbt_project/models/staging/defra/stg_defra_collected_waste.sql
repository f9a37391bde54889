-- Waste that local authorities collect, tonnes, and the part of household waste sent for recycling, composting or reuse.
-- Unitary and disposal authorities only: what collection authorities collect is in the figures of their disposal authority,
-- and what residents bring to its sites is not in theirs. England as the publisher adds it up.

with authorities as (
    select
        {{ clean_code('ons_code') }} as ref_area,
        {{ financial_year_period('financial_year') }} as time_period,
        total_collected,
        household_total,
        household_recycled,
        1.0 as tonnes,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from {{ source('raw', 'defra_collected_waste__authorities') }}
    where {{ clean_text('authority_type') }} in ('Unitary', 'Disposal')
),

-- The cells of one year stand in one column: its three rows become one.
england as (
    select
        'E92000001' as ref_area,
        {{ financial_year_period('financial_year') }} as time_period,
        max(case when item like 'Total LA collected waste%' then thousand_tonnes end) as total_collected,
        max(case when item like 'Total household waste%' then thousand_tonnes end) as household_total,
        max(case when item like 'Total household recycling%' then thousand_tonnes end) as household_recycled,
        1000.0 as tonnes,
        _release_id,
        _file_sha256,
        _member,
        cast(min(cast(_row_number as integer)) as {{ type_text() }})
        || '-' || cast(max(cast(_row_number as integer)) as {{ type_text() }}) as _row_number
    from {{ source('raw', 'defra_collected_waste__england') }}
    group by financial_year, _release_id, _file_sha256, _member
),

areas as (
    select * from authorities
    union all
    select * from england
),

by_indicator as (
    select
        'local_authority_collected_waste' as indicator_id,
        ref_area,
        time_period,
        tonnes * {{ try_number('total_collected') }} as obs_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        {{ not_a_number('total_collected') }} as source_flag,
        'tonnes' as unit_measure,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from areas

    union all

    select
        'household_waste_collected' as indicator_id,
        ref_area,
        time_period,
        tonnes * {{ try_number('household_total') }} as obs_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        {{ not_a_number('household_total') }} as source_flag,
        'tonnes' as unit_measure,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from areas

    union all

    select
        'household_recycling_rate' as indicator_id,
        ref_area,
        time_period,
        case
            when {{ try_number('household_total') }} > 0
            then 100 * {{ try_number('household_recycled') }} / {{ try_number('household_total') }}
        end as obs_value,
        tonnes * {{ try_number('household_recycled') }} as numerator,
        tonnes * {{ try_number('household_total') }} as denominator,
        coalesce({{ not_a_number('household_recycled') }}, {{ not_a_number('household_total') }}) as source_flag,
        'percent' as unit_measure,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from areas
)

select
    'defra_collected_waste' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    numerator,
    denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    -- '-' and ':' stand for a figure that is not available.
    {{ obs_status('source_flag', 'obs_value') }} as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from by_indicator
