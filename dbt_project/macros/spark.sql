{#-
  What dbt itself asks an engine to say in its own words, where dbt-spark's words do not do: types under the names that contracts, seeds and
  unit tests of this project use, literals, and seeds.
-#}

{#- Spark's name of a type: varchar without a length is string there. -#}
{% macro spark_type(data_type) -%}
    {{ return({'varchar': 'string', 'timestamp': 'timestamp_ntz'}.get(data_type | trim | lower, data_type)) }}
{%- endmacro %}

{% macro spark__cast(expression, data_type) -%}
    cast({{ expression }} as {{ spark_type(data_type) }})
{%- endmacro %}

{% macro spark__safe_cast(field, type) -%}
    cast({{ field }} as {{ spark_type(type) }})
{%- endmacro %}

{#- In Spark's literals a backslash begins an escape. -#}
{% macro spark__escape_single_quotes(expression) -%}
    {{ return(expression | replace("\\", "\\\\") | replace("'", "\\'")) }}
{%- endmacro %}

{#- A seed is one statement: a table as the rows of its file. dbt-spark would make it with one statement for every thousand rows, each a job. -#}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set sql -%}
    create table {{ this.render() }}
    {{ file_format_clause() }}
    {{ comment_clause() }}
    as select
        {%- for name in agate_table.column_names %}
        {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) %}
        cast({{ name }} as {{ spark_type(type) }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from values
        {%- for row in agate_table.rows %}
        ({%- for value in row -%}
            {{ 'null' if value is none else dbt.string_literal(dbt.escape_single_quotes(value | string)) }}{{ ', ' if not loop.last }}
        {%- endfor %}){{ ',' if not loop.last }}
        {%- endfor %}
    as seed ({{ agate_table.column_names | join(', ') }})
    {%- endset -%}
    {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {{ return(sql) }}
{%- endmacro %}

{% macro spark__load_csv_rows(model, agate_table) -%}
    {{ return('') }}
{%- endmacro %}

{#-
  What is a view elsewhere is a table here: a plan that holds the expressions of sixty staging models takes minutes to make, every time that
  somebody asks, and a table of each takes a second or two.
-#}
{% materialization view, adapter='spark' -%}
    {{ return(materialization_table_spark()) }}
{%- endmaterialization %}

{#- dbt-spark's leaves the order out. -#}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    listagg({{ measure }}, {{ delimiter_text }}){{ ' within group (' ~ order_by_clause ~ ')' if order_by_clause }}
{%- endmacro %}
