-- Take-up of full fibre, whole percentages as published; without counts. The edition is the month in the file's name.

with take_up as (
    {%- for indicator_id, column in [
        ('full_fibre_take_up_coverage', 'take_up_of_coverage'), ('full_fibre_take_up_premises', 'take_up_of_premises')
    ] %}
    select
        '{{ indicator_id }}' as indicator_id,
        {{ clean_code('laua') }} as ref_area,
        substr(_member, 1, 4) || '-' || substr(_member, 5, 2) || '-01' as time_period,
        {{ try_number(column) }} as obs_value,
        case when {{ try_number(column) }} is null then {{ clean_text(column) }} end as source_flag,
        _release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'ofcom_full_fibre_take_up__take_up') }}
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}
)

select
    'ofcom_full_fibre_take_up' as dataset,
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
    'percent' as unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    source_locator
from take_up
