-- UK Business Counts: enterprises on the register in March of the year, total and by industry section, of every size and legal status.
-- Grain: area x year x breakdown x release.
with cells as (
    {{ nomis_cells('nomis_nm_142_1', ['industry', 'industry_code', 'employment_sizeband', 'legal_status']) }}
),

observations as (
    select
        cells.*,
        {{ nomis_industry_breakdown('industry', 'industry_code') }} as breakdown
    from cells
    where employment_sizeband = '0' and legal_status = '0' and measures = '20100'
)

select
    'nomis_nm_142_1' as dataset,
    'enterprises_uk_business_counts' as indicator_id,
    ref_area,
    {{ calendar_year_period('date_code') }} as time_period,
    breakdown,
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
from observations
where breakdown is not null
