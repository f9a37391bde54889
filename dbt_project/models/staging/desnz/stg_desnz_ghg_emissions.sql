-- Territorial greenhouse gas emissions of local authorities, kt CO2e: by sector, summed over sub-sectors and gases, and in all.
-- Rows without a local authority code (unallocated consumption, large users of unknown location) belong to no area and are left out.
-- A table, not a view: half a million rows become a few thousand here.
{{ config(materialized='table') }}

{% set sectors = {
    'Agriculture': 'emissions_agriculture',
    'Commercial': 'emissions_commercial',
    'Domestic': 'emissions_domestic',
    'Industry': 'emissions_industry',
    'LULUCF': 'emissions_lulucf',
    'Public Sector': 'emissions_public_sector',
    'Transport': 'emissions_transport',
    'Waste': 'emissions_waste',
    'Waste management': 'emissions_waste'
} %}

with emissions as (
    select
        {{ clean_code('local_authority_code') }} as ref_area,
        {{ calendar_year_period('calendar_year') }} as time_period,
        -- A sector that is not known here keeps its name, and the accepted values of indicator_id refuse it.
        case {{ clean_text('sector') }}
        {%- for sector, indicator_id in sectors.items() %}
            when '{{ sector }}' then '{{ indicator_id }}'
        {%- endfor %}
            else 'unknown sector: ' || coalesce({{ clean_text('sector') }}, 'none')
        end as indicator_id,
        {{ try_number('territorial_emissions') }} as emissions,
        case when {{ try_number('territorial_emissions') }} is null then {{ clean_text('territorial_emissions') }} end as source_flag,
        _release_id,
        _file_sha256,
        _member,
        cast(_row_number as integer) as file_row
    from {{ source('raw', 'desnz_ghg_emissions__emissions') }}
    where {{ clean_code('local_authority_code') }} is not null
),

by_indicator as (
    select * from emissions
    union all
    select
        ref_area,
        time_period,
        'emissions_total' as indicator_id,
        emissions,
        source_flag,
        _release_id,
        _file_sha256,
        _member,
        file_row
    from emissions
),

summed as (
    select
        indicator_id,
        ref_area,
        time_period,
        -- A part that is missing leaves no sum, not a smaller one.
        case when count(emissions) = count(*) then {{ exact_sum('emissions') }} end as obs_value,
        max(source_flag) as source_flag,
        _release_id,
        _file_sha256,
        _member,
        cast(min(file_row) as {{ type_text() }}) || '-' || cast(max(file_row) as {{ type_text() }}) as _row_number
    from by_indicator
    group by indicator_id, ref_area, time_period, _release_id, _file_sha256, _member
)

select
    'desnz_ghg_emissions' as dataset,
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
    'kt CO2e' as unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from summed
