-- How the combined authorities spread around their median: median and 1.4826 x median absolute deviation, which is the standard deviation where
-- figures are normal and does not move with one outlier. Of fewer than three authorities nothing is said but their number, of fewer than five no
-- spread. Figures that grow with the size of an area are left out.
-- Grain: indicator x breakdown x period x dataset x basis.
with figures as (
    select comparable.*
    from {{ ref('int_observation_comparable') }} as comparable
    inner join {{ ref('dim_area') }} as areas
        on
            areas.area_code = comparable.ref_area
            and areas.area_type = 'combined_authority'
            and areas.valid_to is null
    where not comparable.grows_with_size
),

centres as (
    select
        indicator_id,
        breakdown,
        time_period,
        dataset,
        basis,
        count(*) as ca_count,
        median(obs_value) as ca_median,
        min(obs_value) as ca_min,
        max(obs_value) as ca_max
    from figures
    group by indicator_id, breakdown, time_period, dataset, basis
)

select
    centres.indicator_id,
    centres.breakdown,
    centres.time_period,
    centres.dataset,
    centres.basis,
    centres.ca_count,
    case when centres.ca_count >= 3 then centres.ca_median end as ca_median,
    case when centres.ca_count >= 3 then centres.ca_min end as ca_min,
    case when centres.ca_count >= 3 then centres.ca_max end as ca_max,
    case when centres.ca_count >= 5 then 1.4826 * median(abs(figures.obs_value - centres.ca_median)) end as ca_spread
from centres
inner join figures
    on
        figures.indicator_id = centres.indicator_id
        and figures.breakdown = centres.breakdown
        and figures.time_period = centres.time_period
        and figures.dataset = centres.dataset
        and figures.basis = centres.basis
group by
    centres.indicator_id,
    centres.breakdown,
    centres.time_period,
    centres.dataset,
    centres.basis,
    centres.ca_count,
    centres.ca_median,
    centres.ca_min,
    centres.ca_max
