-- The page of the policy officer: every measure with the indicators that speak to it, each compared, judged and traced to its release. A measure
-- without any figure has one row with the reason. docs/methods.md has the formulas. Grain: measure x indicator x breakdown.
with answers as (
    select * from {{ ref('int_measure_newest') }}
),

-- The framework's own baseline: the last period that had ended when it was published, within the two years before.
baselines as (
    select measure_id, indicator_id, breakdown, time_period as baseline_period, obs_value as baseline_value
    from (
        select
            answers.measure_id,
            answers.indicator_id,
            answers.breakdown,
            earlier.time_period,
            earlier.obs_value,
            row_number() over (
                partition by answers.measure_id, answers.indicator_id, answers.breakdown order by earlier.period_start desc
            ) as last_first
        from answers
        inner join {{ ref('dim_measure') }} as measures
            on measures.measure_id = answers.measure_id
        inner join {{ ref('frameworks') }} as frameworks
            on frameworks.framework_id = measures.framework_id
        inner join {{ ref('int_observation_comparable') }} as latest
            on
                latest.indicator_id = answers.indicator_id
                and latest.breakdown = answers.breakdown
                and latest.ref_area = answers.area_code
                and latest.time_period = answers.time_period
        inner join {{ ref('int_observation_comparable') }} as earlier
            on
                earlier.indicator_id = latest.indicator_id
                and earlier.breakdown = latest.breakdown
                and earlier.ref_area = latest.ref_area
                and earlier.dataset = latest.dataset
                and earlier.basis = latest.basis
                and earlier.run = latest.run
                and earlier.period_start <= latest.period_start
                and earlier.period_end < cast(frameworks.published_on as date)
                and earlier.period_end >= {{ add_months('cast(frameworks.published_on as date)', -24) }}
    ) as ordered
    where last_first = 1
),

-- What the documents themselves say that a measure started from, in their words.
stated as (
    select measure_id, min(statement) as stated_baseline
    from {{ ref('dim_baseline') }}
    group by measure_id
),

aims as (
    select *
    from (
        select
            targets.*,
            row_number() over (partition by targets.measure_id order by targets.target_id) as first_stated
        from {{ ref('mart_target') }} as targets
        where targets.measure_id is not null
    ) as ordered
    where first_stated = 1
)

