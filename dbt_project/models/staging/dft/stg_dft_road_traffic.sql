-- Vehicle miles on the roads of each highway authority, by calendar year. Figures come in scientific notation too (6.34e+08).
-- A file without the column of codes is read by the publisher's own numbers, as far as the seed of aliases knows them.
{% set indicators = {'cars_and_taxis': 'car_and_taxi_vehicle_miles', 'all_motor_vehicles': 'all_motor_vehicle_miles'} %}

with traffic as (
    select
        traffic.*,
        coalesce({{ clean_code('traffic.local_authority_code') }}, aliases.area_code) as ref_area
    from {{ source('raw', 'dft_road_traffic__traffic') }} as traffic
    left join {{ ref('area_aliases') }} as aliases
        on aliases.scheme = 'dft' and aliases.alias = {{ clean_code('traffic.local_authority_id') }}
),

by_indicator as (
    {%- for column, indicator_id in indicators.items() %}
    select
        '{{ indicator_id }}' as indicator_id,
        ref_area,
        {{ calendar_year_period('year') }} as time_period,
        {{ try_number(column) }} as obs_value,
        {{ not_a_number(column) }} as source_flag,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from traffic
    where ref_area is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    'dft_road_traffic' as dataset,
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
    'vehicle miles' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from by_indicator
