-- Labels of pooled years, tried as ONS writes them. Returns the cases that go wrong.
{% set labels = {
    '2011 to 2013': '2011-01-01/P3Y', '2022 to 2024': '2022-01-01/P3Y', ' 2011-13 ': '2011-01-01/P3Y', '2011–2013': '2011-01-01/P3Y',
    '1999-01': '1999-01-01/P3Y', '2011 to 2011': none, '2013 to 2011': none, '2011': none, '2011 to 2013 (revised)': none, '': none
} %}

with cases as (
    {%- for label, expected in labels.items() %}
    select '{{ label }}' as label, {{ "cast(null as " ~ type_text() ~ ")" if expected is none else "'" ~ expected ~ "'" }} as expected
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

read_as as (
    select label, expected, {{ pooled_years_period('label') }} as found from cases
)

select label, expected, found
from read_as
where coalesce(found, '') <> coalesce(expected, '')
