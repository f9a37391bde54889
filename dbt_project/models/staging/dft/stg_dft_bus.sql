-- Bus passenger journeys of each transport authority, millions, by financial year. Two labels mean the same year: '2009/10', and in later
-- editions '2010', the March in which it ends. England has [z] for a code.
-- The column Revised says of each row which years are revised [r] and which provisional [p], as years and ranges of years:
-- '[r] 2017/18 - 2018/19, 2020/21, [p] 2018/19 - 2021/22'. It is read for each year; [r] stays a flag, [p] is a status too.

with journeys as (
    select
        case when {{ clean_text('area_code') }} = '[z]' then '{{ var("home_country") }}' else {{ clean_code('area_code') }} end as ref_area,
        coalesce(
            {{ financial_year_period('period_label') }},
            case
                when {{ matches(clean_text('period_label'), '^20[0-9]{2}$') }}
                    then cast(cast({{ clean_text('period_label') }} as integer) - 1 as {{ type_text() }}) || '-04-01/P1Y'
            end
        ) as time_period,
        -- Millions are what the sheet has to say for itself; in another unit nothing is read.
        case when lower(unit) = 'millions' then {{ try_number('value') }} end as obs_value,
        {{ not_a_number('value') }} as marker,
        {{ clean_text('revised') }} as revised,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'dft_bus__journeys') }}
),

years as (
    select
        *,
        {{ dft_years_of('revised', 'r') }} as revised_years,
        {{ dft_years_of('revised', 'p') }} as provisional_years
    from journeys
),

flagged as (
    select
        *,
        nullif(trim(
            coalesce(marker, '')
            || case when marker is null and ({{ dft_year_is_flagged('time_period', 'revised_years') }}) then ' [r]' else '' end
            || case when marker is null and ({{ dft_year_is_flagged('time_period', 'provisional_years') }}) then ' [p]' else '' end
        ), '') as source_flag
    from years
)

select
    'dft_bus' as dataset,
    'bus_passenger_journeys' as indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    case when obs_value is null and marker is null then 'O' else {{ obs_status('source_flag', 'obs_value') }} end as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    'million journeys' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from flagged
