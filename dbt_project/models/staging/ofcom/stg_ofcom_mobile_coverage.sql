-- Area with mobile coverage from at least one operator, %: 100 less the share that none covers. An empty cell is nought, once the shares by number of
-- operators of that row add up to 100; a row whose shares do not says nothing. 5G is that of high confidence. The edition is the month in the file's name.

with shares as (
    {%- for generation in ['4g', '5g'] %}
    select
        'mobile_{{ generation }}_coverage' as indicator_id,
        {{ clean_code('laua') }} as ref_area,
        substr(_member, 1, 4) || '-' || substr(_member, 5, 2) || '-01' as time_period,
        coalesce({{ try_number('area_' ~ generation ~ '_0') }}, 0) as uncovered,
        {% for operators in range(5) -%}
        coalesce({{ try_number('area_' ~ generation ~ '_' ~ operators) }}, 0){{ ' + ' if not loop.last }}
        {%- endfor %} as all_shares,
        _release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'ofcom_mobile_coverage__coverage') }}
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}
),

covered as (
    select
        *,
        -- Shares are rounded to two decimals each.
        case when all_shares between 99.9 and 100.1 then 100 - uncovered end as obs_value
    from shares
)

select
    'ofcom_mobile_coverage' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('null', 'obs_value') }} as obs_status,
    'F' as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    'percent' as unit_measure,
    'derived' as value_origin,
    _release_id as release_id,
    source_locator
from covered
