-- Areas in the releases that the seed of areas does not know, with how much is set aside for it. Grain: dataset x area.
select
    dataset,
    ref_area,
    count(*) as observations,
    min(source_locator) as first_seen_at
from {{ ref('int_observation_conformed') }}
where not area_known
group by dataset, ref_area
