{#-
  Aggregate: the unit that all figures of a group are rounded to, as far as the figures tell: the largest of 1000, 100, 10, 5, 1, 0.1, 0.01 and 0.001
  of which each is a multiple; 0 where none is. Few figures may look rounded more coarsely than they are, which makes a tolerance wider, never narrower.
-#}
{% macro rounded_to(figure) -%}
    case
    {%- for unit in [1000, 100, 10, 5, 1, 0.1, 0.01, 0.001] %}
        when max(abs({{ figure }} - round({{ figure }} / {{ unit }}) * {{ unit }})) < 1e-7 then {{ unit }}
    {%- endfor %}
        else 0
    end
{%- endmacro %}

{#- A double rounded to so many decimals, halves away from zero. Spark would round its shortest spelling: 1.005, which is less than that, to 1.01. -#}
{% macro round_to(number, decimals) -%}
    {{ return(adapter.dispatch('round_to')(number, decimals)) }}
{%- endmacro %}

{% macro duckdb__round_to(number, decimals) -%}
    round({{ number }}, {{ decimals }})
{%- endmacro %}

{% macro default__round_to(number, decimals) -%}
    round(({{ number }}) * 1e{{ decimals }}) / 1e{{ decimals }}
{%- endmacro %}

{#- The same as text with one decimal or two: '3.0', '0.25', '10000000.0', which Spark would write 1.0E7. -#}
{% macro two_decimals(number) -%}
    {{ return(adapter.dispatch('two_decimals')(number)) }}
{%- endmacro %}

{% macro duckdb__two_decimals(number) -%}
    cast(round({{ number }}, 2) as varchar)
{%- endmacro %}

{% macro default__two_decimals(number) -%}
    regexp_replace(cast(cast({{ round_to(number, 2) }} as decimal(38, 2)) as string), '0$', '')
{%- endmacro %}
