{#- The day as of which the mart is built: OUTCOMES_AS_OF (YYYY-MM-DD), or today. -#}
{% macro as_of_date() -%}
    {%- set day = env_var('OUTCOMES_AS_OF', '') -%}
    {{ "cast('" ~ day ~ "' as date)" if day else 'current_date' }}
{%- endmacro %}

{#- Whole days from one date to another. -#}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    cast(datediff({{ last }}, {{ first }}) as bigint)
{%- endmacro %}

{% macro duckdb__days_between(first, last) -%}
    date_diff('day', {{ first }}, {{ last }})
{%- endmacro %}
