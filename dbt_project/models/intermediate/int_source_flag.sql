-- The flags that publishers put on observations in these releases, with the SDMX status that the shorthand stands for and the statuses that
-- the staging models gave. They differ where a publisher uses the letter its own way. Grain: dataset x flag x status given.
select
    dataset,
    source_flag,
    {{ obs_status('source_flag') }} as shorthand_obs_status,
    {{ conf_status('source_flag') }} as shorthand_conf_status,
    obs_status,
    conf_status,
    count(*) as observations
from {{ ref('int_observation_conformed') }}
where source_flag is not null
group by dataset, source_flag, obs_status, conf_status
