-- Combined authorities from their local authorities, by the aggregation rule that the seed declares for the indicator, within one release:
--   ratio     ratio_multiplier x sum of numerators / sum of denominators
--   sum       sum of values
--   weighted  sum of value x weight / sum of weights, the weight being another indicator's value for the same area and period, or, where
--             there is none, for the nearest year, at most two away: shares of areas in a total move slowly
--   published, none, anything else: no aggregate
-- A mean of the members' values cannot come out of here. Same columns as int_observation_corrected, and n_components; the rows made here only.
-- Grain: dataset x indicator x combined authority x period x breakdown x release.
{{ config(materialized='table') }}

with observations as (
    select * from {{ ref('int_observation_corrected') }} where area_known
    union all
    select * from {{ ref('int_observation_derived') }}
),

rules as (
    select indicator_id, aggregation_rule, cast(ratio_multiplier as double) as ratio_multiplier, weight_indicator_id
    from {{ ref('indicators') }}
    where aggregation_rule in ('ratio', 'sum', 'weighted')
),

-- The members that each dataset goes by: the publisher's own list, or '*', the authorities themselves.
members as (
    select
        datasets.dataset,
        members.parent_code,
        members.member_code,
        members.members_expected
    from (select distinct dataset from observations) as datasets
    inner join {{ ref('int_aggregation_member') }} as members
        on
            members.dataset = case
                when datasets.dataset in (select dataset from {{ ref('provider_memberships') }}) then datasets.dataset
                else '*'
            end
),

weights_of_periods as (
    select indicator_id, ref_area, time_period, obs_value as weight, basis
    from (
        select
            observations.basis,
            observations.indicator_id,
            observations.ref_area,
            observations.time_period,
            observations.obs_value,
            row_number() over (
                partition by observations.indicator_id, observations.ref_area, observations.time_period
                order by observations.basis desc, sources.priority asc, observations.realtime_start desc, observations.release_id desc
            ) as best_first
        from observations
        inner join {{ ref('indicator_sources') }} as sources
            on
                sources.indicator_id = observations.indicator_id
                and sources.dataset = observations.dataset
                and sources.role <> 'cross_check'
        where
            observations.breakdown = 'total'
            and observations.obs_value is not null
            and observations.indicator_id in (select weight_indicator_id from rules)
    ) as ranked
    where best_first = 1
),

-- The weight for what is to be weighed: a published one before an invented one, then that of the very period, then of the nearest year (a
-- financial or school year goes by the calendar year in which it begins), of two as near the earlier.
weights as (
    select weighed_indicator_id, ref_area, time_period, weight, basis
    from (
        select
            weighed.indicator_id as weighed_indicator_id,
            weighed.ref_area,
            weighed.time_period,
            weights_of_periods.weight,
            weights_of_periods.basis,
            row_number() over (
                partition by weighed.indicator_id, weighed.ref_area, weighed.time_period
                order by
                    weights_of_periods.basis desc,
                    case when weights_of_periods.time_period = weighed.time_period then 0 else 1 end,
                    abs({{ start_year('weights_of_periods.time_period') }} - {{ start_year('weighed.time_period') }}),
                    weights_of_periods.time_period
            ) as nearest_first
        from (
            select distinct observations.indicator_id, observations.ref_area, observations.time_period, rules.weight_indicator_id
            from observations
            inner join rules
                on rules.indicator_id = observations.indicator_id and rules.aggregation_rule = 'weighted'
        ) as weighed
        inner join weights_of_periods
            on
                weights_of_periods.indicator_id = weighed.weight_indicator_id
                and weights_of_periods.ref_area = weighed.ref_area
                and abs({{ start_year('weights_of_periods.time_period') }} - {{ start_year('weighed.time_period') }}) <= 2
    ) as ranked
    where nearest_first = 1
),

