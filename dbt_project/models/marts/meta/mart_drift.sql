-- How releases differ in form from the ones before them: absorbed, or the reason why a release was refused. Grain: release x table x difference.
select
    drift.dataset,
    datasets.publisher,
    coalesce(drift.part, '') as part,
    drift.table_name,
    drift.release_id,
    drift.compared_with,
    cast(drift.published_at as date) as published_at,
    drift.what,
    drift.severity,
    drift.state,
    drift.expected,
    drift.found,
    drift.place
from {{ source('raw', 'drift') }} as drift
left join {{ source('raw', 'dataset') }} as datasets
    on datasets.dataset = drift.dataset
