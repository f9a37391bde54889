{#-
  Sum of doubles that does not depend on the order of the rows: engines add them up side by side, and the last digits of a sum of
  binary fractions change with the order. Ten decimals are kept, more than any publisher prints.
-#}
{% macro exact_sum(expression) -%}
    {{ return(adapter.dispatch('exact_sum')(expression)) }}
{%- endmacro %}

{% macro duckdb__exact_sum(expression) -%}
    cast(sum(cast({{ expression }} as decimal(30, 10))) as double)
{%- endmacro %}

{#-
  The same digits: DuckDB makes a decimal of a double by binary arithmetic, Spark from the double's shortest decimal spelling. Here the whole number
  of 1e-10 is split at 2^40, so that both parts are exact, and the sum of the parts becomes a double in the two steps that DuckDB takes.
-#}
{% macro default__exact_sum(expression) -%}
    {%- set scaled = 'round((' ~ expression ~ ') * 1e10)' -%}
    {%- set high = 'floor(' ~ scaled ~ ' / 1099511627776e0)' -%}
    {%- set low = scaled ~ ' - ' ~ high ~ ' * 1099511627776e0' -%}
    {%- set total = '(sum(cast(' ~ high ~ ' as decimal(18, 0))) * 1099511627776 + sum(cast(' ~ low ~ ' as decimal(18, 0))))' -%}
    case
        when abs({{ total }}) <= 9007199254740992 then cast({{ total }} as double) / 1e10
        else cast({{ total }} div 10000000000 as double) + cast(mod({{ total }}, 10000000000) as double) / 1e10
    end
{%- endmacro %}
