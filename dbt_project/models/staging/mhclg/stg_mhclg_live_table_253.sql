-- Dwellings started and completed in each financial year, rounded to 10 (0 stands for 0 to 4); '..' is not available. The year is the sheet's name:
-- '8081' to '9798', then '1998-99', in the newest layout 'FY_2020_21'.

with dwellings as (
    {{ dwellings_by_sheet('mhclg_live_table_253', {'starts_all': 'housing_starts', 'completions_all': 'housing_completions'}) }}
),

labelled as (
    select
        *,
        case
            when {{ matches('sheet', '^[0-9]{4}$') }} then '19' || substr(sheet, 1, 2) || '-' || substr(sheet, 3, 2)
            else replace(replace(sheet, 'FY_', ''), '_', '-')
        end as year_label
    from dwellings
)

{{ dwellings_as_observations('labelled', financial_year_period('year_label')) }}
