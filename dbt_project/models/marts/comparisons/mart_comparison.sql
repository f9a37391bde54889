-- Every figure that serves, compared: with England, with the combined authorities, with the period before and with the baseline; docs/methods.md
-- has the formulas. Like is compared with like: same dataset, basis, breakdown and period; England from the same release; nothing across a break.
-- Grain: indicator x breakdown x area x period.
{%- set comparators = "'" ~ var('comparator_areas') | join("', '") ~ "'" %}
with comparable as (
    select * from {{ ref('int_observation_comparable') }}
),

-- England, by the first of its codes that the release knows.
england as (
    select *
    from (
        select
            comparable.*,
            row_number() over (
                partition by indicator_id, breakdown, time_period, dataset, basis, release_id order by ref_area
            ) as first_code
        from comparable
        where ref_area in ({{ comparators }})
    ) as by_code
    where first_code = 1
),

ranks as (
    select
        comparable.indicator_id,
        comparable.breakdown,
        comparable.ref_area,
        comparable.time_period,
        cast(rank() over (
            partition by comparable.indicator_id, comparable.breakdown, comparable.time_period, comparable.dataset, comparable.basis
            order by case when comparable.polarity = 'lower_is_better' then comparable.obs_value else -comparable.obs_value end
        ) as bigint) as ca_rank
    from comparable
    inner join {{ ref('dim_area') }} as areas
        on
            areas.area_code = comparable.ref_area
            and areas.area_type = 'combined_authority'
            and areas.valid_to is null
    where not comparable.grows_with_size
),

-- The baseline is the last period that had ended when the first framework was published, if that was within the two years before.
published as (
    select min(cast(published_on as date)) as published_on
    from {{ ref('frameworks') }}
),

in_order as (
    select
        comparable.*,
        lag(time_period) over (
            partition by indicator_id, breakdown, ref_area, dataset, basis, run order by period_start
        ) as previous_period,
        lag(obs_value) over (
            partition by indicator_id, breakdown, ref_area, dataset, basis, run order by period_start
        ) as previous_value,
        max(
            case
                when
                    period_end < published.published_on
                    and period_end >= {{ add_months('published.published_on', -24) }}
                    then period_start
            end
        ) over (partition by indicator_id, breakdown, ref_area, dataset, basis, run) as baseline_start
    from comparable
    cross join published
),

baselines as (
    select indicator_id, breakdown, ref_area, dataset, basis, run, time_period as baseline_period, obs_value as baseline_value
    from in_order
    where period_start = baseline_start
),

compared as (
    select
        in_order.*,
        baselines.baseline_period,
        baselines.baseline_value,
        areas.area_name as comparator_name,
        england.ref_area as comparator_code,
        england.obs_value as comparator_value,
        100.0 * england.obs_value / nullif(england_then.baseline_value, 0) as comparator_index_value
    from in_order
    left join england
        on
            england.indicator_id = in_order.indicator_id
            and england.breakdown = in_order.breakdown
            and england.time_period = in_order.time_period
            and england.dataset = in_order.dataset
            and england.basis = in_order.basis
            and england.release_id = in_order.release_id
            and in_order.ref_area not in ({{ comparators }})
    left join {{ ref('dim_area') }} as areas
        on areas.area_code = england.ref_area
    left join baselines
        on
            baselines.indicator_id = in_order.indicator_id
            and baselines.breakdown = in_order.breakdown
            and baselines.ref_area = in_order.ref_area
            and baselines.dataset = in_order.dataset
            and baselines.basis = in_order.basis
            and baselines.run = in_order.run
    left join baselines as england_then
        on
            england_then.indicator_id = england.indicator_id
            and england_then.breakdown = england.breakdown
            and england_then.ref_area = england.ref_area
            and england_then.dataset = england.dataset
            and england_then.basis = england.basis
            and england_then.run = england.run
            and england_then.baseline_period = baselines.baseline_period
)

