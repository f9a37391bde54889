{#- Statements that are true of every row, given as name: SQL. Returns those that are not, each with the number of rows. -#}
{% test holds(model, statements) %}
with broken as (
    select
        {%- for name, statement in statements.items() %}
        sum(case when {{ statement }} then 0 else 1 end) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
)

{% for name in statements -%}
select '{{ name }}' as statement, {{ name }} as broken_rows from broken where {{ name }} > 0
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
