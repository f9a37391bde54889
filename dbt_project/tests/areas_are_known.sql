-- Areas of the releases that the seed of areas does not know: their rows wait in int_area_unmatched. Returns the areas.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_area_unmatched'}}}) }}

select dataset, ref_area, observations, first_seen_at
from {{ ref('int_area_unmatched') }}
