-- Share of the certificates lodged in a quarter that reach a rating, of all that have a rating. Counts are carried, so that groups of authorities
-- are sums of certificates. A quarter without a certificate has no share.
{% set below = ['d', 'e', 'f', 'g'] %}
{% set shares = {
    'non_domestic_epc_a_to_b_share': ('non_domestic', ['a_plus', 'a', 'b'], ['c'] + below),
    'non_domestic_epc_a_to_c_share': ('non_domestic', ['a_plus', 'a', 'b', 'c'], below),
    'domestic_epc_a_to_c_share': ('domestic', ['a', 'b', 'c'], below),
} %}

with counted as (
    {%- for indicator_id, (table, reached, others) in shares.items() %}
    select
        '{{ indicator_id }}' as indicator_id,
        {{ clean_code('area_code') }} as ref_area,
        {{ quarter_period('quarter') }} as time_period,
        {% for rating in reached %}{{ ' + ' if not loop.first }}{{ try_number('rating_' ~ rating) }}{% endfor %} as numerator,
        {% for rating in reached + others %}{{ ' + ' if not loop.first }}{{ try_number('rating_' ~ rating) }}{% endfor %} as denominator,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'mhclg_epc_live_tables__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

shared as (
    select
        *,
        case when denominator > 0 then 100 * numerator / denominator end as obs_value
    from counted
)

select
    'mhclg_epc_live_tables' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    numerator,
    denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    case when denominator = 0 then 'M' when obs_value is null then 'O' else 'A' end as obs_status,
    'F' as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    'percent' as unit_measure,
    'derived' as value_origin,
    release_id,
    source_locator
from shared
