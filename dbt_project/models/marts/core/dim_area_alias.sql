-- What publishers call areas: other codes and other spellings. Grain: scheme x alias.
select
    cast(scheme as {{ type_text() }}) as scheme,
    cast(alias as {{ type_text() }}) as alias,
    cast(area_code as {{ type_text() }}) as area_code,
    cast(note as {{ type_text() }}) as note
from {{ ref('area_aliases') }}
