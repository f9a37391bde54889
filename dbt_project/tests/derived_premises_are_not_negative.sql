-- Non-residential premises are all premises less the residential: no count of them is below nought, and no part of them more than all of them. Returns the figures that are.
{{ config(tags=['reconciliation'], meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

select indicator_id, ref_area, time_period, numerator, denominator, obs_value, source_locator
from {{ ref('fct_observation') }}
where
    indicator_id like 'premises%non_residential'
    and (numerator < 0 or denominator < 0 or numerator > denominator)
