-- Outcomes of each framework. Grain: framework x outcome.
select
    cast(framework_id as {{ type_text() }}) as framework_id,
    cast(outcome_id as {{ type_text() }}) as outcome_id,
    cast(theme_id as {{ type_text() }}) as theme_id,
    cast(outcome_name as {{ type_text() }}) as outcome_name,
    cast(description as {{ type_text() }}) as description,
    cast(qualitative as boolean) as qualitative
from {{ ref('outcomes') }}
