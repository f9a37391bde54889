-- How fresh every dataset of the catalogue is, those without a release included. Grain: dataset.
with newest_release as (
    select
        dataset,
        -- The date of an invented release is invented as well: it stands only where there is no other.
        coalesce(max(case when basis = 'published' then published_at end), max(published_at)) as release_date,
        max(retrieved_at) as retrieved_at,
        -- Invented figures are never due again, and a day of retrieval says nothing about the publisher's calendar.
        max(case when basis = 'published' and published_at_basis <> 'retrieved' then published_at end) as published_on
    from {{ ref('dim_release') }}
    group by dataset
),

due as (
    select newest_release.dataset, {{ next_due('newest_release.published_on', 'datasets.cadence') }} as next_due
    from newest_release
    inner join {{ source('raw', 'dataset') }} as datasets
        on datasets.dataset = newest_release.dataset
),

loaded as (
    select
        facts.dataset,
        max(case when facts.obs_value is not null then facts.period_end end) as newest_period_end,
        count(*) as n_observations,
        count(case when facts.basis = 'published' then 1 end) as n_published
    from {{ ref('fct_observation') }} as facts
    group by facts.dataset
),

-- Of the periods that end on that day the longest name, so that a year is not called by its last month.
newest_period as (
    select facts.dataset, max(facts.time_period) as newest_period
    from {{ ref('fct_observation') }} as facts
    inner join loaded
        on loaded.dataset = facts.dataset and loaded.newest_period_end = facts.period_end
    where facts.obs_value is not null
    group by facts.dataset
)

select
    datasets.dataset,
    datasets.publisher,
    datasets.title,
    datasets.cadence,
    newest_release.release_date,
    newest_release.retrieved_at,
    due.next_due,
    case when due.next_due < {{ as_of_date() }} then {{ days_between('due.next_due', as_of_date()) }} else 0 end as days_overdue,
    newest_period.newest_period,
    loaded.newest_period_end,
    refreshes.status,
    refreshes.message,
    cast(datasets.verified as boolean) as verified,
    datasets.verified_note,
    case
        when loaded.n_observations is null then null
        when loaded.n_published = loaded.n_observations then 'published'
        when loaded.n_published = 0 then 'illustrative'
        else 'mixed'
    end as basis,
    coalesce(loaded.n_observations, 0) as n_observations,
    datasets.landing_page,
    datasets.licence,
    datasets.attribution
from {{ source('raw', 'dataset') }} as datasets
left join {{ source('raw', 'refresh') }} as refreshes
    on refreshes.dataset = datasets.dataset
left join newest_release
    on newest_release.dataset = datasets.dataset
left join due
    on due.dataset = datasets.dataset
left join loaded
    on loaded.dataset = datasets.dataset
left join newest_period
    on newest_period.dataset = datasets.dataset
