{#- The columns that every staging model of observations ends in, in this order, with their types. -#}
{% macro observation_columns() -%}
    {{ return([
        ('dataset', 'varchar'), ('indicator_id', 'varchar'), ('ref_area', 'varchar'), ('time_period', 'varchar'), ('breakdown', 'varchar'),
        ('obs_value', 'double'), ('numerator', 'double'), ('denominator', 'double'), ('lower_ci', 'double'), ('upper_ci', 'double'),
        ('obs_status', 'varchar'), ('conf_status', 'varchar'), ('source_flag', 'varchar'), ('unit_measure', 'varchar'),
        ('value_origin', 'varchar'), ('release_id', 'varchar'), ('source_locator', 'varchar')
    ]) }}
{%- endmacro %}

{#- Every staging model of var observation_models under one another. -#}
{% macro union_observation_models() -%}
    {%- for model in var('observation_models') %}
    select
        {%- for column, data_type in observation_columns() %}
        cast({{ column }} as {{ type_text() if data_type == 'varchar' else data_type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(model) }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Text type of the engine. -#}
{% macro type_text() -%}
    {{ return(adapter.dispatch('type_text')()) }}
{%- endmacro %}

{% macro default__type_text() -%}
    {{ return('string') }}
{%- endmacro %}

{% macro duckdb__type_text() -%}
    {{ return('varchar') }}
{%- endmacro %}
