-- Indicators of Explore Local Statistics that the seed els_indicators does not know, and that therefore go no further. A warning: ONS adds
-- indicators, and not every one belongs to a measure. For each: add a row to the seed, or leave it here on purpose.
{{ config(severity='warn') }}

with per_indicator as (
    select releases.part as els_dataset, {{ clean_text('raw_rows.indicator') }} as els_indicator
    from {{ source('raw', 'ons_explore_local_statistics__per_indicator') }} as raw_rows
    left join {{ source('raw', 'release') }} as releases
        on releases.release_id = raw_rows._release_id
),

bulk as (
    select {{ clean_text('indicator') }} as els_indicator
    from {{ source('raw', 'ons_explore_local_statistics__bulk') }}
)

select 'CSV of one dataset' as reading, per_indicator.els_dataset, per_indicator.els_indicator, count(*) as rows_left_out
from per_indicator
left join {{ ref('els_indicators') }} as mapping
    on
        mapping.els_dataset = per_indicator.els_dataset
        and mapping.els_indicator = per_indicator.els_indicator
where mapping.indicator_id is null
group by per_indicator.els_dataset, per_indicator.els_indicator

union all

select 'CSV of all datasets' as reading, cast(null as {{ type_text() }}) as els_dataset, bulk.els_indicator, count(*) as rows_left_out
from bulk
left join {{ ref('els_indicators') }} as mapping
    on mapping.bulk_slug = bulk.els_indicator
where mapping.indicator_id is null
group by bulk.els_indicator
