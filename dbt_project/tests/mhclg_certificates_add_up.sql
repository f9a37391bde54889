-- Certificates by rating, and those without one, are the certificates lodged. Returns the quarters of authorities in which they are not.
{{ config(severity='warn', tags=['reconciliation'], meta={'dagster': {'ref': {'name': 'stg_mhclg_epc_live_tables'}}}) }}
{% set tables = {'non_domestic': ['a_plus', 'a', 'b', 'c', 'd', 'e', 'f', 'g'], 'domestic': ['a', 'b', 'c', 'd', 'e', 'f', 'g']} %}

with certificates as (
    {%- for table, ratings in tables.items() %}
    select
        '{{ table }}' as kind,
        area_code,
        quarter,
        {{ try_number('lodgements') }} as lodged,
        {% for rating in ratings %}{{ try_number('rating_' ~ rating) }} + {% endfor %}coalesce({{ try_number('not_recorded') }}, 0) as by_rating,
        _release_id
    from {{ source('raw', 'mhclg_epc_live_tables__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from certificates
where lodged is distinct from by_rating
