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

{#- When the release after one of that day is due, by a cadence in whole days, weeks, months or years (ISO 8601: P1D, P1W, P3M, P1Y). -#}
{% macro next_due(released, cadence) -%}
    {%- set number = "cast(substr(" ~ cadence ~ ", 2, length(" ~ cadence ~ ") - 2) as integer)" -%}
    case right({{ cadence }}, 1)
        when 'D' then {{ add_days(released, number) }}
        when 'W' then {{ add_days(released, number ~ ' * 7') }}
        when 'M' then {{ add_months(released, number) }}
        when 'Y' then {{ add_months(released, number ~ ' * 12') }}
    end
{%- endmacro %}

{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days')(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    date_add({{ day }}, {{ days }})
{%- endmacro %}

{% macro duckdb__add_days(day, days) -%}
    {{ day }} + {{ days }}
{%- endmacro %}

{% macro add_months(day, months) -%}
    {{ return(adapter.dispatch('add_months')(day, months)) }}
{%- endmacro %}

{% macro default__add_months(day, months) -%}
    add_months({{ day }}, {{ months }})
{%- endmacro %}

{% macro duckdb__add_months(day, months) -%}
    cast({{ day }} + to_months({{ months }}) as date)
{%- endmacro %}
