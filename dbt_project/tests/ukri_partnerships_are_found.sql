-- A whole list of Innovate UK projects holds Knowledge Transfer Partnerships: their product type may have come to be called something else.
-- Returns the releases without any.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_ukri_innovate_uk_projects'}}}) }}

select distinct projects._release_id as release_id
from {{ source('raw', 'ukri_innovate_uk_projects__partnerships') }} as projects
inner join {{ source('raw', 'release') }} as releases
    on releases.release_id = projects._release_id and releases.kind = 'whole'
where projects._release_id not in (select release_id from {{ ref('stg_ukri_innovate_uk_projects') }})
