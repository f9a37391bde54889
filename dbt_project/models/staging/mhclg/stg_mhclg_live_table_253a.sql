-- Dwellings started and completed in each quarter, rounded to 10 (0 stands for 0 to 4), not adjusted for the season; '..' is not available. The
-- quarter is the sheet's name: '2005 Q1', in the newest layout '2024_Q1'.

with dwellings as (
    {{ dwellings_by_sheet(
        'mhclg_live_table_253a', {'starts_all': 'housing_starts_quarterly', 'completions_all': 'housing_completions_quarterly'}
    ) }}
)

{{ dwellings_as_observations('dwellings', quarter_period('sheet')) }}
