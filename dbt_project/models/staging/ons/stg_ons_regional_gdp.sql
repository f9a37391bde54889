-- Gross domestic product of local authorities, GBP million, and the gross value added that it is made from: an earlier vintage of
-- ons_gva_by_local_authority. The latest year is marked by a note on its header cell ('2019 [note 3]', below the table 'Note 3 Provisional').
{% set tables = ['gdp_current_prices', 'gdp_chained_volume', 'gva_current_prices'] %}

with output as (
    {%- for indicator_id in tables %}
    select
        '{{ indicator_id }}' as indicator_id,
        {{ clean_code('area_code') }} as ref_area,
        {{ calendar_year_period('substr(' ~ clean_text('period_label') ~ ', 1, 4)') }} as time_period,
        {{ try_number('value') }} as obs_value,
        case
            when
                {{ not_a_number('value') }} is null
                and provisional_note <> ''
                and lower(period_label) like '%[note ' || provisional_note || ']%'
            then 'p'
            else {{ not_a_number('value') }}
        end as source_flag,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'ons_regional_gdp__' ~ indicator_id) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    'ons_regional_gdp' as dataset,
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
from output
