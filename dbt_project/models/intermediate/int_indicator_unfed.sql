-- Indicators that the releases a dataset goes by now should give (seed indicator_sources) and of which they hold no figure at all. A category, label or
-- column that goes by another name leaves such a gap, and nothing else tells of it. Whole releases only: an excerpt owes nothing, nor do the
-- authority's own returns, each of which is handed in or not. Grain: indicator x dataset.
with current_releases as (
    select release_id, dataset
    from {{ ref('int_release') }}
    where superseded_by is null and kind = 'whole' and dataset <> 'lcrca_returns'
),

given as (
    select distinct facts.indicator_id, facts.dataset
    from {{ ref('fct_observation') }} as facts
    inner join current_releases
        on current_releases.release_id = facts.release_id
    where facts.obs_value is not null
)

select
    sources.indicator_id,
    sources.dataset,
    count(*) as current_releases,
    min(current_releases.release_id) as release_id
from {{ ref('indicator_sources') }} as sources
inner join current_releases
    on current_releases.dataset = sources.dataset
left join given
    on given.indicator_id = sources.indicator_id and given.dataset = sources.dataset
where given.indicator_id is null
group by sources.indicator_id, sources.dataset
