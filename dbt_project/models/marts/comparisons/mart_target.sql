-- Is the area on its way to what the frameworks aim at: the newest figure against a straight path from the baseline to the target. A target without
-- figure, year or series is shown with the reason why nothing can be said. Grain: target.
with targets as (
    select
        targets.*,
        cast(documents.published_on as date) as published_on
    from {{ ref('dim_target') }} as targets
    left join {{ ref('targets') }} as stated
        on stated.target_id = targets.target_id
    left join {{ ref('documents') }} as documents
        on documents.document_id = stated.document_id
),

series as (
    select
        targets.target_id,
        comparable.*,
        case when comparable.period_end < targets.published_on then comparable.period_end end as ended_before,
        row_number() over (partition by targets.target_id order by comparable.period_end desc, comparable.period_start desc) as newest_first
    from targets
    inner join {{ ref('int_observation_comparable') }} as comparable
        on
            comparable.indicator_id = targets.indicator_id
            and comparable.breakdown = 'total'
            and comparable.ref_area = '{{ var("home_area") }}'
),

newest as (
    select * from series where newest_first = 1
),

-- The last period that had ended when the document was published, where the newest figure may be compared with it.
baselines as (
    select target_id, time_period as baseline_period, obs_value as baseline_value, period_end as baseline_end
    from (
        select
            series.*,
            row_number() over (partition by series.target_id order by series.period_end desc) as last_first
        from series
        inner join newest
            on
                newest.target_id = series.target_id
                and newest.dataset = series.dataset
                and newest.basis = series.basis
                and newest.run = series.run
        where series.ended_before is not null
    ) as ordered
    where last_first = 1
),

-- Another area's figure is the target: that of the same release and period.
figures as (
    select
        targets.target_id,
        case when targets.direction = 'match' then matched.obs_value else targets.target_value end as target_value,
        newest.time_period as latest_period,
        newest.period_end as latest_end,
        newest.obs_value as latest_value,
        newest.lower_ci,
        newest.upper_ci,
        newest.polarity,
        newest.basis,
        newest.change_in,
        baselines.baseline_period,
        baselines.baseline_value,
        baselines.baseline_end
    from targets
    left join newest
        on newest.target_id = targets.target_id
    left join baselines
        on baselines.target_id = targets.target_id
    left join {{ ref('int_observation_comparable') }} as matched
        on
            targets.direction = 'match'
            and matched.indicator_id = newest.indicator_id
            and matched.breakdown = newest.breakdown
            and matched.ref_area = targets.comparator_area
            and matched.time_period = newest.time_period
            and matched.release_id = newest.release_id
),

paths as (
    select
        targets.*,
        figures.target_value as target_figure,
        figures.latest_period,
        figures.latest_value,
        figures.lower_ci,
        figures.upper_ci,
        figures.basis,
        figures.baseline_period,
        figures.baseline_value,
        -- Rising to the target, or falling to it; without a start the polarity tells.
        case
            when targets.direction = 'reach' and figures.baseline_value is not null then figures.target_value > figures.baseline_value
            when figures.polarity <> 'neutral' then figures.polarity = 'higher_is_better'
        end as is_rise,
        case
            when targets.direction = 'reach' and figures.latest_end > figures.baseline_end
                then
                    figures.baseline_value + (figures.target_value - figures.baseline_value)
                    * case
                        when cast(extract(year from figures.latest_end) as integer) >= targets.target_year then cast(1 as double)
                        else
                            cast(1 as double) * {{ days_between('figures.baseline_end', 'figures.latest_end') }}
                            / {{ days_between('figures.baseline_end', "cast(cast(targets.target_year as " ~ type_text() ~ ") || '-12-31' as date)") }}
                    end
        end as required_value
    from targets
    left join figures
        on figures.target_id = targets.target_id
),

judged as (
    select
        paths.*,
        coalesce(case when is_rise then latest_value >= target_figure when not is_rise then latest_value <= target_figure end, false) as is_reached,
        coalesce(required_value between lower_ci and upper_ci, false) as is_uncertain,
        coalesce(case when is_rise then latest_value >= required_value when not is_rise then latest_value <= required_value end, false) as is_on_path
    from paths
)

select
    target_id,
    framework_id,
    outcome_id,
    measure_id,
    indicator_id,
    statement,
    direction,
    target_figure as target_value,
    unit,
    target_year,
    baseline_period,
    baseline_value,
    latest_period,
    latest_value,
    basis,
    required_value,
    case
        when latest_value is null or target_figure is null then 'cannot be said'
        when is_reached then 'reached'
        when required_value is null or is_uncertain then 'cannot be said'
        when is_on_path then 'on track'
        else 'off track'
    end as trajectory,
    case
        when indicator_id is null then 'No series of the warehouse measures it'
        when direction = 'increase' then 'The document states no figure'
        when latest_value is null then 'No figure of the area is loaded'
        when target_figure is null and direction = 'match' then 'The same release has no figure of the area to match'
        when target_figure is null then 'The document states no figure'
        when is_reached then 'The newest figure has reached the target'
        when target_year is null then 'Not reached, and the document states no year'
        when baseline_value is null then 'The series has no figure from before the document'
        when required_value is null then 'The series has no figure from after the document'
        when is_uncertain then 'The straight path lies within the 95% confidence interval'
        else 'The newest figure against a straight path from ' || substr(baseline_period, 1, 4) || ' to ' || cast(target_year as {{ type_text() }})
    end as reason
from judged
