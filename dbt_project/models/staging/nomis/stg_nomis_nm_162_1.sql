-- Claimant count by month: number (measure 1), and percentage of residents aged 16 to 64 (measure 2) with the number of the same release as
-- its numerator. Grain: indicator x area x month x release.
with cells as (
    {{ nomis_cells('nomis_nm_162_1', ['gender', 'age', 'measure']) }}
),

observations as (
    select
        cells.*,
        max(case when measure = '1' then obs_value end) over (partition by release_id, ref_area, date_code) as claimants
    from cells
    where gender = '0' and age = '0' and measure in ('1', '2') and measures = '20100'
)

select
    'nomis_nm_162_1' as dataset,
    case measure when '1' then 'claimant_count' else 'claimant_count_rate' end as indicator_id,
    ref_area,
    {{ nomis_month_period('date_code') }} as time_period,
    'total' as breakdown,
    obs_value,
    case when measure = '2' then claimants end as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    obs_status,
    conf_status,
    {{ nomis_source_flag('status_letter', 'is_reconstructed') }} as source_flag,
    case measure when '1' then 'count' else 'percent' end as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from observations
