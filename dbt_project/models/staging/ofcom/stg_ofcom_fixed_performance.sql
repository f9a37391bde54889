-- Take-up of fast broadband: lines in use of 30 Mbit/s (superfast) and 300 Mbit/s (ultrafast) or more, % of all lines in use. All lines are the six bands
-- added up; where the bands from 30 Mbit/s do not add up to the count that is printed for them, the columns do not mean what they say: no figure.
-- The edition is the month in the file's name.

{% set bands = ['lines_0_2', 'lines_2_5', 'lines_5_10', 'lines_10_30', 'lines_30_300', 'lines_300_plus'] %}

with lines as (
    select
        {{ clean_code('laua') }} as ref_area,
        substr(_member, 1, 4) || '-' || substr(_member, 5, 2) || '-01' as time_period,
        {{ try_number('lines_30_plus') }} as superfast,
        {{ try_number('lines_300_plus') }} as ultrafast,
        {{ try_number('lines_30_300') }} + {{ try_number('lines_300_plus') }} as from_30_by_band,
        {% for band in bands -%}
        {{ try_number(band) }}{{ ' + ' if not loop.last }}
        {%- endfor %} as all_lines,
        _release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'ofcom_fixed_performance__lines') }}
),

shares as (
    {%- for speed in ['superfast', 'ultrafast'] %}
    select
        '{{ speed }}_take_up' as indicator_id,
        ref_area,
        time_period,
        case when from_30_by_band = superfast then {{ speed }} end as numerator,
        case when from_30_by_band = superfast and all_lines > 0 then all_lines end as denominator,
        _release_id,
        source_locator
    from lines
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}
),

percentages as (
    select
        *,
        100 * numerator / denominator as obs_value
    from shares
)

select
    'ofcom_fixed_performance' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    numerator,
    denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('null', 'obs_value') }} as obs_status,
    'F' as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    'percent' as unit_measure,
    'derived' as value_origin,
    _release_id as release_id,
    source_locator
from percentages
