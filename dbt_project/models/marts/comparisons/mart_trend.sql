-- Is there a trend: the slope of the latest five points that do not overlap, weighted by the inverse of their variances. It is significant when
-- chi-squared (one degree of freedom) exceeds 9.5495 (p < 0.002) and no single point decides its sign; docs/methods.md has the formulas.
-- Grain: indicator x breakdown x area.
with comparable as (
    select * from {{ ref('int_observation_comparable') }}
),

-- The run that the newest figure belongs to.
newest as (
    select indicator_id, breakdown, ref_area, dataset, basis, run, polarity
    from (
        select
            comparable.*,
            row_number() over (
                partition by indicator_id, breakdown, ref_area
                order by case when basis = 'published' then 0 else 1 end, period_end desc, period_start desc, time_period
            ) as newest_first
        from comparable
    ) as ordered
    where newest_first = 1
),

latest_five as (
    select *
    from (
        select
            comparable.indicator_id,
            comparable.breakdown,
            comparable.ref_area,
            comparable.dataset,
            comparable.basis,
            comparable.polarity,
            comparable.time_period,
            comparable.period_start,
            {{ years_since_2000('comparable.period_start') }} as x,
            comparable.obs_value as y,
            (comparable.upper_ci - comparable.lower_ci) / (2 * {{ z95() }}) as standard_error,
            row_number() over (
                partition by comparable.indicator_id, comparable.breakdown, comparable.ref_area
                order by comparable.period_start desc
            ) as newest_first
        from comparable
        inner join newest
            on
                newest.indicator_id = comparable.indicator_id
                and newest.breakdown = comparable.breakdown
                and newest.ref_area = comparable.ref_area
                and newest.dataset = comparable.dataset
                and newest.basis = comparable.basis
                and newest.run = comparable.run
    ) as ordered
    where newest_first <= 5
),

weighted as (
    select
        latest_five.*,
        case when standard_error > 0 then 1.0 / (standard_error * standard_error) end as w,
        -- Around a point of their own, so that sums of squares keep their digits.
        x - max(x) over (partition by indicator_id, breakdown, ref_area) as dx,
        y - max(y) over (partition by indicator_id, breakdown, ref_area) as dy
    from latest_five
),

sums as (
    select
        indicator_id,
        breakdown,
        ref_area,
        dataset,
        basis,
        polarity,
        count(*) as n_points,
        count(w) as n_weighted,
        min(period_start) as first_start,
        max(period_start) as last_start,
        sum(w) as sw,
        sum(w * dx) as swx,
        sum(w * dy) as swy,
        sum(w * dx * dx) as swxx,
        sum(w * dx * dy) as swxy
    from weighted
    group by indicator_id, breakdown, ref_area, dataset, basis, polarity
),

-- The slope's numerator without each point in turn: its sign is the sign of the slope.
left_out as (
    select
        weighted.indicator_id,
        weighted.breakdown,
        weighted.ref_area,
        weighted.time_period,
        weighted.newest_first,
        sums.n_points,
        sign(sums.sw * sums.swxy - sums.swx * sums.swy) as overall,
        sign(
            (sums.sw - weighted.w) * (sums.swxy - weighted.w * weighted.dx * weighted.dy)
            - (sums.swx - weighted.w * weighted.dx) * (sums.swy - weighted.w * weighted.dy)
        ) as without_it
    from weighted
    inner join sums
        on
            sums.indicator_id = weighted.indicator_id
            and sums.breakdown = weighted.breakdown
            and sums.ref_area = weighted.ref_area
),

robust as (
    select
        indicator_id,
        breakdown,
        ref_area,
        min(case when without_it = overall then 1 else 0 end) = 1 as survives_leave_one_out,
        max(case when newest_first = n_points then time_period end) as first_period,
        max(case when newest_first = 1 then time_period end) as last_period
    from left_out
    group by indicator_id, breakdown, ref_area
),

slopes as (
    select
        sums.*,
        robust.survives_leave_one_out,
        robust.first_period,
        robust.last_period,
        case
            when n_points = 5 and n_weighted = 5 then (sw * swxy - swx * swy) / (sw * swxx - swx * swx)
        end as slope,
        case when n_points = 5 and n_weighted = 5 then sqrt(sw / (sw * swxx - swx * swx)) end as slope_standard_error
    from sums
    inner join robust
        on
            robust.indicator_id = sums.indicator_id
            and robust.breakdown = sums.breakdown
            and robust.ref_area = sums.ref_area
),

tested as (
    select
        slopes.*,
        (slope / slope_standard_error) * (slope / slope_standard_error) as chi_squared,
        coalesce((slope / slope_standard_error) * (slope / slope_standard_error) > 9.5495 and survives_leave_one_out, false) as is_significant
    from slopes
)

select
    indicator_id,
    breakdown,
    ref_area as area_code,
    dataset,
    basis,
    n_points,
    first_period,
    last_period,
    -- Sums of many threads differ in their last digits from one build to the next.
    round(slope, 9) as slope_per_year,
    round(slope_standard_error, 9) as slope_standard_error,
    round(chi_squared, 9) as chi_squared,
    case when slope is not null then survives_leave_one_out end as survives_leave_one_out,
    case
        when slope is null then 'cannot be calculated'
        when not is_significant then 'no significant change'
        when slope > 0 then 'increasing'
        else 'decreasing'
    end as trend,
    case
        when not is_significant or polarity = 'neutral' then null
        when {{ in_words('slope > 0', 'polarity') }} = 'better' then 'getting better'
        else 'getting worse'
    end as trend_judgement,
    case
        when n_points < 5
            then
                'Only ' || cast(n_points as {{ type_text() }})
                || case when n_points = 1 then ' period' else ' periods' end || ' that can be compared; five are needed'
        when n_weighted < 5 then 'There are no confidence intervals for all five periods'
        when is_significant then 'Chi-squared exceeds 9.5495 and no single period decides the direction'
        when chi_squared > 9.5495 then 'A single period decides the direction'
        else 'Chi-squared does not exceed 9.5495'
    end as reason
from tested
