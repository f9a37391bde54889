-- Business Register and Employment Survey: employment and employees at workplaces in the area, total and by industry section.
-- Rounded independently by Nomis: sections are not added up here. Grain: indicator x area x year x breakdown x release.
with cells as (
    {{ nomis_cells('nomis_nm_189_1', ['industry', 'industry_code', 'employment_status', 'measure']) }}
),

observations as (
    select
        cells.*,
        case employment_status
            when '4' then 'employment_bres'
            when '1' then 'employees_bres'
        end as indicator_id,
        {{ nomis_industry_breakdown('industry', 'industry_code') }} as breakdown
    from cells
    -- The other measure is the industry's share of the area in percent.
    where measure = '1' and measures = '20100'
)

select
    'nomis_nm_189_1' as dataset,
    indicator_id,
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
where indicator_id is not null and breakdown is not null
