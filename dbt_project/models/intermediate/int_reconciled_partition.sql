-- How many areas have a figure in the newest release and in the one before it, for every indicator, breakdown and closed period: one that had ended when
-- the earlier release came out, and is no later than the newest that it held (the next period is news, not a change). What a publisher printed of a closed period
-- stays. Whole releases of datasets that repeat their whole series only; an excerpt or a reply owes nothing. Both sides are kept, so that a
-- partition that is gone shows as much as one that was not there before.
-- Grain: dataset x part x indicator x breakdown x period.
with wholes as (
    select
        releases.*,
        row_number() over (partition by releases.dataset, releases.part order by releases.release_order desc) as newest_first
    from {{ ref('int_release') }} as releases
    inner join {{ source('raw', 'dataset') }} as datasets
        on datasets.dataset = releases.dataset and datasets.whole_series
    where releases.kind = 'whole' and releases.basis = 'published'
),

pairs as (
    select
        later.dataset,
        later.part,
        later.release_id as later_release_id,
        earlier.release_id as earlier_release_id,
        earlier.known_from as closed_before
    from wholes as later
    inner join wholes as earlier
        on earlier.dataset = later.dataset and earlier.part = later.part and earlier.newest_first = 2
    where later.newest_first = 1
),

{% for side in ['earlier', 'later'] -%}
{{ side }} as (
    select
        pairs.dataset,
        pairs.part,
        observations.indicator_id,
        observations.breakdown,
        observations.time_period,
        count(*) as areas
    from pairs
    inner join {{ ref('int_observation_conformed') }} as observations
        on observations.release_id = pairs.{{ side }}_release_id
    where
        observations.area_known
        and observations.obs_value is not null
        and {{ period_end('observations.time_period') }} < pairs.closed_before
    group by pairs.dataset, pairs.part, observations.indicator_id, observations.breakdown, observations.time_period
),

{% endfor -%}
partitions as (
    select
        coalesce(earlier.dataset, later.dataset) as dataset,
        coalesce(earlier.part, later.part) as part,
        coalesce(earlier.indicator_id, later.indicator_id) as indicator_id,
        coalesce(earlier.breakdown, later.breakdown) as breakdown,
        coalesce(earlier.time_period, later.time_period) as time_period,
        coalesce(earlier.areas, 0) as areas_before,
        coalesce(later.areas, 0) as areas_now,
        max({{ period_end('earlier.time_period') }}) over (
            partition by
                coalesce(earlier.dataset, later.dataset),
                coalesce(earlier.part, later.part),
                coalesce(earlier.indicator_id, later.indicator_id),
                coalesce(earlier.breakdown, later.breakdown)
        ) as newest_before
    from earlier
    full outer join later
        on
            later.dataset = earlier.dataset
            and later.part = earlier.part
            and later.indicator_id = earlier.indicator_id
            and later.breakdown = earlier.breakdown
            and later.time_period = earlier.time_period
)

select
    partitions.dataset,
    partitions.part,
    partitions.indicator_id,
    partitions.breakdown,
    partitions.time_period,
    partitions.areas_before,
    partitions.areas_now,
    pairs.earlier_release_id,
    pairs.later_release_id
from partitions
inner join pairs
    on pairs.dataset = partitions.dataset and pairs.part = partitions.part
where {{ period_end('partitions.time_period') }} <= partitions.newest_before
