-- Measures of each framework, those without a source included. Grain: measure.
select
    cast(measure_id as {{ type_text() }}) as measure_id,
    cast(framework_id as {{ type_text() }}) as framework_id,
    cast(outcome_id as {{ type_text() }}) as outcome_id,
    cast(measure_name as {{ type_text() }}) as measure_name,
    cast(measure_class as {{ type_text() }}) as measure_class,
    cast(strength as {{ type_text() }}) as strength,
    cast(geography_level as {{ type_text() }}) as geography_level,
    cast(publisher as {{ type_text() }}) as publisher,
    cast(dataset_hint as {{ type_text() }}) as dataset_hint,
    cast(ended as boolean) as ended,
    cast(caveat as {{ type_text() }}) as caveat,
    cast(sort_order as bigint) as sort_order
from {{ ref('measures') }}
