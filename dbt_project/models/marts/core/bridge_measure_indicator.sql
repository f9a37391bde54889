-- Which indicators speak to which measure, how closely, and what differs. Grain: measure x indicator x breakdown.
select
    cast(measure_id as {{ type_text() }}) as measure_id,
    cast(indicator_id as {{ type_text() }}) as indicator_id,
    coalesce(cast(breakdown as {{ type_text() }}), 'total') as breakdown,
    cast(role as {{ type_text() }}) as role,
    cast(strength as {{ type_text() }}) as strength,
    cast(what_differs as {{ type_text() }}) as what_differs,
    case geography_area when 'home' then '{{ var("home_area") }}' when 'home_region' then '{{ var("home_region") }}' end as geography_area,
    cast(sort_order as bigint) as sort_order
from {{ ref('measure_indicators') }}
