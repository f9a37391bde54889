-- Which areas make up which. Grain: parent x member.
select
    cast(parent_code as {{ type_text() }}) as parent_code,
    cast(member_code as {{ type_text() }}) as member_code,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from {{ ref('area_memberships') }}