-- What each member brings to the fraction. A member without both parts brings nothing and leaves the aggregate incomplete.
components as (
    select
        observations.*,
        members.parent_code,
        members.members_expected,
        rules.aggregation_rule,
        -- A published value under an invented weight makes an invented mean.
        case when weights.basis = 'illustrative' then 'illustrative' else observations.basis end as basis_of_part,
        case rules.aggregation_rule
            when 'ratio' then rules.ratio_multiplier * observations.numerator
            when 'sum' then observations.obs_value
            -- Where there is nobody, there is no average and none is missing.
            when 'weighted' then case when weights.weight = 0 then 0 else observations.obs_value * weights.weight end
        end as upper_part,
        case rules.aggregation_rule
            when 'ratio' then observations.denominator
            when 'sum' then 1
            when 'weighted' then weights.weight
        end as lower_part
    from observations
    inner join rules
        on rules.indicator_id = observations.indicator_id
    inner join members
        on members.member_code = observations.ref_area and members.dataset = observations.dataset
    left join weights
        on
            weights.weighed_indicator_id = observations.indicator_id
            and weights.ref_area = observations.ref_area
            and weights.time_period = observations.time_period
    -- Part of a release is not a basis for comparison: from it only the home area is made.
    where observations.release_kind = 'whole' or members.parent_code = '{{ var("home_area") }}'
),

-- A release that gives no member what the rule needs (rates without their counts) is not meant to be aggregated.
aggregable as (
    select release_id, indicator_id
    from components
    where upper_part is not null and lower_part is not null
    group by release_id, indicator_id
),

grouped as (
    select
        components.dataset,
        components.indicator_id,
        components.parent_code as ref_area,
        components.time_period,
        components.breakdown,
        components.aggregation_rule,
        components.members_expected,
        count(case when components.upper_part is not null and components.lower_part is not null then 1 end) as n_components,
        {{ exact_sum('components.upper_part') }} as upper_sum,
        {{ exact_sum('components.lower_part') }} as lower_sum,
        {{ exact_sum('components.numerator') }} as numerator_sum,
        {{ exact_sum('components.denominator') }} as denominator_sum,
        {{ winning_obs_status('components.obs_status') }} as obs_status,
        max(components.unit_measure) as unit_measure,
        min(components.basis_of_part) as basis,
        max(case when components.source_locator like '%, correction %' then ', correction among them' else '' end) as corrected_parts,
        components.release_id,
        min(components.release_kind) as release_kind,
        max(components.realtime_start) as realtime_start
    from components
    inner join aggregable
        on
            aggregable.release_id = components.release_id
            and aggregable.indicator_id = components.indicator_id
    group by
        components.dataset,
        components.indicator_id,
        components.parent_code,
        components.time_period,
        components.breakdown,
        components.aggregation_rule,
        components.members_expected,
        components.release_id
),

-- The publisher's own figure for the area stands; no second one is made beside it.
not_published as (
    select grouped.*
    from grouped
    left join observations as own
        on
            own.release_id = grouped.release_id
            and own.indicator_id = grouped.indicator_id
            and own.ref_area = grouped.ref_area
            and own.time_period = grouped.time_period
            and own.breakdown = grouped.breakdown
    where own.release_id is null
),

completed as (
    select
        not_published.*,
        case
            when n_components < members_expected then null
            when aggregation_rule = 'sum' then upper_sum
            when lower_sum > 0 then upper_sum / lower_sum
        end as obs_value
    from not_published
)

select
    dataset,
    indicator_id,
    ref_area,
    time_period,
    breakdown,
    obs_value,
    -- A partial sum would be taken for the area's count.
    case when aggregation_rule = 'ratio' and n_components = members_expected then numerator_sum end as numerator,
    case when aggregation_rule = 'ratio' and n_components = members_expected then denominator_sum end as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    -- A weighted mean stands in for counts that are not published: an estimate.
    case when obs_value is null then 'O' when aggregation_rule = 'weighted' then 'E' else obs_status end as obs_status,
    'F' as conf_status,
    {{ flag_of_corrected_parts('corrected_parts') }} as source_flag,
    unit_measure,
    'aggregated' as value_origin,
    basis,
    release_id,
    release_kind,
    realtime_start,
    'aggregate of ' || cast(n_components as {{ type_text() }}) || ' of ' || cast(members_expected as {{ type_text() }}) || ' members of ' || ref_area
        || corrected_parts as source_locator,
    true as area_known,
    n_components
from completed
