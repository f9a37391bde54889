-- No indicator reaches the mart without a declared way, or ban, of aggregating it over areas. Returns those that do.
{{ config(meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

select facts.indicator_id, indicators.aggregation_rule, count(*) as observations
from {{ ref('fct_observation') }} as facts
left join {{ ref('indicators') }} as indicators
    on indicators.indicator_id = facts.indicator_id
where
    indicators.aggregation_rule is null
    or indicators.aggregation_rule not in ('published', 'ratio', 'sum', 'weighted', 'none')
group by facts.indicator_id, indicators.aggregation_rule
