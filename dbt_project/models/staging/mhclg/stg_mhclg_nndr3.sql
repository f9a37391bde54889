-- Relief from business rates for empty property, £ million, by billing authority and financial year. Which field of the form that is, the metadata
-- of the same edition say (landing admits them only where exactly one label does): without them there is no row here, whatever a field is called.
-- Reliefs are filed as deductions, below zero: here they are amounts. The edition is in the file's name: '…_25_26.csv'.

with named as (
    select distinct
        lower({{ clean_text('field') }}) as field,
        right({{ replace_all('_member', '[^0-9]', '') }}, 4) as edition
    from {{ source('raw', 'mhclg_nndr3__relief_field') }}
),

totals as (
    select
        *,
        lower({{ clean_text('field') }}) as field_name,
        right({{ replace_all('_member', '[^0-9]', '') }}, 4) as edition
    from {{ source('raw', 'mhclg_nndr3__totals') }}
),

reliefs as (
    select
        {{ clean_code('totals.area_code') }} as ref_area,
        '20' || substr(totals.edition, 1, 2) || '-' || substr(totals.edition, 3, 2) as year_label,
        abs({{ try_number('totals.value') }}) / 1000000 as obs_value,
        {{ not_a_number('totals.value') }} as source_flag,
        totals._release_id as release_id,
        {{ source_locator('totals') }} as source_locator
    from totals
    inner join named
        on named.field = totals.field_name and named.edition = totals.edition
)

select
    'mhclg_nndr3' as dataset,
    'nndr_empty_property_relief' as indicator_id,
    ref_area,
    {{ financial_year_period('year_label') }} as time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    case when obs_value is null then 'O' else 'A' end as obs_status,
    'F' as conf_status,
    source_flag,
    'GBP million' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from reliefs
