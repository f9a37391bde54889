-- Observations under today's area codes, with what their release says of them. Nothing is dropped: rows of areas that the
-- seed of areas does not know carry area_known = false (see int_area_unmatched) and go no further.
-- Grain: dataset x indicator x area x period x breakdown x release.
{{ config(materialized='table') }}

with observations as (
    select
        dataset,
        indicator_id,
        ref_area,
        time_period,
        coalesce(breakdown, 'total') as breakdown,
        obs_value,
        numerator,
        denominator,
        lower_ci,
        upper_ci,
        obs_status,
        coalesce(nullif(conf_status, ''), 'F') as conf_status,
        nullif(source_flag, '') as source_flag,
        unit_measure,
        value_origin,
        release_id,
        source_locator
    from {{ ref('int_observation_unioned') }}
),

-- A code that was only renumbered is the same place; a boundary change is not, and keeps its old code.
recodes as (
    select old_code, new_code
    from {{ ref('area_recodes') }}
    where kind = 'recode'
),

under_new_code as (
    select distinct release_id, indicator_id, ref_area, time_period, breakdown
    from observations
    where ref_area in (select new_code from recodes)
),

-- Where a release gives an observation under the new code as well, the row under the old code stays there.
recoded as (
    select
        observations.*,
        case when under_new_code.ref_area is null then coalesce(recodes.new_code, observations.ref_area) else observations.ref_area end as area_code
    from observations
    left join recodes
        on recodes.old_code = observations.ref_area
    left join under_new_code
        on
            under_new_code.release_id = observations.release_id
            and under_new_code.indicator_id = observations.indicator_id
            and under_new_code.ref_area = recodes.new_code
            and under_new_code.time_period = observations.time_period
            and under_new_code.breakdown = observations.breakdown
)

select
    recoded.dataset,
    recoded.indicator_id,
    recoded.area_code as ref_area,
    recoded.time_period,
    recoded.breakdown,
    recoded.obs_value,
    recoded.numerator,
    recoded.denominator,
    recoded.lower_ci,
    recoded.upper_ci,
    recoded.obs_status,
    recoded.conf_status,
    recoded.source_flag,
    recoded.unit_measure,
    recoded.value_origin,
    releases.basis,
    recoded.release_id,
    releases.kind as release_kind,
    releases.known_from as realtime_start,
    recoded.source_locator,
    areas.area_code is not null as area_known
from recoded
left join {{ ref('areas') }} as areas
    on areas.area_code = recoded.area_code
left join {{ ref('int_release') }} as releases
    on releases.release_id = recoded.release_id
