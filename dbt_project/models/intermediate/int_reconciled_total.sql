-- Sums of the members of the home area beside the total that the publisher prints for all of them in another publication (seed published_totals). Both are
-- rounded: each of the members and the total to the unit, so that they may be half a unit apart for each. That holds for figures of one vintage,
-- that is where both series end with the same year; what was revised since may differ by 5 %, which is less than the smallest of the authorities.
-- A member without a figure leaves nothing to compare. Grain: release x indicator x period x area that the total is printed for.
{% set percent_between_vintages = 5 %}

with totals as (
    select
        totals.*,
        max(time_period) over (partition by indicator_id, published_for) as newest_period
    from {{ ref('published_totals') }} as totals
),

sums as (
    select
        observations.dataset,
        observations.release_id,
        observations.indicator_id,
        observations.time_period,
        members.parent_code,
        members.members_expected,
        {{ exact_sum('observations.obs_value') }} as computed_total
    from {{ ref('fct_observation') }} as observations
    inner join {{ ref('int_aggregation_member') }} as members
        on members.member_code = observations.ref_area and members.dataset = '*'
    where
        observations.value_origin = 'published'
        and observations.basis = 'published'
        and observations.breakdown = 'total'
        and observations.realtime_end is null
        and observations.obs_value is not null
    group by
        observations.dataset,
        observations.release_id,
        observations.indicator_id,
        observations.time_period,
        members.parent_code,
        members.members_expected
    having count(*) = members.members_expected
),

dated_sums as (
    select
        sums.*,
        max(time_period) over (partition by release_id, indicator_id, parent_code) as newest_period
    from sums
)

select
    dated_sums.dataset,
    dated_sums.release_id,
    dated_sums.indicator_id,
    dated_sums.time_period,
    totals.published_for,
    totals.citation,
    totals.published_total,
    dated_sums.computed_total,
    dated_sums.newest_period = totals.newest_period as same_vintage,
    case
        when dated_sums.newest_period = totals.newest_period then 0.5 * (dated_sums.members_expected + 1)
        else totals.published_total * {{ percent_between_vintages }} / 100.0
    end as tolerance
from dated_sums
inner join totals
    on
        totals.indicator_id = dated_sums.indicator_id
        and totals.time_period = dated_sums.time_period
        and totals.parent_code = dated_sums.parent_code
