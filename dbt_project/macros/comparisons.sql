{#- Standard normal deviate of a 95 % confidence interval. -#}
{% macro z95() %}1.959964{% endmacro %}

{#- Months since year 0 of a date, as a number. -#}
{% macro month_number(day) -%}
    (extract(year from {{ day }}) * 12 + extract(month from {{ day }}) - 1)
{%- endmacro %}

{#- Years since the year 2000 of a date, in whole months: 2020-07-01 -> 20.5. Near zero, so that squares keep their digits. -#}
{% macro years_since_2000(day) -%}
    (({{ month_number(day) }} - 24000) / cast(12 as double))
{%- endmacro %}

{#- Months of a period by its SDMX frequency: 'A' -> 12, 'A3' -> 36, 'Q' -> 3, 'M' -> 1; anything else counts as a month. -#}
{% macro period_months(freq) -%}
    case
        when {{ freq }} = 'A' then 12
        when {{ freq }} = 'Q' then 3
        when {{ freq }} like 'A%' then 12 * cast(substr({{ freq }}, 2) as integer)
        when {{ freq }} like 'M_%' then cast(substr({{ freq }}, 2) as integer)
        else 1
    end
{%- endmacro %}

{% macro greatest_of(first, second) -%}
    case when {{ first }} > {{ second }} then {{ first }} else {{ second }} end
{%- endmacro %}

{#- Confidence limits that enclose their value: a publisher's slip is no interval. -#}
{% macro has_limits(row) -%}
    coalesce({{ row }}.lower_ci <= {{ row }}.obs_value + 1e-6 and {{ row }}.upper_ci >= {{ row }}.obs_value - 1e-6, false)
{%- endmacro %}

{#- A percentage of a full count, by counts that make it. -#}
{% macro wilson_applies(row) -%}
    coalesce(
        {{ row }}.counts_method = 'wilson'
        and {{ row }}.numerator between 0 and {{ row }}.denominator
        and {{ row }}.denominator > 0
        and abs(100.0 * {{ row }}.numerator / {{ row }}.denominator - {{ row }}.obs_value) < 0.51,
        false
    )
{%- endmacro %}

{#-
  Limit of Wilson's score interval of a proportion in percent, side '-' or '+'. Source: E. B. Wilson (1927), Journal of the American Statistical
  Association 22, 209-212; the method of public health statistics in England (OHID, Technical guidance on confidence intervals).
-#}
{% macro wilson_limit(numerator, denominator, side) -%}
    (
        100.0
        * (
            2 * {{ numerator }} + {{ z95() }} * {{ z95() }}
            {{ side }} {{ z95() }} * sqrt({{ z95() }} * {{ z95() }} + 4 * {{ numerator }} * (1 - {{ numerator }} / {{ denominator }}))
        )
        / (2 * ({{ denominator }} + {{ z95() }} * {{ z95() }}))
    )
{%- endmacro %}

{#- Which way a difference points for a polarity: 'better', 'worse', 'higher' or 'lower'. -#}
{% macro in_words(is_higher, polarity) -%}
    case
        when {{ polarity }} = 'neutral' then case when {{ is_higher }} then 'higher' else 'lower' end
        when ({{ is_higher }}) = ({{ polarity }} = 'higher_is_better') then 'better'
        else 'worse'
    end
{%- endmacro %}

{#- Weighted sum over points whose columns are w1, x1, y1, w2 ...: of 1, or of a product such as 'x' or 'xy'. -#}
{% macro weighted_sum(points, factors='') -%}
    (
    {%- for point in points -%}
        w{{ point }}{% for factor in factors %} * {{ factor }}{{ point }}{% endfor %}{{ ' + ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}

{#- Of the weighted least-squares slope of y on x: its numerator, whose sign is the slope's, and its denominator. -#}
{% macro slope_numerator(points) -%}
    ({{ weighted_sum(points) }} * {{ weighted_sum(points, 'xy') }} - {{ weighted_sum(points, 'x') }} * {{ weighted_sum(points, 'y') }})
{%- endmacro %}

{% macro slope_denominator(points) -%}
    ({{ weighted_sum(points) }} * {{ weighted_sum(points, 'xx') }} - {{ weighted_sum(points, 'x') }} * {{ weighted_sum(points, 'x') }})
{%- endmacro %}
