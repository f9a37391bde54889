-- What a collection authority collects is in the figures of its disposal authority. A filter on the codes of the home area's members would
-- find the collection rows of five of them: none may have become an observation. Returns those that have.
{{ config(meta={'dagster': {'ref': {'name': 'stg_defra_collected_waste'}}}) }}

select observations.ref_area, observations.time_period, observations.indicator_id
from {{ ref('stg_defra_collected_waste') }} as observations
inner join {{ source('raw', 'defra_collected_waste__authorities') }} as authorities
    on
        authorities._release_id = observations.release_id
        and {{ clean_code('authorities.ons_code') }} = observations.ref_area
        and {{ financial_year_period('authorities.financial_year') }} = observations.time_period
where {{ clean_text('authorities.authority_type') }} = 'Collection'
