-- A correction names a figure that the dataset gives, as a number, and something else in its place, or nothing. Returns the rows of the seed that do not.
{{ config(meta={'dagster': {'ref': {'name': 'mart_corrections'}}}) }}

with corrections as (
    select
        corrections.*,
        {{ try_number('published') }} as published_number,
        {{ try_number('corrected') }} as corrected_number
    from {{ ref('corrections') }} as corrections
),

problems as (
    select
        corrections.correction_id,
        case
            when sources.indicator_id is null then 'the dataset is no source of the indicator (seed indicator_sources)'
            when areas.area_code is null then 'the area is not in the seed of areas'
            when {{ period_start('corrections.time_period') }} is null then 'the period is none'
            when published_number is null then 'published is not a number'
            when corrected_number is null and {{ clean_text('corrected') }} is not null then 'corrected is not a number'
            when corrected_number = published_number then 'corrected is what is published'
            when {{ clean_text('reason') }} is null or {{ clean_text('evidence') }} is null then 'without a reason or evidence'
        end as problem
    from corrections
    left join {{ ref('indicator_sources') }} as sources
        on sources.indicator_id = corrections.indicator_id and sources.dataset = corrections.dataset
    left join {{ ref('areas') }} as areas
        on areas.area_code = corrections.ref_area
)

select * from problems
where problem is not null
