-- Areas that share most members with the home area (Merseyside without Halton) are neither aggregated nor part of an aggregate, but for the
-- datasets in which one of them is declared (var lookalike_members) to stand for its five authorities: there it is part of the home area, once,
-- and none of the five is counted beside it. Returns those that are otherwise, and what was declared and is not there.
{{ config(meta={'dagster': {'ref': {'name': 'fct_observation'}}}) }}

{% set lookalikes = "('" ~ var('lookalike_areas') | join("', '") ~ "')" %}
{% set outside = "('" ~ var('outside_lookalikes') | join("', '") ~ "')" %}
with allowed as (
    select cast(null as {{ type_text() }}) as dataset, cast(null as {{ type_text() }}) as area_code where false
    {%- for dataset, area_code in var('lookalike_members').items() %}
    union all
    select '{{ dataset }}' as dataset, '{{ area_code }}' as area_code
    {%- endfor %}
),

declared as (
    select dataset, parent_code, member_code
    from {{ ref('provider_memberships') }}
    where member_code in {{ lookalikes }}
),

-- The authorities of the home area without those that no lookalike takes in (Halton).
counted_twice as (
    select members.dataset, members.member_code
    from {{ ref('provider_memberships') }} as members
    inner join declared
        on declared.dataset = members.dataset and declared.parent_code = members.parent_code
    where members.member_code not in {{ lookalikes }} and members.member_code not in {{ outside }}
)

select ref_area as area_code, 'aggregated' as found_as
from {{ ref('fct_observation') }}
where value_origin = 'aggregated' and ref_area in {{ lookalikes }}
union
select member_code as area_code, 'member of ' || parent_code as found_as
from {{ ref('bridge_area_membership') }}
where member_code in {{ lookalikes }}
union
select
    coalesce(declared.member_code, allowed.area_code) as area_code,
    coalesce('member of ' || declared.parent_code || ' in ', 'missing from ') || coalesce(declared.dataset, allowed.dataset) as found_as
from declared
full outer join allowed
    on allowed.dataset = declared.dataset and allowed.area_code = declared.member_code
where declared.member_code is null or allowed.area_code is null or declared.parent_code <> '{{ var("home_area") }}'
union
select member_code as area_code, 'beside the area that takes it in, in ' || dataset as found_as
from counted_twice
