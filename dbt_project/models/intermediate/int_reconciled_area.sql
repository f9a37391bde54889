-- The publisher's own figure of the home area beside the one that follows from its members by the declared rule, in one release or between datasets that
-- both give the indicator: current releases, published figures. How far they may be apart follows from the rounding of each: half the unit of the published
-- figure, and half a unit for each member in the sum, or in the counts above and below the line. Not compared: weighted means, which are estimates;
-- provisional and forecast figures, which the final one replaces; figures of datasets without a row for every member. What is known to differ by more, because the
-- two are of different vintages, stands with its reason in the seed reconciliation_allowances.
-- Grain: indicator x period x breakdown x release computed from x release published in.
with rules as (
    select indicator_id, aggregation_rule, cast(ratio_multiplier as double) as ratio_multiplier
    from {{ ref('indicators') }}
    where aggregation_rule in ('ratio', 'sum')
),

observations as (
    select facts.*
    from {{ ref('fct_observation') }} as facts
    inner join rules
        on rules.indicator_id = facts.indicator_id
    where
        facts.value_origin in ('published', 'derived')
        and facts.basis = 'published'
        and facts.realtime_end is null
        and facts.obs_value is not null
        and facts.obs_status not in ('P', 'F')
),

units as (
    select
        release_id,
        indicator_id,
        {{ rounded_to('obs_value') }} as value_unit,
        {{ rounded_to('numerator') }} as numerator_unit,
        {{ rounded_to('denominator') }} as denominator_unit
    from observations
    group by release_id, indicator_id
),

computed as (
    select
        observations.dataset,
        observations.release_id,
        observations.indicator_id,
        observations.time_period,
        observations.breakdown,
        members.members_expected,
        {{ exact_sum('observations.obs_value') }} as value_sum,
        {{ exact_sum('observations.numerator') }} as numerator_sum,
        {{ exact_sum('observations.denominator') }} as denominator_sum,
        count(observations.numerator + observations.denominator) as members_with_counts
    from observations
    inner join {{ ref('int_aggregation_member') }} as members
        on
            members.member_code = observations.ref_area
            and members.parent_code = '{{ var("home_area") }}'
            and members.dataset = case
                when observations.dataset in (select dataset from {{ ref('provider_memberships') }}) then observations.dataset
                else '*'
            end
    group by
        observations.dataset,
        observations.release_id,
        observations.indicator_id,
        observations.time_period,
        observations.breakdown,
        members.members_expected
    having count(*) = members.members_expected
),

by_rule as (
    select
        computed.*,
        case
            when rules.aggregation_rule = 'sum' then computed.value_sum
            when computed.members_with_counts = computed.members_expected and computed.denominator_sum > 0
            then rules.ratio_multiplier * computed.numerator_sum / computed.denominator_sum
        end as computed_value,
        case
            when rules.aggregation_rule = 'sum' then 0.5 * computed.members_expected * units.value_unit
            when computed.denominator_sum > 0
            then
                0.5 * computed.members_expected * rules.ratio_multiplier
                * (units.numerator_unit + units.denominator_unit * computed.numerator_sum / computed.denominator_sum)
                / computed.denominator_sum
        end as rounding_of_members
    from computed
    inner join rules
        on rules.indicator_id = computed.indicator_id
    inner join units
        on units.release_id = computed.release_id and units.indicator_id = computed.indicator_id
)

select
    by_rule.indicator_id,
    by_rule.time_period,
    by_rule.breakdown,
    by_rule.dataset as computed_from,
    by_rule.release_id as computed_from_release,
    published.dataset as published_in,
    published.release_id as published_in_release,
    by_rule.computed_value,
    published.obs_value as published_value,
    by_rule.rounding_of_members
    + 0.5 * units.value_unit
    + abs(published.obs_value) * coalesce(cast(allowances.percent as double), 0) / 100 as tolerance
from by_rule
inner join observations as published
    on
        published.indicator_id = by_rule.indicator_id
        and published.time_period = by_rule.time_period
        and published.breakdown = by_rule.breakdown
        and published.ref_area = '{{ var("home_area") }}'
        and published.value_origin = 'published'
inner join units
    on units.release_id = published.release_id and units.indicator_id = published.indicator_id
left join {{ ref('reconciliation_allowances') }} as allowances
    on
        allowances.indicator_id = by_rule.indicator_id
        and allowances.computed_from = by_rule.dataset
        and allowances.published_in = published.dataset
where by_rule.computed_value is not null
