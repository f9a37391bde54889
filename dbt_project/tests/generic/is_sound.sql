{#-
  All that is asked of the rows of one table, in one query: a test for each column would cost dbt more than the table.
    keys        name: columns that no two rows share
    complete    columns that are never NULL
    values      column: what it may hold, where it is not NULL
    references  column: {to, field} that holds its values, where it is not NULL
    holds       name: SQL that is true of every row
    shown       columns by which a broken row is told; those of the first key unless given
  Returns one row where something is broken, else none: for each statement how many rows break it (keys: combinations; references: values) and, in
  <statement>__such_as, one of them. orchestration.dbt_checks knows the names of the statements and makes a check of each.
-#}
{% test is_sound(model, keys={}, complete=[], values={}, references={}, holds={}, shown=[]) %}
{%- set shown = shown or keys.values() | first or complete -%}
{%- set broken = {} -%}
{%- for column in complete %}{% do broken.update({column ~ '_is_missing': [column ~ ' is null', shown]}) %}{% endfor %}
{%- for column, known in values.items() %}
    {%- set listed = [] -%}
    {%- for value in known %}{% do listed.append("'" ~ (value | string | replace("'", "''")) ~ "'") %}{% endfor %}
    {%- do broken.update({column ~ '_is_known': [column ~ ' not in (' ~ listed | join(', ') ~ ')', [column]]}) -%}
{%- endfor %}
{%- for name, statement in holds.items() %}{% do broken.update({name: ['not coalesce(' ~ statement ~ ', false)', shown]}) %}{% endfor %}
{%- set counted = broken.keys() | list -%}
{%- set joined = [] -%}
with checked as (
    select * from {{ model }}
)
{%- if broken %}

, broken as (
    select
        {%- for name, (condition, told_by) in broken.items() %}
        count(case when {{ condition }} then 1 end) as {{ name }},
        min(case when {{ condition }} then {{ row_as_text(told_by) }} end) as {{ name }}__such_as
        {{- ',' if not loop.last }}
        {%- endfor %}
    from checked
)
{%- do joined.append('broken') %}
{%- endif %}
{%- for name, columns in keys.items() %}
{%- do counted.append(name) %}
{%- do joined.append('key_' ~ loop.index) %}

, key_{{ loop.index }} as (
    select count(*) as {{ name }}, min({{ row_as_text(columns) }}) as {{ name }}__such_as
    from (select {{ columns | join(', ') }} from checked group by {{ columns | join(', ') }} having count(*) > 1) as repeated
)
{%- endfor %}
{%- for column, parent in references.items() %}
{%- do counted.append(column ~ '_is_in_' ~ parent.to.identifier) %}
{%- do joined.append('reference_' ~ loop.index) %}

, reference_{{ loop.index }} as (
    select count(*) as {{ counted[-1] }}, min({{ row_as_text(['child.value']) }}) as {{ counted[-1] }}__such_as
    from (select distinct {{ column }} as value from checked where {{ column }} is not null) as child
    left join {{ parent.to }} as parent
        on parent.{{ parent.field }} = child.value
    where parent.{{ parent.field }} is null
)
{%- endfor %}

select * from {{ joined | join(' cross join ') }}
where {{ counted | join(' > 0 or ') }} > 0
{% endtest %}
