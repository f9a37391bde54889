-- Every observation of every release. Grain: indicator x dataset x area x period x breakdown x release.
with observations as (
    select corrected.*, cast(null as bigint) as n_components
    from {{ ref('int_observation_corrected') }} as corrected
    where area_known
    union all
    select derived.*, cast(null as bigint) as n_components
    from {{ ref('int_observation_derived') }} as derived
    union all
    select * from {{ ref('int_observation_aggregated') }}
    union all
    select * from {{ ref('int_observation_of_aggregates') }}
),

-- A row ends when the next release of the same dataset and part gives the same observation again, or, in a dataset that repeats its whole
-- series, when the next whole release leaves it out (withdrawn), whichever comes first.
dated as (
    select
        observations.*,
        releases.release_order,
        releases.withdrawn_at,
        lead(releases.known_from) over (
            partition by
                observations.dataset,
                releases.part,
                releases.basis,
                observations.indicator_id,
                observations.ref_area,
                observations.time_period,
                observations.breakdown
            order by releases.release_order
        ) as repeated_at
    from observations
    left join {{ ref('int_release') }} as releases
        on releases.release_id = observations.release_id
),

ended as (
    select
        dated.*,
        case
            when repeated_at is null then withdrawn_at
            when withdrawn_at is null then repeated_at
            when withdrawn_at < repeated_at then withdrawn_at
            else repeated_at
        end as realtime_end
    from dated
),

-- Who may serve: the datasets that the seed names for the indicator, cross-checks never; a dataset named for rows with counts only where
-- numerator and denominator are there, one named for complete rows only where the confidence limits are there as well.
eligible as (
    select
        ended.*,
        sources.priority,
        coalesce(
            ended.realtime_end is null
            and sources.role <> 'cross_check'
            and (
                coalesce(sources.requires, '') = ''
                or (
                    sources.requires in ('counts', 'complete')
                    and ended.numerator is not null
                    and ended.denominator is not null
                    and (
                        sources.requires = 'counts'
                        or (ended.lower_ci is not null and ended.upper_ci is not null)
                    )
                )
            ),
            false
        ) as may_serve
    from ended
    left join {{ ref('indicator_sources') }} as sources
        on
            sources.indicator_id = ended.indicator_id
            and sources.dataset = ended.dataset
),

-- One of them serves: a published figure before an illustrative one, then the dataset named first, then the newest release of its parts.
ranked as (
    select
        eligible.*,
        row_number() over (
            partition by indicator_id, ref_area, time_period, breakdown, may_serve
            order by
                case when basis = 'published' then 0 else 1 end,
                priority,
                realtime_start desc,
                release_order desc,
                release_id desc
        ) as serving_order
    from eligible
)

select
    ranked.indicator_id,
    ranked.dataset,
    ranked.ref_area,
    ranked.time_period,
    periods.period_start,
    periods.period_end,
    periods.freq,
    ranked.breakdown,
    ranked.obs_value,
    ranked.numerator,
    ranked.denominator,
    ranked.lower_ci,
    ranked.upper_ci,
    ranked.obs_status,
    ranked.conf_status,
    ranked.source_flag,
    ranked.unit_measure,
    ranked.value_origin,
    ranked.basis,
    ranked.n_components,
    ranked.release_id,
    ranked.source_locator,
    ranked.realtime_start,
    ranked.realtime_end,
    ranked.may_serve and ranked.serving_order = 1 as is_latest
from ranked
left join {{ ref('int_period') }} as periods
    on periods.time_period = ranked.time_period
order by ranked.indicator_id, ranked.ref_area, ranked.time_period, ranked.breakdown, ranked.dataset, ranked.realtime_start, ranked.release_id
