-- Indicators: what is counted, in which unit, and how it may be aggregated. Grain: indicator.
with first_dataset as (
    select indicator_id, min(dataset) as primary_dataset
    from (
        select indicator_id, dataset, rank() over (partition by indicator_id order by priority) as place
        from {{ ref('indicator_sources') }}
        where role <> 'cross_check'
    ) as ranked
    where place = 1
    group by indicator_id
)

select
    cast(indicators.indicator_id as {{ type_text() }}) as indicator_id,
    cast(indicators.indicator_name as {{ type_text() }}) as indicator_name,
    cast(indicators.definition as {{ type_text() }}) as definition,
    cast(indicators.unit_measure as {{ type_text() }}) as unit_measure,
    cast(indicators.decimals as bigint) as decimals,
    cast(indicators.polarity as {{ type_text() }}) as polarity,
    cast(indicators.aggregation_rule as {{ type_text() }}) as aggregation_rule,
    coalesce(indicators.aggregation_rule = 'sum', false) as is_additive,
    cast(indicators.ratio_multiplier as double) as ratio_multiplier,
    cast(indicators.weight_indicator_id as {{ type_text() }}) as weight_indicator_id,
    cast(indicators.price_basis as {{ type_text() }}) as price_basis,
    cast(indicators.area_basis as {{ type_text() }}) as area_basis,
    cast(indicators.cadence as {{ type_text() }}) as cadence,
    cast(indicators.comparability_break as {{ type_text() }}) as comparability_break,
    cast(indicators.caveat as {{ type_text() }}) as caveat,
    cast(first_dataset.primary_dataset as {{ type_text() }}) as primary_dataset
from {{ ref('indicators') }} as indicators
left join first_dataset
    on first_dataset.indicator_id = indicators.indicator_id
