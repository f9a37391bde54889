-- Known errors of publishers that this warehouse patches, each with what was published and whether it still is. Grain: correction.
with newest as (
    select
        corrections.correction_id,
        {{ field_of('corrections', 'observations') }} as found,
        observations.release_id,
        row_number() over (
            partition by corrections.correction_id
            order by observations.realtime_start desc, releases.release_order desc, observations.release_id desc
        ) as newest_first
    from {{ ref('int_observation_conformed') }} as observations
    inner join {{ ref('corrections') }} as corrections
        on
            corrections.dataset = observations.dataset
            and corrections.indicator_id = observations.indicator_id
            and corrections.ref_area = observations.ref_area
            and corrections.time_period = observations.time_period
            and corrections.breakdown = observations.breakdown
    inner join {{ ref('int_release') }} as releases
        on releases.release_id = observations.release_id
    where observations.basis = 'published' and observations.area_known and releases.withdrawn_at is null
),

-- A whole release that gives the indicator for other areas or periods and not the row has withdrawn it, or the correction names a row that never was.
given as (
    select distinct observations.dataset, observations.indicator_id
    from {{ ref('int_observation_conformed') }} as observations
    inner join {{ ref('int_release') }} as releases
        on releases.release_id = observations.release_id
    where
        observations.basis = 'published'
        and observations.indicator_id in (select indicator_id from {{ ref('corrections') }})
        and releases.kind = 'whole'
        and releases.superseded_by is null
)

select
    corrections.correction_id,
    case
        when newest.found = {{ try_number('corrections.published') }} then 'applied'
        when newest.release_id is not null or given.indicator_id is not null then 'expired'
        else 'not_in_this_build'
    end as state,
    corrections.dataset,
    corrections.indicator_id,
    indicators.indicator_name,
    corrections.ref_area,
    areas.area_name,
    corrections.time_period,
    corrections.breakdown,
    corrections.field,
    {{ try_number('corrections.published') }} as published,
    {{ try_number('corrections.corrected') }} as corrected,
    newest.found as published_now,
    newest.release_id,
    corrections.reason,
    corrections.evidence,
    cast(corrections.added_on as date) as added_on
from {{ ref('corrections') }} as corrections
left join newest
    on newest.correction_id = corrections.correction_id and newest.newest_first = 1
left join given
    on given.dataset = corrections.dataset and given.indicator_id = corrections.indicator_id
left join {{ ref('dim_indicator') }} as indicators
    on indicators.indicator_id = corrections.indicator_id
left join {{ ref('dim_area') }} as areas
    on areas.area_code = corrections.ref_area
order by corrections.correction_id
