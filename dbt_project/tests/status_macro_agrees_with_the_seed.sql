-- The macros obs_status and conf_status, and their order of precedence, say the same as the seed. Returns the rows that differ.
{{ config(meta={'dagster': {'ref': {'name': 'int_source_flag'}}}) }}

with mapped as (
    select
        marker,
        obs_status,
        conf_status,
        precedence,
        {{ obs_status("nullif(marker, 'blank')") }} as macro_obs_status,
        {{ conf_status("nullif(marker, 'blank')") }} as macro_conf_status,
        cast({{ obs_status_rank('obs_status') }} as integer) + 1 as macro_precedence
    from {{ ref('obs_status') }}
)

select *
from mapped
where
    obs_status <> macro_obs_status
    or coalesce(conf_status, 'F') <> macro_conf_status
    or precedence <> macro_precedence
