-- By domain, from the small areas (LSOAs) of each authority: the share of them that is in the most deprived tenth of England, and their average
-- rank weighted by population, as the publisher makes it for districts: the most deprived small area of England has the highest rank.
-- Only from whole files: of an excerpt, the small areas that happen to be in it are not the authority's. An edition is dated to the month in
-- which it came out.
-- A table, not a view: 33,755 rows by eight domains become a few thousand here.
{{ config(materialized='table') }}

{% set editions = {'small_areas_2025': ('2025-10-01', 33755), 'small_areas_2019': ('2019-09-01', 32844)} %}

with small_areas as (
    {%- for table, (time_period, number_in_england) in editions.items() %}
    {%- set edition = loop %}
    {%- for domain, sheet, share_indicator, rank_indicator in deprivation_domains() %}
    select
        '{{ share_indicator }}' as share_indicator,
        '{{ rank_indicator }}' as rank_indicator,
        '{{ time_period }}' as time_period,
        {{ clean_code('area_code') }} as ref_area,
        {{ try_number(domain ~ '_decile') }} as decile,
        {{ number_in_england }} + 1 - {{ try_number(domain ~ '_rank') }} as deprivation_rank,
        {{ try_number('population') }} as population,
        _release_id,
        _file_sha256,
        _member,
        cast(_row_number as integer) as file_row
    from {{ source('raw', 'mhclg_indices_of_deprivation_file_7__' ~ table) }}
    {{ 'union all' if not (loop.last and edition.last) }}
    {%- endfor %}
    {%- endfor %}
),

counted as (
    select
        small_areas.share_indicator,
        small_areas.rank_indicator,
        small_areas.time_period,
        small_areas.ref_area,
        count(case when small_areas.decile = 1 then 1 end) as most_deprived,
        count(*) as small_areas,
        count(small_areas.decile) as with_decile,
        count(small_areas.deprivation_rank * small_areas.population) as with_rank,
        sum(small_areas.deprivation_rank * small_areas.population) as ranks,
        sum(small_areas.population) as population,
        small_areas._release_id,
        small_areas._file_sha256,
        small_areas._member,
        cast(min(small_areas.file_row) as {{ type_text() }}) || '-' || cast(max(small_areas.file_row) as {{ type_text() }}) as _row_number
    from small_areas
    inner join {{ source('raw', 'release') }} as releases
        on
            releases.release_id = small_areas._release_id
            and releases.kind = 'whole'
    where small_areas.ref_area is not null
    group by
        small_areas.share_indicator,
        small_areas.rank_indicator,
        small_areas.time_period,
        small_areas.ref_area,
        small_areas._release_id,
        small_areas._file_sha256,
        small_areas._member
),

-- A small area without a decile leaves its authority without a share, one without rank or population without an average rank.
complete as (
    select
        *,
        share_indicator as indicator_id,
        100.0 as multiplier,
        'percent' as unit_measure,
        case when with_decile = small_areas then cast(most_deprived as double) end as numerator,
        case when with_decile = small_areas then cast(small_areas as double) end as denominator
    from counted

    union all

    select
        *,
        rank_indicator as indicator_id,
        1.0 as multiplier,
        'rank' as unit_measure,
        case when with_rank = small_areas then cast(ranks as double) end as numerator,
        case when with_rank = small_areas then cast(population as double) end as denominator
    from counted
)

select
    'mhclg_indices_of_deprivation_file_7' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    multiplier * numerator / denominator as obs_value,
    numerator,
    denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    case when numerator is null then 'O' else 'A' end as obs_status,
    'F' as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    unit_measure,
    'derived' as value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from complete
