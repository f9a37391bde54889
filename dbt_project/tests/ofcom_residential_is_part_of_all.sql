-- Residential premises are some of all premises, on every count of one edition: otherwise non-residential figures, which are the
-- difference, are wrong. Returns the counts that say otherwise.
{{ config(tags=['reconciliation']) }}

with counts as (
    select
        {{ clean_code('laua') }} as ref_area,
        substr(_member, 1, 6) as edition,
        case when lower(_member) like '%_laua_res_%' then 'residential' else 'all' end as part_of_premises,
        releases.basis,
        releases.published_at,
        {{ try_number('all_premises') }} as all_premises,
        {{ try_number('premises_sfbb') }} as premises_sfbb,
        {{ try_number('premises_ufbb') }} as premises_ufbb,
        {{ try_number('premises_full_fibre') }} as premises_full_fibre,
        {{ try_number('premises_gigabit') }} as premises_gigabit
    from {{ source('raw', 'ofcom_fixed_coverage__premises') }} as premises
    inner join {{ source('raw', 'release') }} as releases
        on releases.release_id = premises._release_id
)

select
    everything.ref_area,
    everything.edition,
    everything.published_at
from counts as everything
inner join counts as residential
    on
        residential.ref_area = everything.ref_area
        and residential.edition = everything.edition
        and residential.basis = everything.basis
        and residential.published_at = everything.published_at
where
    everything.part_of_premises = 'all'
    and residential.part_of_premises = 'residential'
    and (
        residential.all_premises > everything.all_premises
        or residential.premises_sfbb > everything.premises_sfbb
        or residential.premises_ufbb > everything.premises_ufbb
        or residential.premises_full_fibre > everything.premises_full_fibre
        or residential.premises_gigabit > everything.premises_gigabit
    )
