-- Final energy consumption, all fuels (ktoe), and the electricity in it (MWh). Sheets are in ktoe, in older editions in GWh: the unit that
-- the sheet states decides, and a unit that is not known here gives no figure.
-- 1 ktoe = 11,630 MWh (11.63 GWh), by definition.

with consumption as (
    select
        *,
        case
            when lower(unit) in ('ktoe', 'thousand tonnes of oil equivalent') then cast(11630 as double)
            when lower(unit) like 'g%w%h%' then cast(1000 as double)
        end as mwh_in_unit
    from {{ source('raw', 'desnz_final_energy_consumption__consumption') }}
),

by_indicator as (
    select
        'electricity_consumption' as indicator_id,
        {{ try_number('electricity_total') }} * mwh_in_unit as obs_value,
        case when {{ try_number('electricity_total') }} is null then {{ clean_text('electricity_total') }} end as source_flag,
        'MWh' as unit_measure,
        'derived' as value_origin,
        area_code,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from consumption

    union all

    select
        'final_energy_consumption' as indicator_id,
        -- Not by way of MWh where the sheet is in ktoe: the published figure stays what it is.
        {{ try_number('all_fuels_total') }} * case when mwh_in_unit = 11630.0 then 1 else mwh_in_unit / 11630.0 end as obs_value,
        case when {{ try_number('all_fuels_total') }} is null then {{ clean_text('all_fuels_total') }} end as source_flag,
        'ktoe' as unit_measure,
        case when mwh_in_unit = 1000.0 then 'derived' else 'published' end as value_origin,
        area_code,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from consumption
)

select
    'desnz_final_energy_consumption' as dataset,
    indicator_id,
    {{ clean_code('area_code') }} as ref_area,
    {{ calendar_year_period('_member') }} as time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('source_flag', 'obs_value') }} as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    unit_measure,
    value_origin,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from by_indicator
