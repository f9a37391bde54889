-- Figures that no publisher prints but that follow from two that are printed. Same columns as int_observation_corrected, the rows made
-- here only. Grain: dataset x indicator x area x period x breakdown x release.
{{ config(materialized='table') }}

with observations as (
    select *
    from {{ ref('int_observation_corrected') }}
    where area_known
),

-- Non-residential premises = all - residential, from the counts of one edition. Where a release was replaced on the day it came out, the
-- replacement is used.
premises as (
    select
        observations.*,
        case when observations.indicator_id like '%residential' then 'residential' else 'all' end as part_of_premises,
        replace(replace(observations.indicator_id, '_residential', '_non_residential'), '_all', '_non_residential') as derived_indicator_id,
        row_number() over (
            partition by
                observations.dataset,
                observations.indicator_id,
                observations.ref_area,
                observations.time_period,
                observations.breakdown,
                observations.basis,
                observations.realtime_start
            order by releases.release_order desc
        ) as newest_first
    from observations
    inner join {{ ref('int_release') }} as releases
        on releases.release_id = observations.release_id
    where
        observations.indicator_id like 'premises%_all'
        or observations.indicator_id like 'premises%_residential'
),

premises_pairs as (
    select
        dataset,
        derived_indicator_id as indicator_id,
        ref_area,
        time_period,
        breakdown,
        max(case when part_of_premises = 'all' then numerator end)
        - max(case when part_of_premises = 'residential' then numerator end) as numerator,
        max(case when part_of_premises = 'all' then denominator end)
        - max(case when part_of_premises = 'residential' then denominator end) as denominator,
        {{ winning_obs_status('obs_status') }} as obs_status,
        min(conf_status) as conf_status,
        max(unit_measure) as unit_measure,
        basis,
        max(release_id) as release_id,
        case when min(case when release_kind = 'whole' then 1 else 0 end) = 1 then 'whole' else min(nullif(release_kind, 'whole')) end as release_kind,
        realtime_start,
        max(case when part_of_premises = 'all' then source_locator else '' end)
        || ' less '
        || max(case when part_of_premises = 'residential' then source_locator else '' end) as source_locator
    from premises
    where newest_first = 1
    group by dataset, derived_indicator_id, ref_area, time_period, breakdown, basis, realtime_start
),

-- Only editions that hold both files: an edition without the residential one says nothing about the rest.
editions_with_both as (
    select dataset, derived_indicator_id as indicator_id, time_period, basis, realtime_start
    from premises
    group by dataset, derived_indicator_id, time_period, basis, realtime_start
    having count(distinct part_of_premises) = 2
),

non_residential as (
    select
        pairs.dataset,
        pairs.indicator_id,
        pairs.ref_area,
        pairs.time_period,
        pairs.breakdown,
        pairs.numerator,
        pairs.denominator,
        pairs.obs_status,
        pairs.conf_status,
        pairs.unit_measure,
        pairs.basis,
        pairs.release_id,
        pairs.release_kind,
        pairs.realtime_start,
        pairs.source_locator
    from premises_pairs as pairs
    inner join editions_with_both as editions
        on
            editions.dataset = pairs.dataset
            and editions.indicator_id = pairs.indicator_id
            and editions.time_period = pairs.time_period
            and editions.basis = pairs.basis
            and editions.realtime_start = pairs.realtime_start
),

-- The newest figure of electricity consumption for each area and period, a published one before an illustrative one.
electricity_consumption as (
    select *
    from (
        select
            observations.*,
            row_number() over (
                partition by ref_area, time_period, breakdown
                order by basis desc, realtime_start desc, release_id desc
            ) as newest_first
        from observations
        where indicator_id = 'electricity_consumption'
    ) as ranked
    where newest_first = 1
),

-- Renewable generation in % of the electricity consumed in the area; for years that both publications have reached.
renewable_share as (
    select
        generation.dataset,
        'renewable_generation_share' as indicator_id,
        generation.ref_area,
        generation.time_period,
        generation.breakdown,
        generation.obs_value as numerator,
        electricity_consumption.obs_value as denominator,
        case
            when {{ obs_status_rank('generation.obs_status') }} <= {{ obs_status_rank('electricity_consumption.obs_status') }}
            then generation.obs_status
            else electricity_consumption.obs_status
        end as obs_status,
        case when 'C' in (generation.conf_status, electricity_consumption.conf_status) then 'C' else 'F' end as conf_status,
        'percent' as unit_measure,
        case when generation.basis = electricity_consumption.basis then generation.basis else 'illustrative' end as basis,
        generation.release_id,
        case when electricity_consumption.release_kind = 'whole' then generation.release_kind else electricity_consumption.release_kind end
            as release_kind,
        generation.realtime_start,
        generation.source_locator || ' over ' || electricity_consumption.source_locator as source_locator
    from observations as generation
    inner join electricity_consumption
        on
            electricity_consumption.ref_area = generation.ref_area
            and electricity_consumption.time_period = generation.time_period
            and electricity_consumption.breakdown = generation.breakdown
    where generation.indicator_id = 'renewable_generation'
),

