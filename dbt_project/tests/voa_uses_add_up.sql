-- Floorspace of the four uses is that of all, but for the rounding of each of the five figures. Returns the areas and days where it is not.
{{ config(severity='warn', tags=['reconciliation'], meta={'dagster': {'ref': {'name': 'stg_voa_business_floorspace'}}}) }}

select
    ref_area,
    time_period,
    release_id,
    sum(case when breakdown = 'total' then obs_value end) as of_all_uses,
    sum(case when breakdown <> 'total' then obs_value end) as by_use
from {{ ref('stg_voa_business_floorspace') }}
where indicator_id = 'business_floorspace'
group by ref_area, time_period, release_id
having
    count(obs_value) = 5
    and abs(sum(case when breakdown = 'total' then obs_value else -obs_value end)) > 2.5
