-- Today's local and combined authorities are those of the newest boundaries that have landed whole; silent where none have. Returns what only one of them has.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'mart_area_boundary'}}}) }}

with landed as (
    select coalesce(recodes.new_code, boundaries.area_code) as area_code, boundaries.area_type
    from {{ ref('stg_ons_boundaries') }} as boundaries
    inner join {{ ref('int_release') }} as releases
        on releases.release_id = boundaries.release_id and releases.superseded_by is null and releases.kind = 'whole'
    left join {{ ref('area_recodes') }} as recodes
        on recodes.old_code = boundaries.area_code and recodes.kind = 'recode'
),

seeded as (
    select area_code, area_type
    from {{ ref('dim_area') }}
    where valid_to is null and area_type in (select area_type from landed)
)

select
    coalesce(landed.area_code, seeded.area_code) as area_code,
    coalesce(landed.area_type, seeded.area_type) as area_type,
    case when landed.area_code is null then 'seed only' else 'boundaries only' end as found_in
from landed
full outer join seeded
    on seeded.area_code = landed.area_code
where landed.area_code is null or seeded.area_code is null
