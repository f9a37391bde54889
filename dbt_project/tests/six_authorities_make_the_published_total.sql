-- Gross value added and gross domestic product, current prices: the authorities' figures add up to what ONS itself prints for the city region (TLD7 at ITL
-- level 2, or its enterprise region). An error: a member missing, doubled or of another row of industries would be in every figure made from them. Returns the sums
-- that differ by more than rounding, or than revisions where the vintages differ.
{{ config(tags=['reconciliation'], meta={'dagster': {'ref': {'name': 'int_reconciled_total'}}}) }}

select *
from {{ ref('int_reconciled_total') }}
where abs(computed_total - published_total) > tolerance + 1e-6
