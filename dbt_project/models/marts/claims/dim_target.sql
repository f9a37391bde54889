-- What the frameworks aim at, as stated; two that contradict each other are both there. Grain: target.
select
    cast(targets.target_id as {{ type_text() }}) as target_id,
    cast(documents.framework_id as {{ type_text() }}) as framework_id,
    cast(targets.outcome_id as {{ type_text() }}) as outcome_id,
    cast(targets.measure_id as {{ type_text() }}) as measure_id,
    cast(targets.indicator_id as {{ type_text() }}) as indicator_id,
    cast(targets.statement as {{ type_text() }}) as statement,
    cast(targets.direction as {{ type_text() }}) as direction,
    cast(targets.target_value as double) as target_value,
    cast(targets.unit as {{ type_text() }}) as unit,
    cast(targets.target_year as bigint) as target_year,
    cast(targets.comparator_area as {{ type_text() }}) as comparator_area,
    cast(documents.document_title as {{ type_text() }}) as document,
    cast(targets.ref as {{ type_text() }}) as ref,
    cast(targets.note as {{ type_text() }}) as note
from {{ ref('targets') }} as targets
inner join {{ ref('documents') }} as documents
    on documents.document_id = targets.document_id
where documents.area_code = '{{ var("home_area") }}'
