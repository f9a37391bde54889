-- Where a publisher prints the home area itself and its members make it too, both say the same but for rounding. A warning: two publications may differ with
-- neither misread; look whether one was revised (then add it to seed reconciliation_allowances, with the reason). Returns the figures that are further apart.
{{ config(severity='warn', tags=['reconciliation'], meta={'dagster': {'ref': {'name': 'int_reconciled_area'}}}) }}

select
    indicator_id,
    time_period,
    breakdown,
    computed_from,
    round(computed_value, 6) as computed_value,
    published_in,
    published_value,
    round(tolerance, 6) as tolerance
from {{ ref('int_reconciled_area') }}
where abs(computed_value - published_value) > tolerance + 1e-6 * abs(published_value)
