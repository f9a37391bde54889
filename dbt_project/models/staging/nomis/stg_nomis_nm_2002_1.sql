-- Mid-year estimates of the resident population by single year of age: all ages, both sexes together. Grain: area x year x release.
with cells as (
    {{ nomis_cells('nomis_nm_2002_1', ['gender', 'c_age']) }}
)

select
    'nomis_nm_2002_1' as dataset,
    'population' as indicator_id,
    ref_area,
    {{ calendar_year_period('date_code') }} as time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    obs_status,
    conf_status,
    {{ nomis_source_flag('status_letter', 'is_reconstructed') }} as source_flag,
    'count' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from cells
where gender = '0' and c_age = '200' and measures = '20100'
