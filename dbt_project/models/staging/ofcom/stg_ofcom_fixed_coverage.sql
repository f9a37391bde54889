-- Premises that can receive broadband of a given speed, % of all premises (not of matched premises), from Ofcom's counts: its own
-- percentages are rounded to one decimal, and the superfast one meant 30 to 300 Mbit/s in 2019. All premises and residential premises;
-- the rest is derived from both later. The edition is the month in the file's name.

{% set speeds = [
    ('superfast', 'premises_sfbb'), ('ultrafast', 'premises_ufbb'), ('full_fibre', 'premises_full_fibre'), ('gigabit', 'premises_gigabit')
] %}

with files as (
    select
        _release_id,
        _member,
        {%- for speed, column in speeds %}
        max(coalesce({{ clean_text(column) }}, '')) <> '' as has_{{ speed }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source('raw', 'ofcom_fixed_coverage__premises') }}
    group by _release_id, _member
),

premises as (
    {%- for speed, column in speeds %}
    select
        'premises_{{ speed }}_'
        || case when lower(premises._member) like '%_laua_res_%' then 'residential' else 'all' end as indicator_id,
        {{ clean_code('premises.laua') }} as ref_area,
        substr(premises._member, 1, 4) || '-' || substr(premises._member, 5, 2) || '-01' as time_period,
        {{ try_number('premises.' ~ column) }} as numerator,
        {{ try_number('premises.all_premises') }} as denominator,
        case when {{ try_number('premises.' ~ column) }} is null then {{ clean_text('premises.' ~ column) }} end as source_flag,
        premises._release_id,
        {{ source_locator('premises') }} as source_locator
    from {{ source('raw', 'ofcom_fixed_coverage__premises') }} as premises
    inner join files
        on
            files._release_id = premises._release_id
            and files._member = premises._member
    -- An edition without the column (gigabit in 2019) says nothing; an empty cell in it is a missing figure.
    where files.has_{{ speed }}
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}
),

shares as (
    select
        *,
        case when denominator > 0 then 100 * numerator / denominator end as obs_value
    from premises
)

select
    'ofcom_fixed_coverage' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    numerator,
    denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('source_flag', 'obs_value') }} as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    'percent' as unit_measure,
    'derived' as value_origin,
    _release_id as release_id,
    source_locator
from shares

union all

-- All premises of an area: what the whole percentages of take-up are weighted by.
select
    'ofcom_fixed_coverage' as dataset,
    'broadband_premises' as indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    denominator as obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    case when denominator is null then 'O' else 'A' end as obs_status,
    'F' as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    'count' as unit_measure,
    'published' as value_origin,
    _release_id as release_id,
    source_locator
from premises
where indicator_id = 'premises_superfast_all'
