-- Every correction of the seed meets the figure that it corrects, or no release that could hold it. A warning: an expired one is not applied, so that what
-- is served is right, but it says something that is no longer so. Returns the corrections to take out.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'mart_corrections'}}}) }}

select
    correction_id,
    dataset,
    indicator_id,
    ref_area,
    time_period,
    field,
    published,
    published_now,
    case
        when release_id is null then 'the release has no such row: delete the row of seeds/reference/corrections.csv, or mend its key'
        else 'the publisher has mended or changed it: delete the row of seeds/reference/corrections.csv'
    end as what_to_do
from {{ ref('mart_corrections') }}
where state = 'expired'
