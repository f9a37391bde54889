-- Territorial greenhouse gas emissions of local authorities, kt CO2e: by sector, summed over sub-sectors and gases, and in all; and the
-- mid-year population that stands beside them, in thousands to three decimals.
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
),

-- Repeated in every row of an authority and year; rows that disagree give none.
populations as (
    select
        'population' as indicator_id,
        {{ clean_code('local_authority_code') }} as ref_area,
        {{ calendar_year_period('calendar_year') }} as time_period,
        case
            when min({{ try_number('population_thousands') }}) = max({{ try_number('population_thousands') }})
            then round(1000 * max({{ try_number('population_thousands') }}))
        end as obs_value,
        cast(null as {{ type_text() }}) as source_flag,
        _release_id,
        _file_sha256,
        _member,
        min(_row_number) as _row_number
    from {{ source('raw', 'desnz_ghg_emissions__emissions') }}
    where {{ clean_code('local_authority_code') }} is not null and {{ try_number('population_thousands') }} > 0
    group by {{ clean_code('local_authority_code') }}, {{ calendar_year_period('calendar_year') }}, _release_id, _file_sha256, _member
),

figures as (
    select * from summed
    union all
    select * from populations
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
    case indicator_id when 'population' then 'count' else 'kt CO2e' end as unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from figures
