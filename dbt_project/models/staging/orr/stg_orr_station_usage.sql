-- Entries and exits at mainline stations, and the number of stations, summed over each local authority by the stations' codes (seed
-- stations). Each station counts once. A station that was not open in the year (':', '[z]') counts for nothing; any other text in place of
-- a number leaves the authority without a sum. Stations that the seed does not know (Wales, Scotland, opened since) belong to no authority
-- here: test stations_are_placed names them.
{{ config(materialized='table') }}

with usage as (
    select
        {{ clean_code('nlc') }} as nlc,
        {{ financial_year_period("substr(period_label, 1, 7)") }} as time_period,
        {{ clean_text('value') }} as value,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from {{ source('raw', 'orr_station_usage__stations_by_year') }}

    union all

    select
        {{ clean_code('nlc') }} as nlc,
        -- April 2024 to March 2025
        {{ financial_year_period("substr(period_label, 7, 4) || '-' || substr(period_label, length(period_label) - 1, 2)") }} as time_period,
        {{ clean_text('value') }} as value,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from {{ source('raw', 'orr_station_usage__stations') }}
),

stations as (
    select
        placed.area_code as ref_area,
        usage.time_period,
        usage.nlc,
        {{ try_number('usage.value') }} as entries_exits,
        {{ not_a_number('usage.value') }} as marker,
        usage._release_id,
        usage._file_sha256,
        usage._member,
        cast(usage._row_number as integer) as row_number_in_file
    from usage
    inner join {{ ref('stations') }} as placed
        on placed.nlc = usage.nlc
    where usage.value is null or usage.value not in (':', '[z]')
),

by_authority as (
    select
        ref_area,
        time_period,
        case when count(*) = count(entries_exits) then sum(entries_exits) end as entries_exits,
        cast(count(distinct nlc) as double) as stations,
        min(marker) as source_flag,
        _release_id as release_id,
        substr(_file_sha256, 1, 12) || '/' || _member
        || '!row ' || cast(min(row_number_in_file) as {{ type_text() }}) || '-' || cast(max(row_number_in_file) as {{ type_text() }}) as source_locator
    from stations
    group by ref_area, time_period, _release_id, _file_sha256, _member
),

by_indicator as (
    select 'rail_station_entries_exits' as indicator_id, entries_exits as obs_value, source_flag, by_authority.ref_area, time_period, release_id, source_locator
    from by_authority
    union all
    select 'rail_stations' as indicator_id, stations as obs_value, cast(null as {{ type_text() }}) as source_flag, ref_area, time_period, release_id, source_locator
    from by_authority
)

select
    'orr_station_usage' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('source_flag', 'obs_value') }} as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    'count' as unit_measure,
    'derived' as value_origin,
    release_id,
    source_locator
from by_indicator
