-- Gross value added of all industries, GBP million. Rows of single industries mix levels of the classification and are never summed, so the
-- publisher's total is the only row taken. A flag may stand beside a value ('123 [u]').
{% set sheets = {'current_prices': 'gva_current_prices', 'chained_volume': 'gva_chained_volume'} %}

with totals as (
    {%- for sheet, indicator_id in sheets.items() %}
    select
        '{{ indicator_id }}' as indicator_id,
        {{ clean_code('area_code') }} as ref_area,
        -- Year cells may carry the digit of a footnote: '20233'.
        {{ calendar_year_period('substr(' ~ clean_text('period_label') ~ ', 1, 4)') }} as time_period,
        {{ try_number(replace_all('value', '[[][a-zA-Z0-9 ]*[]]', ' ')) }} as obs_value,
        {{ not_a_number('value') }} as source_flag,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'ons_gva_by_local_authority__' ~ sheet) }}
    where lower({{ clean_text('sic07_code') }}) = 'total'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    'ons_gva_by_local_authority' as dataset,
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
    'GBP million' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from totals