select
    compared.indicator_id,
    compared.breakdown,
    compared.ref_area as area_code,
    compared.time_period,
    compared.period_start,
    compared.period_end,
    compared.dataset,
    compared.basis,
    compared.unit_measure as unit,
    compared.obs_value as value,
    compared.lower_ci,
    compared.upper_ci,
    compared.interval_method,
    compared.comparator_code,
    compared.comparator_name,
    compared.comparator_value,
    case when not compared.grows_with_size then compared.obs_value - compared.comparator_value end as gap,
    case when compared.unit_measure = 'percent' then 'percentage points' else compared.unit_measure end as gap_unit,
    case
        when not compared.grows_with_size and compared.change_in <> 'unit' then compared.obs_value / nullif(compared.comparator_value, 0)
    end as ratio_to_comparator,
    case when compared.grows_with_size then 100.0 * compared.obs_value / nullif(compared.comparator_value, 0) end as share_of_comparator,
    case
        when compared.grows_with_size or compared.comparator_value is null or compared.interval_method is null then 'not compared'
        when compared.comparator_value between compared.lower_ci and compared.upper_ci then 'similar'
        else {{ in_words('compared.obs_value > compared.comparator_value', 'compared.polarity') }}
    end as judgement,
    case
        when compared.ref_area in ({{ comparators }}) then 'It is the comparator itself'
        when compared.grows_with_size then 'The figure grows with the size of the area'
        when compared.comparator_value is null then 'The same release has no figure of the comparator for this period'
        when compared.interval_method is null then 'There is no confidence interval'
        when compared.comparator_value between compared.lower_ci and compared.upper_ci
            then compared.comparator_name || ' lies within the 95% confidence interval'
        else compared.comparator_name || ' lies outside the 95% confidence interval'
    end as judgement_reason,
    spreads.ca_count,
    case when spreads.ca_count >= 3 then ranks.ca_rank end as ca_rank,
    spreads.ca_median,
    spreads.ca_min,
    spreads.ca_max,
    spreads.ca_spread,
    case
        when ranks.ca_rank is null or spreads.ca_spread is null or spreads.ca_spread = 0 then null
        when compared.obs_value > spreads.ca_median + 2 * spreads.ca_spread then 'above'
        when compared.obs_value < spreads.ca_median - 2 * spreads.ca_spread then 'below'
        else 'within'
    end as spread_position,
    compared.previous_period,
    compared.previous_value,
    compared.obs_value - compared.previous_value as change,
    case
        when compared.change_in = 'percent' then 100.0 * (compared.obs_value - compared.previous_value) / nullif(abs(compared.previous_value), 0)
    end as change_pct,
    compared.baseline_period,
    compared.baseline_value,
    case when compared.period_start > compared.baseline_start then compared.obs_value - compared.baseline_value end as change_since_baseline,
    case
        when compared.change_in = 'percent' and compared.period_start > compared.baseline_start
            then 100.0 * (compared.obs_value - compared.baseline_value) / nullif(abs(compared.baseline_value), 0)
    end as change_since_baseline_pct,
    case
        when compared.change_in <> 'unit' and compared.baseline_value > 0 then 100.0 * compared.obs_value / compared.baseline_value
    end as index_value,
    case
        when compared.change_in <> 'unit' and compared.baseline_value > 0 and compared.comparator_index_value > 0
            then compared.comparator_index_value
    end as comparator_index_value
from compared
left join {{ ref('int_combined_authority_spread') }} as spreads
    on
        spreads.indicator_id = compared.indicator_id
        and spreads.breakdown = compared.breakdown
        and spreads.time_period = compared.time_period
        and spreads.dataset = compared.dataset
        and spreads.basis = compared.basis
left join ranks
    on
        ranks.indicator_id = compared.indicator_id
        and ranks.breakdown = compared.breakdown
        and ranks.ref_area = compared.ref_area
        and ranks.time_period = compared.time_period
order by compared.indicator_id, compared.breakdown, compared.ref_area, compared.period_start, compared.time_period
