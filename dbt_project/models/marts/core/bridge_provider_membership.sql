-- Which areas a dataset goes by make up a combined authority, where they are not its member authorities. Grain: dataset x parent x member.
select
    cast(dataset as {{ type_text() }}) as dataset,
    cast(parent_code as {{ type_text() }}) as parent_code,
    cast(member_code as {{ type_text() }}) as member_code,
    cast(note as {{ type_text() }}) as note
from {{ ref('provider_memberships') }}
