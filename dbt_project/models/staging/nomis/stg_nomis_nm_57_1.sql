-- Total jobs in the area, and jobs for each resident aged 16 to 64. The density's numerator is the number of jobs in the same release; its
-- denominator, residents aged 16 to 64, is not part of this data set. Grain: indicator x area x year x release.
with cells as (
    {{ nomis_cells('nomis_nm_57_1', ['item']) }}
),

observations as (
    select
        cells.*,
        max(case when item = '1' then obs_value end) over (partition by release_id, ref_area, date_code) as jobs
    from cells
    where measures = '20100' and item in ('1', '3')
)

select
    'nomis_nm_57_1' as dataset,
    case item when '1' then 'total_jobs' else 'jobs_density' end as indicator_id,
    ref_area,
    {{ calendar_year_period('date_code') }} as time_period,
    'total' as breakdown,
    obs_value,
    case when item = '3' then jobs end as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    obs_status,
    conf_status,
    {{ nomis_source_flag('status_letter', 'is_reconstructed') }} as source_flag,
    case item when '1' then 'count' else 'ratio' end as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from observations
