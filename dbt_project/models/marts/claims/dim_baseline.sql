-- Where the frameworks say that a measure started: their own published figures, as stated. Grain: measure x claim.
select
    cast(baselines.baseline_id as {{ type_text() }}) as baseline_id,
    cast(documents.framework_id as {{ type_text() }}) as framework_id,
    cast(baselines.measure_id as {{ type_text() }}) as measure_id,
    cast(claims.claim_id as {{ type_text() }}) as claim_id,
    cast(claims.indicator_id as {{ type_text() }}) as indicator_id,
    cast(claims.area_code as {{ type_text() }}) as area_code,
    cast(claims.time_period as {{ type_text() }}) as time_period,
    cast(claims.statement as {{ type_text() }}) as statement,
    cast(claims.comparison as {{ type_text() }}) as comparison,
    cast(claims.figure as double) as baseline_value,
    cast(claims.unit as {{ type_text() }}) as unit,
    cast(documents.document_title as {{ type_text() }}) as document,
    cast(claims.ref as {{ type_text() }}) as ref,
    cast(baselines.what_differs as {{ type_text() }}) as what_differs,
    cast(claims.note as {{ type_text() }}) as note
from {{ ref('baselines') }} as baselines
inner join {{ ref('claims') }} as claims
    on claims.claim_id = baselines.claim_id
inner join {{ ref('documents') }} as documents
    on documents.document_id = claims.document_id
where documents.area_code = '{{ var("home_area") }}'
