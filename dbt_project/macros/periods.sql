{#-
  time_period is an ISO 8601 interval, start and duration: '2024-01-01/P1Y', '2022-01-01/P3Y', '2026-02-01/P1M', or a day on which
  something was counted: '2025-07-01'. Everything here gives NULL for text that is not such a period, with a day that does not exist (30 February)
  or before 1000.
-#}

{% macro _is_period(time_period) -%}
    {{ matches(time_period, '^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}(/P[1-9][0-9]{0,3}[YMD])?$') }}
    and try_cast(substr({{ time_period }}, 1, 10) as date) is not null
{%- endmacro %}

{#- First day (date). -#}
{% macro period_start(time_period) -%}
    case when {{ _is_period(time_period) }} then try_cast(substr({{ time_period }}, 1, 10) as date) end
{%- endmacro %}

{#- Last day, inclusive (date): 31 March 2025 for '2024-04-01/P1Y'. A day's last day is the day. -#}
{% macro period_end(time_period) -%}
    {%- set length = 'cast(substr(' ~ time_period ~ ', 13, length(' ~ time_period ~ ') - 13) as integer)' -%}
    {%- set start = 'try_cast(substr(' ~ time_period ~ ', 1, 10) as date)' -%}
    case
        when not coalesce({{ _is_period(time_period) }}, false) then null
        when length({{ time_period }}) = 10 then {{ start }}
        when {{ time_period }} like '%Y' then {{ last_day_of_months(start, '12 * ' ~ length) }}
        when {{ time_period }} like '%M' then {{ last_day_of_months(start, length) }}
        else {{ last_day_of_days(start, length) }}
    end
{%- endmacro %}

{#- Last day of the stretch of so many months, or days, that begins on the given day. -#}
{% macro last_day_of_months(start, months) -%}
    {{ return(adapter.dispatch('last_day_of_months')(start, months)) }}
{%- endmacro %}

{% macro default__last_day_of_months(start, months) -%}
    date_sub(add_months({{ start }}, {{ months }}), 1)
{%- endmacro %}

{% macro duckdb__last_day_of_months(start, months) -%}
    cast({{ start }} + to_months({{ months }}) as date) - 1
{%- endmacro %}

{% macro last_day_of_days(start, days) -%}
    {{ return(adapter.dispatch('last_day_of_days')(start, days)) }}
{%- endmacro %}

{% macro default__last_day_of_days(start, days) -%}
    date_add({{ start }}, {{ days }} - 1)
{%- endmacro %}

{% macro duckdb__last_day_of_days(start, days) -%}
    {{ start }} + {{ days }} - 1
{%- endmacro %}

{#-
  SDMX code (CL_FREQ) of the period's length: A year, A3 three years pooled (A<n> for n years), S half-year, Q quarter, M month,
  D day; _Z (not applicable) for a count made on a day. It says how long the period is, not how often the figure is published.
-#}
{% macro period_freq(time_period) -%}
    case
        when not coalesce({{ _is_period(time_period) }}, false) then null
        when length({{ time_period }}) = 10 then '_Z'
        when {{ time_period }} like '%/P1Y' or {{ time_period }} like '%/P12M' then 'A'
        when {{ time_period }} like '%Y' then 'A' || substr({{ time_period }}, 13, length({{ time_period }}) - 13)
        when {{ time_period }} like '%/P6M' then 'S'
        when {{ time_period }} like '%/P3M' then 'Q'
        when {{ time_period }} like '%/P1M' then 'M'
        when {{ time_period }} like '%M' then 'M' || substr({{ time_period }}, 13, length({{ time_period }}) - 13)
        when {{ time_period }} like '%/P1D' then 'D'
        else 'D' || substr({{ time_period }}, 13, length({{ time_period }}) - 13)
    end
{%- endmacro %}

{#-
  Kind of a period, from its first day and its freq: calendar year, financial year (from 1 April), academic year (from 1 September), other year,
  pooled years, day (counted on it), month, quarter, half-year, other.
-#}
{% macro period_kind(start, freq) -%}
    case
        when {{ freq }} = '_Z' then 'day'
        when {{ freq }} = 'M' then 'month'
        when {{ freq }} = 'Q' then 'quarter'
        when {{ freq }} = 'S' then 'half-year'
        when {{ freq }} like 'A_%' then 'pooled years'
        when {{ freq }} <> 'A' then 'other'
        when extract(day from {{ start }}) <> 1 then 'other year'
        when extract(month from {{ start }}) = 1 then 'calendar year'
        when extract(month from {{ start }}) = 4 then 'financial year'
        when extract(month from {{ start }}) = 9 then 'academic year'
        else 'other year'
    end
{%- endmacro %}

{#- A number that puts periods into order: by last day, the shorter one first where two end on one day. 20241231 (day) and 0366 (days). -#}
{% macro period_sort(start, end) -%}
    cast(
        (cast(extract(year from {{ end }}) as bigint) * 10000 + extract(month from {{ end }}) * 100 + extract(day from {{ end }})) * 10000
        + {{ days_between(start, end) }} + 1 as bigint
    )
{%- endmacro %}

{#-
  A period as a sentence would say it: 'Year to December 2024', 'April 2022 to March 2023', '2022 to 2024 (three years)', 'At 1 July 2025',
  'March 2026', 'April to June 2026', '15 May 2024 to 14 May 2025'.
-#}
{% macro period_in_words(start, end, freq) -%}
    {%- set years = 'extract(year from ' ~ end ~ ') - extract(year from ' ~ start ~ ')' -%}
    {%- set several = "' (' || case substr(" ~ freq ~ ", 2) when '2' then 'two' when '3' then 'three' when '4' then 'four' when '5' then 'five' else substr(" ~ freq ~ ", 2) end || ' years)'" -%}
    case
        when {{ freq }} = '_Z' then 'At ' || {{ _day_in_words(start) }}
        when extract(day from {{ start }}) <> 1 or extract(day from {{ add_days(end, '1') }}) <> 1
            then {{ _day_in_words(start) }} || ' to ' || {{ _day_in_words(end) }}
        when {{ freq }} = 'M' then {{ _month_in_words(start) }}
        when {{ freq }} = 'A' and extract(month from {{ start }}) = 1 then 'Year to ' || {{ _month_in_words(end) }}
        when {{ freq }} like 'A_%' and extract(month from {{ start }}) = 1
            then {{ _year_in_words(start) }} || ' to ' || {{ _year_in_words(end) }} || {{ several }}
        when {{ freq }} like 'A_%' then {{ _month_in_words(start) }} || ' to ' || {{ _month_in_words(end) }} || {{ several }}
        when {{ years }} = 0 then {{ _month_name(start) }} || ' to ' || {{ _month_in_words(end) }}
        else {{ _month_in_words(start) }} || ' to ' || {{ _month_in_words(end) }}
    end
{%- endmacro %}

{% macro _month_name(day) -%}
    case extract(month from {{ day }})
        {%- for name in ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}

{% macro _year_in_words(day) -%}
    cast(extract(year from {{ day }}) as {{ type_text() }})
{%- endmacro %}

{% macro _month_in_words(day) -%}
    {{ _month_name(day) }} || ' ' || {{ _year_in_words(day) }}
{%- endmacro %}

{% macro _day_in_words(day) -%}
    cast(extract(day from {{ day }}) as {{ type_text() }}) || ' ' || {{ _month_in_words(day) }}
{%- endmacro %}

{#- True where the years of a label follow one another: 'last' (two digits or four) is so many years after 'first' (four). -#}
{% macro years_follow(first, last, years) -%}
    right(cast(cast({{ first }} as integer) + {{ years }} as {{ type_text() }}), length({{ last }})) = {{ last }}
{%- endmacro %}

{#-
  Financial year, April to March, from its label: '2009-2010', '2009-10', '2009/10', '2009 to 2010', '2019-20R' -> '2009-04-01/P1Y'.
  NULL where the second year does not follow the first ('2009-2011', and '2024-01', which is a month), and where more numbers follow that are not
  those of a note ('2009-10-11', which is a day).
-#}
{% macro financial_year_period(text) -%}
    {%- set label = clean_text(text) -%}
    {%- set second = replace_all(label, '^[0-9]{4}[^0-9]+([0-9]+)([^0-9].*)?$', '\\1') -%}
    case
        when {{ matches(label, '^(19|20)[0-9]{2} ?(-|/|–|to) ?([0-9]{2}|[0-9]{4})([^0-9]*|[^0-9]*[[](note|n) ?[0-9]+[]][^0-9]*)$') }}
        then case when {{ years_follow('substr(' ~ label ~ ', 1, 4)', second, 1) }} then substr({{ label }}, 1, 4) || '-04-01/P1Y' end
    end
{%- endmacro %}

{#-
  Calendar year from a label that holds exactly one year: '2024', '2024.0', '2019 Births', 'LA - Generation, 2024' -> '2024-01-01/P1Y'. NULL where
  it holds a month as well: 'March 2024' is no year, and a year to March 2024 not that one.
-#}
{% macro calendar_year_period(text) -%}
    {%- set label = clean_text(text) -%}
    {%- set year = replace_all(label, '^[^0-9]*((19|20)[0-9]{2})([.]0+)?([^0-9].*)?$', '\\1') -%}
    case
        when {{ matches(label, '^[^0-9]*(19|20)[0-9]{2}([.]0+)?([^0-9]*|[^0-9]*[[](note|n) ?[0-9]+[]][^0-9]*)$') }}
            and not {{ matches("lower(" ~ label ~ ")", _a_month()) }}
        then {{ year }} || '-01-01/P1Y'
    end
{%- endmacro %}

{#- Pattern of a month's name as a word of its own. -#}
{% macro _a_month() -%}
    (^|[^a-z])(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)([^a-z]|$)
{%- endmacro %}

{#- Quarter of the calendar year from its label: '2005 Q1', '2024_Q1', '2026/2' -> '2026-04-01/P3M'. NULL for anything else. -#}
{% macro quarter_period(text) -%}
    {%- set label = clean_text(text) -%}
    case
        when {{ matches(label, '^(19|20)[0-9]{2}([ _]Q|/)[1-4]$') }}
        then substr({{ label }}, 1, 4)
            || case right({{ label }}, 1) when '1' then '-01-01' when '2' then '-04-01' when '3' then '-07-01' else '-10-01' end || '/P3M'
    end
{%- endmacro %}

{#- Calendar year in which a period begins, as a number: '2022-04-01/P1Y' -> 2022. -#}
{% macro start_year(time_period) -%}
    cast(substr({{ time_period }}, 1, 4) as integer)
{%- endmacro %}
