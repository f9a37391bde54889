-- The periods that observations are about, taken apart. Grain: period.
with periods as (
    select distinct time_period
    from {{ ref('int_observation_conformed') }}
    where area_known
)

select
    time_period,
    {{ period_start('time_period') }} as period_start,
    {{ period_end('time_period') }} as period_end,
    {{ period_freq('time_period') }} as freq
from periods
