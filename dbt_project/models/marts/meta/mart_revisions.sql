-- What later releases changed: values revised, filled in, taken back, and rows withdrawn. Grain: observation that a release changed.
-- Each release is compared with the next one of its dataset and part that speaks to the same observation; a row that the next whole release
-- leaves out is withdrawn by it. The usual revision is the median size of the indicator's revisions of values.
with observations as (
    select
        facts.*,
        releases.withdrawn_at,
        releases.withdrawn_by,
        releases.release_order,
        releases.part
    from {{ ref('fct_observation') }} as facts
    inner join {{ ref('int_release') }} as releases
        on releases.release_id = facts.release_id
),

followed as (
    select
        observations.*,
        lead(obs_value) over next_release as next_value,
        lead(release_id) over next_release as next_release_id,
        lead(realtime_start) over next_release as repeated_at
    from observations
    window next_release as (
        partition by dataset, part, basis, indicator_id, ref_area, time_period, breakdown
        order by release_order
    )
),

ended as (
    select
        followed.*,
        coalesce(withdrawn_at < repeated_at or (withdrawn_at is not null and repeated_at is null), false) as is_withdrawn
    from followed
    where realtime_end is not null
),

changed as (
    select
        ended.*,
        case when is_withdrawn then null else next_value end as new_value,
        case
            when is_withdrawn then 'withdrawn'
            when next_value is null then 'lost'
            when obs_value is null then 'filled'
            else 'revised'
        end as change
    from ended
    where
        (is_withdrawn and obs_value is not null)
        or (not is_withdrawn and (obs_value is null) <> (next_value is null))
        -- The last digits of a float are no revision.
        or (not is_withdrawn and abs(next_value - obs_value) > 1e-9 * abs(obs_value))
),

usual as (
    select indicator_id, median(abs(new_value - obs_value)) as usual_revision
    from changed
    where change = 'revised'
    group by indicator_id
)

select
    changed.indicator_id,
    indicators.indicator_name,
    changed.dataset,
    changed.ref_area,
    areas.area_name,
    changed.time_period,
    changed.breakdown,
    changed.change,
    changed.obs_value as old_value,
    changed.new_value,
    changed.new_value - changed.obs_value as difference,
    changed.unit_measure,
    usual.usual_revision,
    case when changed.change = 'revised' then abs(changed.new_value - changed.obs_value) / usual.usual_revision end as times_usual,
    changed.basis,
    changed.release_id as old_release_id,
    case when changed.is_withdrawn then changed.withdrawn_by else changed.next_release_id end as new_release_id,
    changed.realtime_start as old_known_from,
    changed.realtime_end as changed_on
from changed
left join usual
    on usual.indicator_id = changed.indicator_id
left join {{ ref('dim_indicator') }} as indicators
    on indicators.indicator_id = changed.indicator_id
left join {{ ref('dim_area') }} as areas
    on areas.area_code = changed.ref_area
order by changed.realtime_end, changed.indicator_id, changed.ref_area, changed.time_period, changed.breakdown, changed.release_id
