{#-
  Years pooled, from a label with the first and the last of them: '2011 to 2013', '2011-13', '2011–2013' -> '2011-01-01/P3Y'.
  NULL where the label is anything else, or the years do not ascend.
-#}
{% macro pooled_years_period(text) -%}
    {%- set label = clean_text(text) -%}
    {%- set last = replace_all(label, '^[0-9]{4}[^0-9]+([0-9]+)$', '\\1') -%}
    {%- set first = 'substr(' ~ label ~ ', 1, 4)' -%}
    {%- set more = 'mod(100 + cast(right(' ~ last ~ ', 2) as integer) - cast(substr(' ~ label ~ ', 3, 2) as integer), 100)' -%}
    case
        when {{ matches(label, '^(19|20)[0-9]{2} ?(-|/|–|to) ?((19|20)[0-9]{2}|[0-9]{2})$') }}
        then
            case
                when {{ more }} between 1 and 9 and {{ years_follow(first, last, more) }}
                then {{ first }} || '-01-01/P' || cast({{ more }} + 1 as {{ type_text() }}) || 'Y'
            end
    end
{%- endmacro %}

{#- What stands in a cell in place of a number, NULL where there is a number or nothing. -#}
{% macro not_a_number(text) -%}
    case when {{ try_number(text) }} is null then {{ clean_text(text) }} end
{%- endmacro %}
