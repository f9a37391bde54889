-- Income of the higher education providers of the combined authority, and of the United Kingdom, from research grants and contracts,
-- in GBP million. Of a provider that moved the end of its financial year, the row for all months.

with provider_figures as (
    select
        'he_research_income' as indicator_id,
        {{ clean_text('ukprn') }} as ukprn,
        {{ clean_text('academic_year') }} as academic_year,
        {{ try_number('value_thousands') }} / 1000 as obs_value,
        _release_id,
        _file_sha256,
        _member,
        cast(_row_number as integer) as _row_number
    from {{ source('raw', 'hesa_finance__research_income') }}
    where
        {{ clean_text('ukprn') }} is not null
        and {{ clean_text('category_marker') }} = 'Income'
        and coalesce({{ clean_text('year_end_month') }}, 'All') = 'All'
),

area_sums as (
    {{ hesa_area_sums('provider_figures') }}
)

select
    'hesa_finance' as dataset,
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
    'GBP million' as unit_measure,
    'derived' as value_origin,
    _release_id as release_id,
    -- The row is that of the first provider of the sum.
    {{ source_locator() }} as source_locator
from area_sums
