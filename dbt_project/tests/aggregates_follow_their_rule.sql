-- Every aggregate is recomputed from its members' rows in the mart: a ratio from their counts (never the mean of their rates), a sum from their
-- values; all members that its dataset goes by there, none twice; and no aggregate where the rule allows none. Returns the aggregates that differ.
{{ config(tags=['reconciliation'], meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

with members as (
    select '*' as dataset, parent_code, member_code, count(*) over (partition by parent_code) as members_expected
    from {{ ref('bridge_area_membership') }}
    where valid_to is null
    union all
    select dataset, parent_code, member_code, count(*) over (partition by dataset, parent_code) as members_expected
    from {{ ref('provider_memberships') }}
),

recomputed as (
    select
        aggregates.indicator_id,
        aggregates.ref_area,
        aggregates.time_period,
        aggregates.breakdown,
        aggregates.release_id,
        aggregates.obs_value,
        aggregates.n_components,
        indicators.aggregation_rule,
        indicators.ratio_multiplier,
        max(members.members_expected) as members_expected,
        count(components.ref_area) as members_found,
        sum(components.numerator) as numerator,
        sum(components.denominator) as denominator,
        sum(components.obs_value) as total
    from {{ ref('fct_observation') }} as aggregates
    left join {{ ref('dim_indicator') }} as indicators
        on indicators.indicator_id = aggregates.indicator_id
    left join members
        on
            members.parent_code = aggregates.ref_area
            and members.dataset = case
                when aggregates.dataset in (select dataset from {{ ref('provider_memberships') }}) then aggregates.dataset
                else '*'
            end
    left join {{ ref('fct_observation') }} as components
        on
            components.release_id = aggregates.release_id
            and components.indicator_id = aggregates.indicator_id
            and components.ref_area = members.member_code
            and components.time_period = aggregates.time_period
            and components.breakdown = aggregates.breakdown
    where aggregates.value_origin = 'aggregated'
    group by
        aggregates.indicator_id,
        aggregates.ref_area,
        aggregates.time_period,
        aggregates.breakdown,
        aggregates.release_id,
        aggregates.obs_value,
        aggregates.n_components,
        indicators.aggregation_rule,
        indicators.ratio_multiplier
),

expected as (
    select
        recomputed.*,
        case aggregation_rule
            when 'ratio' then ratio_multiplier * numerator / nullif(denominator, 0)
            when 'sum' then total
            when 'weighted' then obs_value
        end as expected_value
    from recomputed
)

select *
from expected
where
    aggregation_rule is null
    or aggregation_rule not in ('ratio', 'sum', 'weighted')
    or n_components > members_expected
    or (obs_value is not null and (n_components <> members_expected or members_found <> members_expected))
    or (obs_value is not null and expected_value is null)
    or abs(obs_value - expected_value) > 1e-9 * greatest(1, abs(expected_value))
