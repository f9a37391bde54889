{#- Schemas are named exactly as configured, with no target prefix: mart.fct_observation is the same name on every machine. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