-- Change of the number of low-carbon enterprises from the year before, both from one release. Without the year before there is no row: a
-- change over two years is not a rate of one.
enterprise_growth as (
    select
        counted.dataset,
        'low_carbon_enterprises_growth' as indicator_id,
        counted.ref_area,
        counted.time_period,
        counted.breakdown,
        counted.obs_value - year_before.obs_value as numerator,
        year_before.obs_value as denominator,
        case
            when {{ obs_status_rank('counted.obs_status') }} <= {{ obs_status_rank('year_before.obs_status') }}
            then counted.obs_status
            else year_before.obs_status
        end as obs_status,
        case when 'C' in (counted.conf_status, year_before.conf_status) then 'C' else 'F' end as conf_status,
        'percent' as unit_measure,
        counted.basis,
        counted.release_id,
        counted.release_kind,
        counted.realtime_start,
        counted.source_locator || ' over ' || year_before.source_locator as source_locator
    from observations as counted
    inner join observations as year_before
        on
            year_before.release_id = counted.release_id
            and year_before.indicator_id = counted.indicator_id
            and year_before.ref_area = counted.ref_area
            and year_before.breakdown = counted.breakdown
            and cast(substr(year_before.time_period, 1, 4) as integer) + 1 = cast(substr(counted.time_period, 1, 4) as integer)
            and substr(year_before.time_period, 5) = substr(counted.time_period, 5)
    where counted.indicator_id = 'low_carbon_enterprises'
),

derived as (
    select * from non_residential
    union all
    select * from renewable_share
    union all
    select * from enterprise_growth
),

-- Pupils who were at the end of primary school five years before, by where they went to it: an estimate of those at the end of key stage 4,
-- for school years of which attainment at the end of it is known. Weighs averages that come without their number of pupils.
pupils_five_years_before as (
    select *
    from (
        select
            pupils.dataset,
            'pupils_end_key_stage_4' as indicator_id,
            pupils.ref_area,
            attainment.time_period,
            pupils.breakdown,
            pupils.denominator as obs_value,
            pupils.basis,
            pupils.release_id,
            pupils.release_kind,
            pupils.realtime_start,
            pupils.source_locator,
            row_number() over (
                partition by pupils.ref_area, attainment.time_period, pupils.breakdown, pupils.dataset
                order by pupils.basis desc, pupils.realtime_start desc, pupils.release_id desc
            ) as newest_first
        from observations as pupils
        inner join (select distinct ref_area, time_period from observations where indicator_id = 'attainment_8') as attainment
            on
                attainment.ref_area = pupils.ref_area
                and {{ start_year('attainment.time_period') }} = {{ start_year('pupils.time_period') }} + 5
        where pupils.dataset = 'dfe_key_stage_2' and pupils.indicator_id = 'ks2_rwm_expected' and pupils.denominator is not null
    ) as ranked
    where newest_first = 1
)

select
    dataset,
    indicator_id,
    ref_area,
    time_period,
    breakdown,
    case when denominator > 0 then 100 * numerator / denominator end as obs_value,
    numerator,
    denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    -- A part that is missing leaves nothing to derive; otherwise the weaker part decides.
    case when numerator is not null and denominator > 0 then obs_status else 'O' end as obs_status,
    conf_status,
    {{ flag_of_corrected_parts('source_locator') }} as source_flag,
    unit_measure,
    'derived' as value_origin,
    basis,
    release_id,
    release_kind,
    realtime_start,
    source_locator,
    true as area_known
from derived
union all
select
    dataset,
    indicator_id,
    ref_area,
    time_period,
    breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    'E' as obs_status,
    'F' as conf_status,
    {{ flag_of_corrected_parts('source_locator') }} as source_flag,
    'count' as unit_measure,
    'derived' as value_origin,
    basis,
    release_id,
    release_kind,
    realtime_start,
    source_locator || ', eligible pupils five years before' as source_locator,
    true as area_known
from pupils_five_years_before
