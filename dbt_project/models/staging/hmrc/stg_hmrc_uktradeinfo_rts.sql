-- Goods exported and imported by English region and calendar year, GBP million: months, or quarters, and partners in and outside the European
-- Union added up. A year counts once it is whole: twelve months, or the four of which each stands for a quarter (its first month or its last).
with sums as (
    select
        case when {{ clean_text('flows.flow_name') }} like '%Exports' then 'goods_exports_value' else 'goods_imports_value' end as indicator_id,
        case when {{ clean_text('flows.flow_name') }} like 'Non-EU%' then 'non_eu' else 'eu' end as partner,
        coalesce(names.area_code, {{ clean_text('regions.region_name') }}) as ref_area,
        substr(trade.month_id, 1, 4) as year_label,
        cast(substr(trade.month_id, 5, 2) as integer) as month_number,
        {{ try_number('trade.value_gbp') }} as value_gbp,
        trade._release_id as release_id,
        {{ source_locator('trade') }} as source_locator
    from {{ source('raw', 'hmrc_uktradeinfo_rts__trade') }} as trade
    inner join {{ source('raw', 'hmrc_uktradeinfo_rts__regions') }} as regions
        on regions._release_id = trade._release_id and regions.region_id = trade.region_id
    inner join {{ source('raw', 'hmrc_uktradeinfo_rts__flows') }} as flows
        on flows._release_id = trade._release_id and flows.flow_type_id = trade.flow_type_id
    left join ({{ countries_and_regions() }}) as names
        on names.area_label = lower({{ clean_text('regions.region_name') }})
),

-- Grain: indicator x partner x region x year x release.
by_partner as (
    select
        indicator_id,
        partner,
        ref_area,
        year_label,
        sum(value_gbp) as value_gbp,
        count(value_gbp) = count(*)
        and (
            count(distinct month_number) = 12
            or (count(distinct month_number) = 4 and max(month_number) - min(month_number) = 9)
        ) as is_whole,
        release_id,
        min(source_locator) as source_locator
    from sums
    group by indicator_id, partner, ref_area, year_label, release_id
),

years as (
    select
        indicator_id,
        ref_area,
        year_label,
        sum(value_gbp) / 1000000 as obs_value,
        release_id,
        min(source_locator) as source_locator
    from by_partner
    where is_whole
    group by indicator_id, ref_area, year_label, release_id
    having count(*) = 2
)

select
    'hmrc_uktradeinfo_rts' as dataset,
    indicator_id,
    ref_area,
    {{ calendar_year_period('year_label') }} as time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    'A' as obs_status,
    'F' as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    'GBP million' as unit_measure,
    'derived' as value_origin,
    release_id,
    -- The first of the rows that were added up.
    source_locator
from years
