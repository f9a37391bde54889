-- Staging reads an indicator in the unit that the framework declares for it. Returns indicators with another unit.
{{ config(meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

select facts.dataset, facts.indicator_id, facts.unit_measure, indicators.unit_measure as declared_unit, count(*) as observations
from {{ ref('fct_observation') }} as facts
inner join {{ ref('dim_indicator') }} as indicators
    on indicators.indicator_id = facts.indicator_id
where facts.unit_measure <> indicators.unit_measure
group by facts.dataset, facts.indicator_id, facts.unit_measure, indicators.unit_measure
