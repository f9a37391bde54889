-- Markers in place of a figure, or beside one, that neither the seed source_markers knows for the dataset nor the seed obs_status for all. Where a figure should
-- be, anything counts; beside a figure only what looks like a marker (up to four characters): longer text is a remark. What stands after a semicolon is a
-- release status. Grain: dataset x marker x in place of or beside a figure.
with flagged as (
    select
        dataset,
        lower(replace(replace({{ clean_text("split_part(source_flag, ';', 1)") }}, '[', ''), ']', '')) as marker,
        obs_value is null as in_place_of_figure,
        {{ obs_status('source_flag') }} as shorthand_obs_status,
        release_id,
        source_locator
    from {{ ref('int_observation_conformed') }}
    where source_flag is not null
)

select
    flagged.dataset,
    flagged.marker,
    flagged.in_place_of_figure,
    count(*) as observations,
    max(flagged.release_id) as release_id,
    min(flagged.source_locator) as first_seen_at
from flagged
left join {{ ref('source_markers') }} as markers
    on markers.dataset = flagged.dataset and markers.marker = flagged.marker
left join {{ ref('obs_status') }} as shorthand
    on shorthand.marker = flagged.marker
where
    markers.marker is null
    and shorthand.marker is null
    and flagged.shorthand_obs_status = 'A'
    and (flagged.in_place_of_figure or length(flagged.marker) <= 4)
group by flagged.dataset, flagged.marker, flagged.in_place_of_figure
