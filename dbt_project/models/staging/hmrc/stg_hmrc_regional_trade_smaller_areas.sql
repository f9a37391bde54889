-- Goods exported and imported, and businesses that export goods, by ITL level 2 area and group of partners. Only areas of level 2 that are a
-- combined authority exactly (seed area_aliases, scheme itl) are areas here. The value of all trade is the sum of both groups, where both are
-- given. The number of all exporters is not: a business that exports to both is counted twice. It is taken where it is published, or not at all.
with cells as (
    select
        case when lower({{ clean_text('trade.flow') }}) like 'exp%' then 'exports' else 'imports' end as flow,
        case
            when lower({{ clean_text('trade.partner') }}) = 'eu' then 'partner=eu'
            when lower({{ clean_text('trade.partner') }}) like 'non%' then 'partner=non_eu'
            else 'total'
        end as breakdown,
        aliases.area_code as ref_area,
        {{ calendar_year_period('edition.year') }} as time_period,
        trade.value_gbp_million,
        trade.businesses,
        trade._release_id as release_id,
        {{ source_locator('trade') }} as source_locator
    from {{ source('raw', 'hmrc_regional_trade_smaller_areas__trade') }} as trade
    inner join {{ source('raw', 'hmrc_regional_trade_smaller_areas__edition') }} as edition
        on edition._release_id = trade._release_id
    inner join {{ ref('area_aliases') }} as aliases
        on aliases.scheme = 'itl' and aliases.alias = {{ clean_text('trade.itl2') }}
),

figures as (
    select
        'goods_' || flow || '_value' as indicator_id,
        'GBP million' as unit_measure,
        ref_area,
        time_period,
        breakdown,
        {{ try_number('value_gbp_million') }} as obs_value,
        {{ not_a_number('value_gbp_million') }} as source_flag,
        release_id,
        source_locator
    from cells
    union all
    select
        'goods_exporting_businesses' as indicator_id,
        'count' as unit_measure,
        ref_area,
        time_period,
        breakdown,
        {{ try_number('businesses') }} as obs_value,
        {{ not_a_number('businesses') }} as source_flag,
        release_id,
        source_locator
    from cells
    where flow = 'exports'
),

published as (
    select
        figures.*,
        case when figures.obs_value is null then coalesce(markers.obs_status, 'O') else 'A' end as obs_status,
        case when figures.obs_value is null then coalesce(markers.conf_status, 'F') else 'F' end as conf_status,
        'published' as value_origin
    from figures
    left join {{ ref('source_markers') }} as markers
        on markers.dataset = 'hmrc_regional_trade_smaller_areas' and markers.marker = lower(figures.source_flag)
),

-- Rows: value of one flow of one area; both groups are there, and no row for all partners.
all_partners as (
    select
        indicator_id,
        unit_measure,
        ref_area,
        time_period,
        'total' as breakdown,
        case when count(obs_value) = 2 then sum(obs_value) end as obs_value,
        cast(null as {{ type_text() }}) as source_flag,
        release_id,
        min(source_locator) as source_locator,
        {{ winning_obs_status('obs_status') }} as obs_status,
        min(conf_status) as conf_status,  -- C before F
        'derived' as value_origin
    from published
    where indicator_id <> 'goods_exporting_businesses'
    group by indicator_id, unit_measure, ref_area, time_period, release_id
    having count(case when breakdown <> 'total' then 1 end) = 2 and count(case when breakdown = 'total' then 1 end) = 0
),

observations as (
    select
        indicator_id, unit_measure, ref_area, time_period, breakdown, obs_value, source_flag, release_id, source_locator, obs_status,
        conf_status, value_origin
    from published
    union all
    select
        indicator_id, unit_measure, ref_area, time_period, breakdown, obs_value, source_flag, release_id, source_locator, obs_status,
        conf_status, value_origin
    from all_partners
)

select
    'hmrc_regional_trade_smaller_areas' as dataset,
    indicator_id,
    ref_area,
    time_period,
    breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    obs_status,
    conf_status,
    source_flag,
    unit_measure,
    value_origin,
    release_id,
    source_locator
from observations
