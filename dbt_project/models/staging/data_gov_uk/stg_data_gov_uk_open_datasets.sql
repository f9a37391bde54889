-- Open data sets that a publisher of the city region lists on data.gov.uk: an open licence, and at least one resource in a machine-readable format
-- (seed machine_readable_formats). The combined authority's own listing is not the area's: it stands as breakdown `publisher=own`, and the area's
-- total is the sum over all publishers of the seed, its own listing once among them. A publisher that data.gov.uk does not know has no figure, and
-- then the area has none either. The day is that on which the list was retrieved: there is no other.

with listings as (
    select
        {{ clean_text('publisher') }} as publisher,
        {{ clean_text('is_open') }} = 'true' as is_open,
        '|' || coalesce({{ clean_text('formats') }}, '') || '|' as formats,
        {{ try_number('datasets') }} as datasets,
        _release_id,
        _file_sha256,
        _member,
        _row_number
    from {{ source('raw', 'data_gov_uk_open_datasets__listings') }}
),

readable as (
    select distinct listings.formats
    from listings
    inner join {{ ref('machine_readable_formats') }} as machine_readable
        on listings.formats like '%|' || machine_readable.format || '|%'
),

by_publisher as (
    select
        listings.publisher,
        sum(case when listings.is_open and readable.formats is not null then listings.datasets else 0 end) as datasets,
        listings._release_id,
        listings._file_sha256,
        listings._member,
        min(cast(listings._row_number as integer)) as file_row
    from listings
    left join readable
        on readable.formats = listings.formats
    group by listings.publisher, listings._release_id, listings._file_sha256, listings._member
),

retrieved as (
    select release_id, cast(published_at as {{ type_text() }}) as time_period
    from {{ source('raw', 'release') }}
    where release_id in (select _release_id from by_publisher)
),

-- Every publisher of the seed in every release, found there or not.
expected as (
    select
        publishers.slug,
        publishers.area_code,
        retrieved.release_id,
        retrieved.time_period,
        by_publisher.datasets,
        coalesce(
            substr(by_publisher._file_sha256, 1, 12) || '!row ' || cast(by_publisher.file_row as {{ type_text() }}),
            publishers.slug || ' is not in the list of organisations'
        ) as source_locator
    from {{ ref('open_data_publishers') }} as publishers
    cross join retrieved
    left join by_publisher
        on by_publisher.publisher = publishers.slug and by_publisher._release_id = retrieved.release_id
    -- The seed may name publishers of other places too.
    where
        publishers.area_code = '{{ var("home_area") }}'
        or publishers.area_code in (select member_code from {{ ref('area_memberships') }} where parent_code = '{{ var("home_area") }}')
),

figures as (
    select
        area_code as ref_area,
        case when area_code = '{{ var("home_area") }}' then 'publisher=own' else 'total' end as breakdown,
        time_period,
        datasets as obs_value,
        release_id,
        source_locator
    from expected

    union all

    select
        '{{ var("home_area") }}' as ref_area,
        'total' as breakdown,
        time_period,
        case when count(datasets) = count(*) then sum(datasets) end as obs_value,
        release_id,
        cast(count(datasets) as {{ type_text() }}) || ' of ' || cast(count(*) as {{ type_text() }}) || ' publishers of the seed' as source_locator
    from expected
    group by time_period, release_id
)

select
    'data_gov_uk_open_datasets' as dataset,
    'open_datasets_listed' as indicator_id,
    ref_area,
    time_period,
    breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('null', 'obs_value') }} as obs_status,
    'F' as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    'count' as unit_measure,
    'derived' as value_origin,
    release_id,
    source_locator
from figures
