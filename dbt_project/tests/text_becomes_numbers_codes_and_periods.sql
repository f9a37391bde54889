-- The macros that staging models read publishers' text with, tried on the text publishers write. Returns the cases that go wrong.

{% set numbers = {
    '12': 12, ' 1,234 ': 1234, '1,234,567.5': 1234567.5, '-189': -189, '1.2E-3': 0.0012, '3e2': 300, '.5': 0.5, '12.': 12, '0': 0, '+4': 4,
    '': none, ' ': none, '-': none, '..': none, ':': none, 'x': none, '[c]': none, '[X]': none, '1,2': none, '12,34': none, 'nan': none,
    'inf': none, '5%': none, '1_000': none, 'NA': none, 'E08000012': none, '2009-10': none, ',123': none, 'e5': none, '1e999': none, '-1e999': none
} %}
{% set codes = {
    '	E06000063': 'E06000063', 'E08000012 ': 'E08000012', 'Bury*': 'Bury', 'Bury *': 'Bury', ' Halton ': 'Halton', '': none, '*': none
} %}
{% set financial_years = {
    '2009-2010': '2009-04-01/P1Y', '2009-10': '2009-04-01/P1Y', '2009/10': '2009-04-01/P1Y', '2019-20R': '2019-04-01/P1Y', ' 1999-2000 ': '1999-04-01/P1Y',
    '1999-00': '1999-04-01/P1Y', '2009 to 2010': '2009-04-01/P1Y', '2022-23 [note 2]': '2022-04-01/P1Y', '2009-2011': none, '2024-01': none, '2009': none,
    '': none, 'Total': none, '2009-10-11': none, '2000-01-01': none, '2009-2110': none, '2009-1910': none, '2009-10 and 2011-12': none
} %}
{% set calendar_years = {
    '2024': '2024-01-01/P1Y', '2024.0': '2024-01-01/P1Y', '2019 Births': '2019-01-01/P1Y', 'LA - Generation, 2024': '2024-01-01/P1Y',
    '2020 [note 3]': '2020-01-01/P1Y', '1998': '1998-01-01/P1Y', '2009-2010': none, '2009-10': none, '20245': none, '': none, 'Total': none, '1066': none, 'March 2024': none,
    'Year to Dec 2024': none, 'Market 2024': '2024-01-01/P1Y'
} %}
{% set quarters = {
    '2005 Q1': '2005-01-01/P3M', '2021_Q4': '2021-10-01/P3M', '2026/2': '2026-04-01/P3M', ' 2008/3 ': '2008-07-01/P3M', '2026/5': none, '2026': none,
    '2025/26': none, 'Q1 2005': none, '': none
} %}
{% set flags = {
    '': 'A F', 'b': 'B F', 'e': 'E F', '[E]': 'E F', 'f': 'F F', 'p': 'P F', 'u': 'U F', 'c': 'Q C', '[c]': 'Q C', 'x': 'O F', '[X]': 'O F', 'z': 'M F', 'ns': 'N F',
    'w': 'O F', 'r': 'A F', '[p] [r]': 'P F', 'e, p': 'E F', '[u][c]': 'Q C', 'p b': 'B F', 'z x': 'O F', '[note 3]': 'A F', '[n1] u': 'U F', '[c1]': 'Q C',
    'Value for Hackney and City of London combined': 'A F'
} %}

{% set tried = [
    ('try_number', numbers), ('clean_code', codes), ('financial_year_period', financial_years), ('calendar_year_period', calendar_years),
    ('quarter_period', quarters), ('status', flags)
] %}

with cases as (
    {%- for macro_name, cases in tried %}{% set last_macro = loop.last %}
    {%- for text, expected in cases.items() %}
    select '{{ macro_name }}' as macro_name, '{{ text }}' as text, {{ "cast(null as " ~ type_text() ~ ")" if expected is none else "'" ~ expected ~ "'" }} as expected
    {{- ' union all' if not (loop.last and last_macro) }}
    {%- endfor %}
    {%- endfor %}
),

read_as as (
    select
        macro_name,
        text,
        expected,
        case macro_name
            when 'clean_code' then {{ clean_code('text') }}
            when 'financial_year_period' then {{ financial_year_period('text') }}
            when 'calendar_year_period' then {{ calendar_year_period('text') }}
            when 'quarter_period' then {{ quarter_period('text') }}
            when 'status' then {{ obs_status('text') }} || ' ' || {{ conf_status('text') }}
        end as found,
        case when macro_name = 'try_number' then {{ try_number('text') }} end as found_number
    from cases
)

select macro_name, text, expected, coalesce(found, cast(found_number as {{ type_text() }})) as found
from read_as
where
    (macro_name = 'try_number' and found_number is distinct from {{ try_number('expected') }})
    or (macro_name <> 'try_number' and found is distinct from expected)
