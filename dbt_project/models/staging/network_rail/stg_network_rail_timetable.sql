-- Direct trains from Liverpool's two main-line stations to core cities on a typical Wednesday, and their scheduled minutes, as counted by the stated
-- rule while the timetable was read (see the dataset's description). The city is the breakdown; the total is trains to any core city, each once,
-- London not among them. A city without a direct train has 0 trains and no minutes; one whose stations the feed does not all know has no figure.

with counted as (
    select
        {{ clean_text('city') }} as city,
        {{ clean_text('day') }} as time_period,
        {{ try_number('stations_found') }} = {{ try_number('stations_expected') }} as is_complete,
        {{ try_number('trains') }} as trains,
        {{ try_number('fastest_minutes') }} as fastest_minutes,
        {{ try_number('median_minutes') }} as median_minutes,
        _release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'network_rail_timetable__direct_trains') }}
),

figures as (
    {%- for indicator_id, column, unit in [
        ('rail_direct_trains_per_weekday', 'trains', 'count'),
        ('rail_fastest_minutes', 'fastest_minutes', 'minutes'),
        ('rail_median_minutes', 'median_minutes', 'minutes'),
    ] %}
    select
        '{{ indicator_id }}' as indicator_id,
        case when city = 'any core city' then 'total' else 'city=' || city end as breakdown,
        time_period,
        case when is_complete then {{ column }} end as obs_value,
        '{{ unit }}' as unit_measure,
        _release_id,
        source_locator
    from counted
    {%- if column != 'trains' %}
    where city <> 'any core city'
    {%- endif %}
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}
)

select
    'network_rail_timetable' as dataset,
    indicator_id,
    (select max(area_code) from {{ ref('rail_stations') }} where role = 'home') as ref_area,
    time_period,
    breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('null', 'obs_value') }} as obs_status,
    'F' as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    unit_measure,
    'derived' as value_origin,
    _release_id as release_id,
    source_locator
from figures
