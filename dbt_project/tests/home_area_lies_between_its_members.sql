-- A rate, mean or median that its publisher prints for the home area lies between the lowest and the highest of its members: an area of another extent, or a
-- figure from another column, mostly does not. Same release, every member with a figure; what adds up (counts, pounds) is not compared here. A warning: models
-- and surveys may break the rule by a little. Returns the figures that lie outside.
{{ config(severity='warn', tags=['reconciliation'], meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

with members as (
    select
        observations.release_id,
        observations.indicator_id,
        observations.time_period,
        observations.breakdown,
        min(observations.obs_value) as lowest,
        max(observations.obs_value) as highest
    from {{ ref('fct_observation') }} as observations
    inner join {{ ref('int_aggregation_member') }} as members
        on
            members.member_code = observations.ref_area
            and members.parent_code = '{{ var("home_area") }}'
            and members.dataset = '*'
    where observations.realtime_end is null
    group by observations.release_id, observations.indicator_id, observations.time_period, observations.breakdown
    having count(observations.obs_value) = max(members.members_expected)
)

select
    own.indicator_id,
    own.dataset,
    own.time_period,
    own.breakdown,
    own.obs_value,
    members.lowest,
    members.highest,
    own.source_locator
from {{ ref('fct_observation') }} as own
inner join members
    on
        members.release_id = own.release_id
        and members.indicator_id = own.indicator_id
        and members.time_period = own.time_period
        and members.breakdown = own.breakdown
where
    own.ref_area = '{{ var("home_area") }}'
    and own.value_origin = 'published'
    and own.unit_measure not in ('count', 'GBP million')
    and own.obs_value not between members.lowest and members.highest
