-- Explore Local Statistics, from the CSV of all datasets (indicators by slug) and from the CSVs of single datasets (indicators by name within
-- the dataset, which is the release's part). Only indicators of the seed els_indicators go further; a test lists the others.
-- A place stands once: a combined authority that is also listed as an ITL 2 area is taken as combined authority, and an area under its
-- old code makes room for its new one. Areas without a code (na) are left out.
{{ config(materialized='table') }}

with per_indicator as (
    select
        mapping.indicator_id,
        mapping.breakdown,
        mapping.unit_measure,
        raw_rows.areacd,
        raw_rows.geography,
        raw_rows.period,
        raw_rows.observation as value,
        raw_rows.lci_95,
        raw_rows.uci_95,
        raw_rows.status,
        raw_rows.notes,
        raw_rows._release_id,
        raw_rows._file_sha256,
        raw_rows._member,
        raw_rows._row_number
    from {{ source('raw', 'ons_explore_local_statistics__per_indicator') }} as raw_rows
    inner join {{ source('raw', 'release') }} as releases
        on releases.release_id = raw_rows._release_id
    inner join {{ ref('els_indicators') }} as mapping
        on
            mapping.els_dataset = releases.part
            and mapping.els_indicator = {{ clean_text('raw_rows.indicator') }}
),

bulk as (
    select
        mapping.indicator_id,
        mapping.breakdown,
        mapping.unit_measure,
        raw_rows.areacd,
        '' as geography,
        raw_rows.period,
        raw_rows.value,
        raw_rows.lci_95,
        raw_rows.uci_95,
        raw_rows.status,
        '' as notes,
        raw_rows._release_id,
        raw_rows._file_sha256,
        raw_rows._member,
        raw_rows._row_number
    from {{ source('raw', 'ons_explore_local_statistics__bulk') }} as raw_rows
    inner join {{ ref('els_indicators') }} as mapping
        on mapping.bulk_slug = {{ clean_text('raw_rows.indicator') }}
    where
        -- A slug that stands for everybody is not its rows by sex or age.
        mapping.breakdown <> 'total'
        or (
            lower(coalesce({{ clean_text('raw_rows.sex') }}, 'all')) in ('all', 'persons', 'total')
            and lower(coalesce({{ clean_text('raw_rows.age') }}, 'all')) in ('all', 'all ages', 'total')
        )
),

both_readings as (
    select * from per_indicator
    union all
    select * from bulk
),

read_values as (
    select
        indicator_id,
        breakdown,
        unit_measure,
        {{ clean_code('areacd') }} as ref_area,
        geography,
        coalesce({{ calendar_year_period('period') }}, {{ clean_text('period') }}) as time_period,
        {{ try_number('value') }} as obs_value,
        {{ try_number('lci_95') }} as lower_ci,
        {{ try_number('uci_95') }} as upper_ci,
        {{ clean_text('status') }} as status,
        {{ clean_text('notes') }} as notes,
        {{ not_a_number('value') }} as marker,
        _release_id as release_id,
        {{ source_locator() }} as source_locator,
        cast(_row_number as integer) as row_number_in_file
    from both_readings
),

one_place_once as (
    select
        read_values.*,
        row_number() over (
            partition by
                read_values.release_id,
                read_values.indicator_id,
                read_values.breakdown,
                read_values.time_period,
                coalesce(recodes.new_code, read_values.ref_area)
            order by
                case when recodes.new_code is null then 0 else 1 end,
                case when read_values.geography like 'Combined Authority%' then 0 else 1 end,
                read_values.row_number_in_file
        ) as preference
    from read_values
    left join {{ ref('area_recodes') }} as recodes
        on recodes.old_code = read_values.ref_area and recodes.kind = 'recode'
    where read_values.ref_area <> 'na'
)

select
    'ons_explore_local_statistics' as dataset,
    indicator_id,
    ref_area,
    time_period,
    breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    lower_ci,
    upper_ci,
    -- Of low reliability, and therefore not shown: missing, not merely unreliable.
    case
        when obs_value is null and lower(status) = 'u' then 'Q'
        else {{ obs_status('status', 'obs_value') }}
    end as obs_status,
    {{ conf_status('status') }} as conf_status,
    coalesce(status, marker, notes) as source_flag,
    unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from one_place_once
where preference = 1
