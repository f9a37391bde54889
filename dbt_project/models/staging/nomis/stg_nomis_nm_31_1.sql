-- Mid-year estimates of the resident population, all ages and aged 16 to 64, both sexes together. Grain: indicator x area x year x release.
with cells as (
    {{ nomis_cells('nomis_nm_31_1', ['sex', 'age']) }}
)

select
    'nomis_nm_31_1' as dataset,
    case age when '0' then 'population' else 'population_16_64' end as indicator_id,
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
where sex = '7' and age in ('0', '22') and measures = '20100'
