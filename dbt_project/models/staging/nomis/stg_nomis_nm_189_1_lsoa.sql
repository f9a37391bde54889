-- Business Register and Employment Survey by small area: employment in the town centres of an authority, as far as small areas have been chosen
-- for them (seed town_centre_lsoas). A sum of which a small area is missing or withheld is missing. Grain: authority x year x release.
with cells as (
    {{ nomis_cells('nomis_nm_189_1_lsoa', ['industry', 'employment_status', 'measure']) }}
),

chosen as (
    select lsoa_code, area_code, count(*) over (partition by area_code) as small_areas_expected
    from {{ ref('town_centre_lsoas') }}
),

summed as (
    select
        chosen.area_code as ref_area,
        {{ calendar_year_period('cells.date_code') }} as time_period,
        cells.release_id,
        count(*) = max(chosen.small_areas_expected)
        and count(distinct case when cells.obs_value is not null then chosen.lsoa_code end) = max(chosen.small_areas_expected) as is_whole,
        {{ exact_sum('cells.obs_value') }} as sum_of_small_areas,
        {{ winning_obs_status('cells.obs_status') }} as obs_status,
        max(cells.status_letter) as status_letter,
        max(cells.is_reconstructed) as is_reconstructed,
        min(cells.source_locator) || ' and ' || cast(count(*) - 1 as {{ type_text() }}) || ' more rows' as source_locator
    from cells
    inner join chosen
        on chosen.lsoa_code = cells.ref_area
    where
        cells.industry = '37748736'
        and cells.employment_status = '4'
        and cells.measure = '1'
        and cells.measures = '20100'
    group by chosen.area_code, cells.date_code, cells.release_id
)

select
    'nomis_nm_189_1_lsoa' as dataset,
    'town_centre_employment' as indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    case when is_whole then sum_of_small_areas end as obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    case when is_whole then obs_status else 'O' end as obs_status,
    'F' as conf_status,
    {{ nomis_source_flag('status_letter', 'is_reconstructed') }} as source_flag,
    'count' as unit_measure,
    'derived' as value_origin,
    release_id,
    source_locator
from summed
