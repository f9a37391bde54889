-- Households helped since January 2013 cannot become fewer: a later release that gives an area clearly less counts something else under the same
-- name (a month, a year, or homes in place of households). Corrections are small. Returns such areas.
{{ config(meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

select later.ref_area, earlier.time_period as earlier_period, earlier.obs_value as earlier_value, later.time_period, later.obs_value
from {{ ref('fct_observation') }} as later
inner join {{ ref('fct_observation') }} as earlier
    on
        earlier.indicator_id = later.indicator_id
        and earlier.ref_area = later.ref_area
        and earlier.basis = later.basis
        and earlier.period_end < later.period_end
where
    later.indicator_id = 'households_eco_measures'
    and later.obs_value < 0.95 * earlier.obs_value
