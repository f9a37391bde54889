-- Releases that the mart was built from, with what a reader needs to cite them. Grain: release.
select
    releases.release_id,
    releases.publisher,
    releases.dataset,
    releases.title,
    releases.url,
    releases.landing_page,
    releases.licence,
    cast(releases.published_at as date) as published_at,
    cast(releases.retrieved_at as timestamp) as retrieved_at,
    releases.etag,
    releases.sha256,
    cast(releases.bytes as bigint) as bytes,
    releases.basis,
    cast(releases.verified as boolean) as verified,
    ordered.superseded_by,
    coalesce(releases.part, '') as part,
    releases.kind,
    releases.origin,
    releases.attribution,
    releases.published_at_basis,
    cast(releases.revised_at as date) as revised_at,
    cast(releases.known_from as date) as known_from,
    releases.last_modified,
    releases.media_type,
    releases.citation,
    releases.schema_hash,
    stale.dataset is not null as is_stale
from {{ source('raw', 'release') }} as releases
left join {{ source('raw', 'stale_dataset') }} as stale
    on stale.dataset = releases.dataset
left join {{ ref('int_release') }} as ordered
    on ordered.release_id = releases.release_id
