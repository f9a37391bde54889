{#-
  Sum of doubles that does not depend on the order of the rows: engines add them up side by side, and the last digits of a sum of
  binary fractions change with the order. Ten decimals are kept, more than any publisher prints.
-#}
{% macro exact_sum(expression) -%}
    cast(sum(cast({{ expression }} as decimal(30, 10))) as double)
{%- endmacro %}
