-- A percentage outside 0 to 100 was read from the wrong column or on the wrong scale. An area can generate more renewable electricity than it
-- consumes. Returns the rows outside.
{{ config(tags=['reconciliation'], meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

select indicator_id, dataset, ref_area, time_period, breakdown, obs_value, source_locator
from {{ ref('fct_observation') }}
where
    unit_measure = 'percent'
    and indicator_id <> 'renewable_generation_share'
    and indicator_id not like '%growth_rate'
    and indicator_id not like '%enterprises_growth'
    and (obs_value < 0 or obs_value > 100)
