-- Themes of each framework. Grain: framework x theme.
select
    cast(framework_id as {{ type_text() }}) as framework_id,
    cast(theme_id as {{ type_text() }}) as theme_id,
    cast(theme_name as {{ type_text() }}) as theme_name,
    cast(sort_order as bigint) as sort_order
from {{ ref('themes') }}
