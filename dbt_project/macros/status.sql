{#-
  Publishers' shorthand to SDMX OBS_STATUS and CONF_STATUS (code lists 2.3). The shorthand may stand in square brackets, in either
  case, several flags together ('[x] [p]', 'b,e'). References to notes ('[note 3]', '[n1]') are not flags; words are remarks, not flags.
  Several flags: the first in SDMX's order of precedence wins.
  A dataset whose signs mean something else (Nomis letters, '-', '..', ':') maps them in its staging model (seed source_markers).
-#}

{#- Statuses in SDMX's order of precedence, with the shorthand that stands for each. The seed obs_status says the same; a test compares. -#}
{% macro obs_status_order() -%}
    {{ return([
        ('B', ['b']), ('O', ['x', 'w']), ('M', ['z']), ('L', []), ('H', []), ('Q', ['c']), ('J', []), ('S', []), ('D', []), ('I', []),
        ('F', ['f']), ('E', ['e']), ('P', ['p']), ('N', ['ns']), ('U', ['u']), ('V', []), ('G', []), ('A', [])
    ]) }}
{%- endmacro %}

{#- Flags as ' x p ', or ' ' where there is none or the text is a remark. -#}
{% macro _flags(marker) -%}
    {%- set without_notes = replace_all("coalesce(lower(" ~ marker ~ "), '')", '[[]? ?(note|n) ?[0-9]+ ?[]]?', ' ') -%}
    {%- set letters = replace_all(without_notes, '[^a-z]+', ' ') -%}
    case when {{ matches(letters, '[a-z]{3}') }} then ' ' else ' ' || {{ letters }} || ' ' end
{%- endmacro %}

{#-
  SDMX OBS_STATUS of a flag. With `value`, a value that is NULL without a flag is O (missing), not A (normal).
  Flags without an entry (r, revised) leave the status as it is: keep them in source_flag.
-#}
{% macro obs_status(marker, value=none) -%}
    {%- set flags = _flags(marker) -%}
    case
    {%- for status, shorthands in obs_status_order() if shorthands %}
        when {% for shorthand in shorthands %}{{ 'or ' if not loop.first }}{{ flags }} like '% {{ shorthand }} %' {% endfor %}then '{{ status }}'
    {%- endfor %}
    {%- if value is not none %}
        when {{ value }} is null then 'O'
    {%- endif %}
        else 'A'
    end
{%- endmacro %}

{#- SDMX CONF_STATUS of a flag: C (confidential) where the flag is c, else F (free). -#}
{% macro conf_status(marker) -%}
    case when {{ _flags(marker) }} like '% c %' then 'C' else 'F' end
{%- endmacro %}

{#- Place of a status in the order of precedence, as text of two digits ('00' wins), so that min() over rows finds the winner. -#}
{% macro obs_status_rank(status) -%}
    case {{ status }}
    {%- for code, shorthands in obs_status_order() %}
        when '{{ code }}' then '{{ '%02d' | format(loop.index0) }}'
    {%- endfor %}
        else '99'
    end
{%- endmacro %}

{#- Aggregate: the status that wins among the rows of a group. -#}
{% macro winning_obs_status(status) -%}
    substr(min({{ obs_status_rank(status) }} || {{ status }}), 3)
{%- endmacro %}
