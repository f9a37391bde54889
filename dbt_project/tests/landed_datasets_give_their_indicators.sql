-- Every dataset that has landed whole gives a figure of each indicator that it is a source of. A warning: a table of it may have been refused or withheld.
-- Otherwise a category, label or column goes by another name now, or a figure lacks what it is derived from. Returns the indicators without a figure.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_indicator_unfed'}}}) }}

select * from {{ ref('int_indicator_unfed') }}
