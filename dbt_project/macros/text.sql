{#-
  Publishers' text to codes and numbers. Everything here takes a text expression and gives NULL, never 0, for what it cannot read.
  The duckdb__ variants hold what differs between engines; the default ones are Spark's.
-#}

{#- Text without leading or trailing blanks of any kind (space, tab, line ends, no-break space, byte order mark); '' becomes NULL. -#}
{% macro clean_text(text) -%}
    {{ return(adapter.dispatch('clean_text')(text)) }}
{%- endmacro %}

{% macro default__clean_text(text) -%}
    {#- trim of DuckDB takes every kind of blank that Unicode knows; Spark's must be told. -#}
    nullif(trim(both ' \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000' from translate({{ text }}, '\t\n\r\u00A0\uFEFF', '     ')), '')
{%- endmacro %}

{% macro duckdb__clean_text(text) -%}
    nullif(trim(translate({{ text }}, chr(9) || chr(10) || chr(13) || chr(160) || chr(65279), '     ')), '')
{%- endmacro %}

{#- A code or name without blanks around it and without the footnote star behind it ('Bury*' is Bury). -#}
{% macro clean_code(text) -%}
    {{ return(adapter.dispatch('clean_code')(text)) }}
{%- endmacro %}

{% macro default__clean_code(text) -%}
    nullif(trim(trailing '* ' from {{ clean_text(text) }}), '')
{%- endmacro %}

{% macro duckdb__clean_code(text) -%}
    nullif(rtrim({{ clean_text(text) }}, '* '), '')
{%- endmacro %}

{#- True where the expression matches the regular expression (write classes as [0-9], [.]: backslashes differ between engines). -#}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    ({{ text }}) rlike '{{ _java_pattern(pattern) }}'
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{#- The pattern for Java: a bracket in a class must be escaped there, and $ would also match before a line's end. -#}
{% macro _java_pattern(pattern) -%}
    {{ return(pattern | replace('[[]', '\\\\[') | replace('[]]', '\\\\]') | replace('$', '\\\\z')) }}
{%- endmacro %}

{#- The expression with every match of the pattern replaced; \\1 in the replacement is what the first group matched. -#}
{% macro replace_all(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('replace_all')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ _java_pattern(pattern) }}', '{{ replacement | replace('\\', '$') }}')
{%- endmacro %}

{% macro duckdb__replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{#-
  A number as double: '12', '-3.5', '.5', '1,234', '1.2E-3'. Markers ('x', '[c]', '-', '..'), '', 'nan' and 'inf' give NULL.
  Commas count only as thousands separators: '1,2' is not 12 and gives NULL. So do numbers larger than a double holds: '1e999' is no infinity.
-#}
{% macro try_number(text) -%}
    {%- set stripped = clean_text(text) -%}
    case
        when {{ matches(stripped, '^[+-]?([0-9]{1,200}|[0-9]{1,3}(,[0-9]{3}){1,60})?([.][0-9]*)?([eE][+-]?[0-9]{1,2})?$') }}
            and {{ matches(stripped, '^[+-]?[.]?[0-9]') }}
        then cast(replace({{ stripped }}, ',', '') as double)
    end
{%- endmacro %}

{#-
  Where a row came from: first 12 characters of the file's SHA-256, then the member of the archive or the sheet, then the row as a
  spreadsheet shows it: '1f0c93ab77de/Table 1.1a!row 47'. Pass the alias of the raw table where there is one.
-#}
{% macro source_locator(relation_alias=none) -%}
    {%- set prefix = relation_alias ~ '.' if relation_alias else '' -%}
    substr({{ prefix }}_file_sha256, 1, 12)
        || case when coalesce({{ prefix }}_member, '') = '' then '' else '/' || {{ prefix }}_member end
        || '!row ' || {{ prefix }}_row_number
{%- endmacro %}

{#- Columns of a row as one text, as an example of what is broken. -#}
{% macro row_as_text(columns) -%}
    concat_ws(', ' {%- for column in columns %}, cast({{ column }} as {{ type_text() }}){% endfor %})
{%- endmacro %}