select
    coverage.measure_id,
    coverage.framework_id,
    frameworks.framework_name,
    themes.theme_id,
    coverage.theme,
    measures.outcome_id,
    coverage.outcome,
    coverage.measure_name,
    measures.sort_order,
    coverage.status,
    coverage.reason,
    coverage.would_answer,
    -- Measures without any figure are shown by the indicator that is meant to answer them.
    answers.indicator_id is null
    or (answers.indicator_id = coverage.indicator_id and answers.breakdown = coverage.breakdown) as is_headline,
    coalesce(answers.indicator_id, coverage.indicator_id) as indicator_id,
    indicators.indicator_name,
    indicators.definition,
    indicators.caveat,
    answers.breakdown,
    answers.role,
    answers.strength,
    answers.what_differs,
    answers.area_code,
    areas.area_name,
    indicators.unit_measure as unit,
    indicators.decimals,
    indicators.polarity,
    answers.time_period,
    periods.period_label,
    periods.period_end,
    {{ days_between('periods.period_end', as_of_date()) }} as age_days,
    compared.value,
    compared.lower_ci,
    compared.upper_ci,
    compared.interval_method,
    answers.obs_status,
    answers.value_origin,
    answers.source_flag,
    answers.basis,
    compared.comparator_code,
    compared.comparator_name,
    compared.comparator_value,
    compared.gap,
    compared.gap_unit,
    100.0 * compared.gap / nullif(abs(case when compared.ratio_to_comparator is not null then compared.comparator_value end), 0) as gap_pct,
    compared.ratio_to_comparator,
    compared.share_of_comparator,
    compared.judgement,
    compared.judgement_reason,
    compared.ca_count,
    compared.ca_rank,
    compared.ca_median,
    compared.ca_min,
    compared.ca_max,
    compared.ca_spread,
    compared.spread_position,
    before.period_label as previous_period_label,
    compared.previous_value,
    compared.change,
    compared.change_pct,
    started.period_label as baseline_period_label,
    baselines.baseline_value,
    -- Nothing has changed since a baseline that is the newest period itself: there is no figure after it yet.
    case when baselines.baseline_period <> answers.time_period then compared.value - baselines.baseline_value end as change_since_baseline,
    case
        when units.change_in = 'percent' and baselines.baseline_period <> answers.time_period
            then 100.0 * (compared.value - baselines.baseline_value) / nullif(abs(baselines.baseline_value), 0)
    end as change_since_baseline_pct,
    case when units.change_in <> 'unit' and baselines.baseline_value > 0 then 100.0 * compared.value / baselines.baseline_value end as index_value,
    stated.stated_baseline,
    trends.trend,
    trends.trend_judgement,
    trends.chi_squared,
    trends.reason as trend_reason,
    aims.target_id,
    aims.statement as target_statement,
    aims.target_value,
    aims.target_year,
    case when aims.indicator_id = answers.indicator_id then aims.required_value end as required_value,
    case
        when aims.target_id is null then null
        when aims.indicator_id = answers.indicator_id or aims.indicator_id is null then aims.trajectory
        else 'cannot be said'
    end as trajectory,
    case
        when aims.target_id is null then null
        when aims.indicator_id = answers.indicator_id or aims.indicator_id is null then aims.reason
        else 'The target is about another indicator'
    end as trajectory_reason,
    answers.dataset,
    releases.publisher,
    releases.title as source_title,
    releases.url as source_url,
    releases.landing_page,
    releases.licence,
    releases.attribution,
    releases.citation,
    answers.release_id,
    releases.sha256,
    answers.source_locator,
    releases.published_at as release_date,
    releases.retrieved_at,
    releases.verified,
    freshness.next_due,
    freshness.days_overdue,
    coalesce(freshness.status = 'stale', false) as is_stale
from {{ ref('mart_measure_coverage') }} as coverage
inner join {{ ref('dim_measure') }} as measures
    on measures.measure_id = coverage.measure_id
left join {{ ref('frameworks') }} as frameworks
    on frameworks.framework_id = coverage.framework_id
left join {{ ref('dim_outcome') }} as outcomes
    on outcomes.framework_id = measures.framework_id and outcomes.outcome_id = measures.outcome_id
left join {{ ref('dim_theme') }} as themes
    on themes.framework_id = outcomes.framework_id and themes.theme_id = outcomes.theme_id
left join answers
    on answers.measure_id = coverage.measure_id
left join {{ ref('dim_indicator') }} as indicators
    on indicators.indicator_id = coalesce(answers.indicator_id, coverage.indicator_id)
left join {{ ref('units') }} as units
    on units.unit_measure = indicators.unit_measure
left join {{ ref('dim_area') }} as areas
    on areas.area_code = answers.area_code
left join {{ ref('dim_period') }} as periods
    on periods.time_period = answers.time_period
left join {{ ref('mart_comparison') }} as compared
    on
        compared.indicator_id = answers.indicator_id
        and compared.breakdown = answers.breakdown
        and compared.area_code = answers.area_code
        and compared.time_period = answers.time_period
left join {{ ref('dim_period') }} as before
    on before.time_period = compared.previous_period
left join baselines
    on
        baselines.measure_id = answers.measure_id
        and baselines.indicator_id = answers.indicator_id
        and baselines.breakdown = answers.breakdown
left join {{ ref('dim_period') }} as started
    on started.time_period = baselines.baseline_period
left join stated
    on stated.measure_id = coverage.measure_id
left join {{ ref('mart_trend') }} as trends
    on
        trends.indicator_id = answers.indicator_id
        and trends.breakdown = answers.breakdown
        and trends.area_code = answers.area_code
left join aims
    on aims.measure_id = coverage.measure_id
left join {{ ref('dim_release') }} as releases
    on releases.release_id = answers.release_id
left join {{ ref('mart_freshness') }} as freshness
    on freshness.dataset = answers.dataset
order by measures.sort_order, coverage.measure_id, answers.sort_order, answers.indicator_id, answers.breakdown
