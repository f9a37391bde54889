-- By domain, for each district, as the publisher prints it: the share of its small areas (LSOAs) that is in the most deprived tenth of England (a
-- fraction of four decimals), and their average rank weighted by population. The publisher prints no counts. Where the seed knows how many small
-- areas the authority has, and a whole number of them gives the printed share, the counts are carried as well: they make a figure of the combined
-- authority possible. Where none does, and for the rank, they stay NULL, and no figure of a group is made.

with districts as (
    select
        {{ clean_code('area_code') }} as ref_area,
        {{ clean_text('_member') }} as sheet,
        most_deprived_share,
        average_rank,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from {{ source('raw', 'mhclg_indices_of_deprivation_file_10__districts') }}
),

shares as (
    select
        districts.*,
        {{ try_number('districts.most_deprived_share') }} as share,
        case
        {%- for domain, sheet, share_indicator, rank_indicator in deprivation_domains() %}
            when districts.sheet like '{{ sheet }}%' then '{{ share_indicator }}'
        {%- endfor %}
            else 'unknown domain: ' || coalesce(districts.sheet, 'none')
        end as indicator_id,
        cast(round({{ try_number('districts.most_deprived_share') }} * known.small_areas) as double) as most_deprived,
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
    from shares
),

printed as (
    select
        indicator_id,
        ref_area,
        -- 0.57 x 100 is not 57 to a float.
        {{ round_to('100 * share', 10) }} as obs_value,
        case when counts_fit then most_deprived end as numerator,
        case when counts_fit then small_areas end as denominator,
        {{ not_a_number('most_deprived_share') }} as source_flag,
        'percent' as unit_measure,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from checked

    union all

    select
        case
        {%- for domain, sheet, share_indicator, rank_indicator in deprivation_domains() %}
            when sheet like '{{ sheet }}%' then '{{ rank_indicator }}'
        {%- endfor %}
            else 'unknown domain: ' || coalesce(sheet, 'none')
        end as indicator_id,
        ref_area,
        {{ try_number('average_rank') }} as obs_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        {{ not_a_number('average_rank') }} as source_flag,
        'rank' as unit_measure,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from districts
    where average_rank is not null
)

select
    'mhclg_indices_of_deprivation_file_10' as dataset,
    indicator_id,
    ref_area,
    '2025-10-01' as time_period,
    'total' as breakdown,
    obs_value,
    numerator,
    denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('source_flag', 'obs_value') }} as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from printed
