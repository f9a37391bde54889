{#-
  The column Revised of the bus tables: '[r] 2017/18 - 2018/19, 2020/21, [p] 2018/19 - 2021/22'. Years under one flag, as text; then
  whether the year of `time_period` is one of them. An item that is neither a year nor a range of years counts for nothing.
-#}
{% macro dft_years_of(revised, flag) -%}
    {%- set other = {'p': 'r', 'r': 'p'}[flag] -%}
    split_part(split_part({{ revised }}, '[{{ flag }}]', 2), '[{{ other }}]', 1)
{%- endmacro %}

{% macro dft_year_is_flagged(time_period, years) -%}
    {%- set most_ranges = 5 -%}
    {%- for n in range(1, most_ranges + 1) %}
        {%- set item = "replace(split_part(" ~ years ~ ", ',', " ~ n ~ "), ' ', '')" %}
        {{ 'or ' if not loop.first }}(
            {{ matches(item, '^[0-9]{4}/[0-9]{2}(-[0-9]{4}/[0-9]{2})?$') }}
            and substr({{ time_period }}, 1, 4) between substr({{ item }}, 1, 4) and coalesce(nullif(substr({{ item }}, 9, 4), ''), substr({{ item }}, 1, 4))
        )
    {%- endfor %}
{%- endmacro %}
