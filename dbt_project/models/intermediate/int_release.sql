-- Releases in order of publication, and what comes after each. Grain: release.
-- A file that was corrected under the release date of its source is ordered by its own, later date (revised_at).
-- An illustrative release and a published one never follow one another: invented figures do not supersede true ones.
with releases as (
    select
        release_id,
        dataset,
        coalesce(part, '') as part,
        basis,
        kind,
        published_at,
        revised_at,
        known_from,
        retrieved_at,
        row_number() over (
            partition by dataset, coalesce(part, ''), basis
            order by revised_at, published_at, retrieved_at, release_id
        ) as release_order
    from {{ source('raw', 'release') }}
),

-- A later release supersedes a whole one when it is whole too; anything later supersedes part of a release.
followers as (
    select
        earlier.release_id,
        min(case when later.kind = 'whole' then later.release_order end) as next_whole_order,
        min(case when later.kind = 'whole' or earlier.kind <> 'whole' then later.release_order end) as superseding_order
    from releases as earlier
    inner join releases as later
        on
            later.dataset = earlier.dataset
            and later.part = earlier.part
            and later.basis = earlier.basis
            and later.release_order > earlier.release_order
    group by earlier.release_id
)

select
    releases.release_id,
    releases.dataset,
    releases.part,
    releases.basis,
    releases.kind,
    releases.published_at,
    releases.revised_at,
    releases.known_from,
    releases.release_order,
    -- Whole-series datasets only: from this day on, what the next whole release does not repeat is withdrawn.
    case when coalesce(datasets.whole_series, false) then next_whole.known_from end as withdrawn_at,
    case when coalesce(datasets.whole_series, false) then next_whole.release_id end as withdrawn_by,
    superseding.release_id as superseded_by
from releases
left join followers
    on followers.release_id = releases.release_id
left join releases as next_whole
    on
        next_whole.dataset = releases.dataset
        and next_whole.part = releases.part
        and next_whole.basis = releases.basis
        and next_whole.release_order = followers.next_whole_order
left join releases as superseding
    on
        superseding.dataset = releases.dataset
        and superseding.part = releases.part
        and superseding.basis = releases.basis
        and superseding.release_order = followers.superseding_order
left join {{ source('raw', 'dataset') }} as datasets
    on datasets.dataset = releases.dataset
