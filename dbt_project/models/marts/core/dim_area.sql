-- Areas by GSS code, those that have been abolished included. Grain: area.
with home_members as (
    select member_code
    from {{ ref('area_memberships') }}
    where parent_code = '{{ var("home_area") }}' and valid_to is null
)

select
    cast(areas.area_code as {{ type_text() }}) as area_code,
    cast(areas.area_name as {{ type_text() }}) as area_name,
    cast(areas.area_type as {{ type_text() }}) as area_type,
    cast(areas.valid_from as date) as valid_from,
    cast(areas.valid_to as date) as valid_to,
    cast(areas.successor_code as {{ type_text() }}) as successor_code,
    areas.area_code = '{{ var("home_area") }}' as is_home_area,
    home_members.member_code is not null as is_home_member
from {{ ref('areas') }} as areas
left join home_members
    on home_members.member_code = areas.area_code
