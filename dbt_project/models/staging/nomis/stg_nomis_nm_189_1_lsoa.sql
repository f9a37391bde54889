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
        'town_centre_employment' as indicator_id,
        chosen.area_code as ref_area,
        {{ calendar_year_period('cells.date_code') }} as time_period,
        cells.release_id,
        count(*) = max(chosen.small_areas_expected)
        and count(distinct case when cells.obs_value is not null then chosen.lsoa_code end) = max(chosen.small_areas_expected) as is_whole,
        {{ exact_sum('cells.obs_value') }} as total,
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

{{ nomis_whole_sums('nomis_nm_189_1_lsoa') }}
