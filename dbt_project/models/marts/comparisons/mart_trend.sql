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

-- A row for each series, its points side by side: sums written out are the same in every build, whichever thread comes first. Days and values
-- count from the newest point, so that squares keep their digits.
points as (
    select
        indicator_id,
        breakdown,
        ref_area,
        dataset,
        basis,
        polarity,
        count(*) as n_points,
        count(case when standard_error > 0 then 1 end) as n_weighted,
        min(time_period) as first_period,
        max(time_period) as last_period
        {%- for point in range(1, 6) %},
        max(case when newest_first = {{ point }} then x end) - max(case when newest_first = 1 then x end) as x{{ point }},
        max(case when newest_first = {{ point }} then y end) - max(case when newest_first = 1 then y end) as y{{ point }},
        max(case when newest_first = {{ point }} and standard_error > 0 then 1.0 / (standard_error * standard_error) end) as w{{ point }}
        {%- endfor %}
    from latest_five
    group by indicator_id, breakdown, ref_area, dataset, basis, polarity
),

-- NULL unless all five points are there and have a weight.
slopes as (
    select
        points.*,
        {{ slope_numerator([1, 2, 3, 4, 5]) }} / {{ slope_denominator([1, 2, 3, 4, 5]) }} as slope,
        sqrt({{ weighted_sum([1, 2, 3, 4, 5]) }} / {{ slope_denominator([1, 2, 3, 4, 5]) }}) as slope_standard_error,
        {%- for kept in [[2, 3, 4, 5], [1, 3, 4, 5], [1, 2, 4, 5], [1, 2, 3, 5], [1, 2, 3, 4]] %}
        sign({{ slope_numerator(kept) }}) = sign({{ slope_numerator([1, 2, 3, 4, 5]) }}){{ ' and' if not loop.last }}
        {%- endfor %}
            as survives_leave_one_out
    from points
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
    slope as slope_per_year,
    slope_standard_error,
    chi_squared,
    survives_leave_one_out,
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
