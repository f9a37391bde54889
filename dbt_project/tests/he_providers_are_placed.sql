-- The providers of the home area are those of the seed he_providers. A warning: one that registered since, moved or merged has to be added or
-- taken out. Returns the providers that are not where they belong.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_hesa_hebci'}}}) }}

select * from {{ ref('int_he_provider_unplaced') }}
