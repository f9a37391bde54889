-- The seed of memberships says the same as the newest lookup that has landed; silent where none has. Returns what only one of them says.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'bridge_area_membership'}}}) }}

with landed as (
    select {{ clean_code('lookup.cauth_code') }} as parent_code, {{ clean_code('lookup.lad_code') }} as member_code
    from {{ source('raw', 'ons_lad_cauth_lookup__lookup') }} as lookup
    inner join {{ ref('dim_release') }} as releases
        on releases.release_id = lookup._release_id and releases.superseded_by is null
),

seeded as (
    select parent_code, member_code
    from {{ ref('bridge_area_membership') }}
    where
        valid_to is null
        and parent_code in (select area_code from {{ ref('dim_area') }} where area_type = 'combined_authority')
)

select
    coalesce(landed.parent_code, seeded.parent_code) as parent_code,
    coalesce(landed.member_code, seeded.member_code) as member_code,
    case when landed.member_code is null then 'seed only' else 'lookup only' end as found_in
from landed
full outer join seeded
    on seeded.parent_code = landed.parent_code and seeded.member_code = landed.member_code
where
    (landed.member_code is null or seeded.member_code is null)
    and exists (select 1 from landed)
    -- An excerpt of the lookup says nothing about the combined authorities it leaves out.
    and coalesce(landed.parent_code, seeded.parent_code) in (select parent_code from landed)
