-- Every station of England in the newest release has a local authority (seed stations), and every station of the home area in the seed is in
-- that release. A warning: a station that opened since has to be added to the seed, one that closed may stay. Returns the stations.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_orr_station_usage'}}}) }}

with usage as (
    select {{ clean_code('nlc') }} as nlc, station_name, region, _release_id from {{ source('raw', 'orr_station_usage__stations_by_year') }}
    union
    select {{ clean_code('nlc') }} as nlc, station_name, region, _release_id from {{ source('raw', 'orr_station_usage__stations') }}
),

newest as (
    select usage.nlc, usage.station_name, usage.region
    from usage
    inner join {{ ref('dim_release') }} as releases
        on releases.release_id = usage._release_id and releases.superseded_by is null
)

select newest.nlc, newest.station_name, 'in no authority' as problem
from newest
left join {{ ref('stations') }} as placed
    on placed.nlc = newest.nlc
where placed.nlc is null and newest.region not in ('Scotland', 'Wales')
union all
select placed.nlc, placed.station_name, 'not in the release' as problem
from {{ ref('stations') }} as placed
inner join {{ ref('area_memberships') }} as members
    on members.member_code = placed.area_code and members.parent_code = '{{ var("home_area") }}'
left join newest
    on newest.nlc = placed.nlc
where newest.nlc is null and exists (select 1 from newest)
