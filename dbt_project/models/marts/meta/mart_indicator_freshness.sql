-- How fresh every indicator is that has a value: what serves its newest period, for the home area where there is a figure of it. Grain: indicator.
with newest as (
    select
        facts.indicator_id,
        facts.dataset,
        facts.ref_area,
        facts.time_period,
        facts.period_end,
        facts.release_id,
        row_number() over (
            partition by facts.indicator_id
            order by
                case facts.ref_area when '{{ var("home_area") }}' then 1 when '{{ var("home_region") }}' then 2 else 3 end,
                facts.period_end desc,
                facts.breakdown,
                facts.ref_area
        ) as newest_first
    from {{ ref('fct_observation') }} as facts
    where facts.is_latest and facts.obs_value is not null
)

select
    newest.indicator_id,
    indicators.indicator_name,
    newest.dataset,
    newest.ref_area as area_code,
    newest.time_period as newest_period,
    newest.period_end as newest_period_end,
    {{ days_between('newest.period_end', as_of_date()) }} as age_days,
    releases.published_at as release_date,
    releases.basis,
    freshness.next_due,
    freshness.days_overdue,
    freshness.status = 'stale' as is_stale
from newest
left join {{ ref('dim_indicator') }} as indicators
    on indicators.indicator_id = newest.indicator_id
left join {{ ref('dim_release') }} as releases
    on releases.release_id = newest.release_id
left join {{ ref('mart_freshness') }} as freshness
    on freshness.dataset = newest.dataset
where newest.newest_first = 1
order by newest.indicator_id
