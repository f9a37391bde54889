-- Observations as their publishers print them, but for the known errors that the seed corrections patches: there the figure is replaced, or withheld.
-- Every release that prints the error is corrected, and no release that prints something else: once the publisher has mended it, nothing is done here
-- (see mart_corrections). A corrected row says so in source_flag and, with the correction, in source_locator. Same columns and grain as
-- int_observation_conformed. Nothing before this is corrected; everything that is aggregated or derived is made from this.
with observations as (
    select * from {{ ref('int_observation_conformed') }}
),

-- Invented figures have no publisher to correct.
patched as (
    select
        observations.release_id,
        observations.indicator_id,
        observations.ref_area,
        observations.time_period,
        observations.breakdown,
        corrections.correction_id,
        corrections.field,
        corrections.reason,
        {{ try_number('corrections.corrected') }} as corrected
    from observations
    inner join {{ ref('corrections') }} as corrections
        on
            corrections.dataset = observations.dataset
            and corrections.indicator_id = observations.indicator_id
            and corrections.ref_area = observations.ref_area
            and corrections.time_period = observations.time_period
            and corrections.breakdown = observations.breakdown
    where
        observations.basis = 'published'
        and {{ field_of('corrections', 'observations') }} = {{ try_number('corrections.published') }}
),

-- A row may be wrong in several fields.
by_row as (
    select
        release_id,
        indicator_id,
        ref_area,
        time_period,
        breakdown,
        {%- for field in correctable_fields() %}
        max(case when field = '{{ field }}' then 1 else 0 end) as corrects_{{ field }},
        max(case when field = '{{ field }}' then corrected end) as {{ field }},
        {%- endfor %}
        {{ dbt.listagg('correction_id', "', '", 'order by correction_id') }} as correction_ids,
        {{ dbt.listagg('reason', "'; '", 'order by correction_id') }} as reasons
    from patched
    group by release_id, indicator_id, ref_area, time_period, breakdown
)

select
    observations.dataset,
    observations.indicator_id,
    observations.ref_area,
    observations.time_period,
    observations.breakdown,
    {%- for field in ['obs_value', 'numerator', 'denominator', 'lower_ci', 'upper_ci'] %}
    case when by_row.corrects_{{ field }} = 1 then by_row.{{ field }} else observations.{{ field }} end as {{ field }},
    {%- endfor %}
    -- A value that is withheld is missing.
    case when by_row.corrects_obs_value = 1 and by_row.obs_value is null then 'O' else observations.obs_status end as obs_status,
    observations.conf_status,
    case
        when by_row.correction_ids is null then observations.source_flag
        else coalesce(observations.source_flag || '; ', '') || 'corrected: ' || by_row.reasons
    end as source_flag,
    observations.unit_measure,
    observations.value_origin,
    observations.basis,
    observations.release_id,
    observations.release_kind,
    observations.realtime_start,
    observations.source_locator || coalesce(', correction ' || by_row.correction_ids, '') as source_locator,
    observations.area_known
from observations
left join by_row
    on
        by_row.release_id = observations.release_id
        and by_row.indicator_id = observations.indicator_id
        and by_row.ref_area = observations.ref_area
        and by_row.time_period = observations.time_period
        and by_row.breakdown = observations.breakdown
