-- Share of each authority's small areas (LSOAs) that are in the most deprived tenth of England, by domain, as the publisher prints it (a fraction
-- of four decimals). The publisher prints no counts. Where the seed knows how many small areas the authority has, and a whole number of them
-- gives the printed share, the counts are carried as well: they make a figure of the combined authority possible. Where none does, they stay
-- NULL, and no figure of a group is made.

with districts as (
    select
        {{ clean_code('area_code') }} as ref_area,
        {{ clean_text('_member') }} as sheet,
        {{ try_number('most_deprived_share') }} as share,
        {{ not_a_number('most_deprived_share') }} as source_flag,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from {{ source('raw', 'mhclg_indices_of_deprivation_file_10__districts') }}
),

with_counts as (
    select
        districts.*,
        case
        {%- for domain, sheet, indicator_id in deprivation_domains() %}
            when districts.sheet like '{{ sheet }}%' then '{{ indicator_id }}'
        {%- endfor %}
            else 'unknown domain: ' || coalesce(districts.sheet, 'none')
        end as indicator_id,
        cast(round(districts.share * known.small_areas) as double) as most_deprived,
        cast(known.small_areas as double) as small_areas
    from districts
    left join {{ ref('area_small_areas') }} as known
        on known.area_code = districts.ref_area
),

checked as (
    select
        *,
        -- Half a unit of the fourth decimal, and a little for what floats cannot hold.
        coalesce(abs(most_deprived / small_areas - share) <= 0.0000501, false) as counts_fit
    from with_counts
)

select
    'mhclg_indices_of_deprivation_file_10' as dataset,
    indicator_id,
    ref_area,
    '2025-10-01' as time_period,
    'total' as breakdown,
    -- 0.57 x 100 is not 57 to a float.
    round(100 * share, 10) as obs_value,
    case when counts_fit then most_deprived end as numerator,
    case when counts_fit then small_areas end as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('source_flag', 'share') }} as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    'percent' as unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from checked
