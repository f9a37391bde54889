{#- Columns that are never NULL. Returns those that are, each with the number of rows. -#}
{% test complete(model, columns) %}
with missing as (
    select
        {%- for column in columns %}
        sum(case when {{ column }} is null then 1 else 0 end) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
)

{% for column in columns -%}
select '{{ column }}' as column_name, {{ column }} as missing_rows from missing where {{ column }} > 0
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
