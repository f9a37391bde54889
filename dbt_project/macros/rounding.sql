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
