-- Areas that share most members with the home area (Merseyside without Halton) are neither aggregated nor part of an aggregate. Returns those
-- that are.
{{ config(meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

{% set lookalikes = "('" ~ var('lookalike_areas') | join("', '") ~ "')" %}
select ref_area as area_code, 'aggregated' as found_as
from {{ ref('fct_observation') }}
where value_origin = 'aggregated' and ref_area in {{ lookalikes }}
union
select member_code as area_code, 'member of ' || parent_code as found_as
from {{ ref('bridge_area_membership') }}
where member_code in {{ lookalikes }}
