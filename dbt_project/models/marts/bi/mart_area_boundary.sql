-- What a map draws of today's local and combined authorities: an outline, a tile, or both. Grain: area.
with outlines as (
    select
        -- An outline of before a change of code is that of the area under its new code; of two of one area the later serves.
        coalesce(recodes.new_code, boundaries.area_code) as area_code,
        boundaries.geojson,
        boundaries.longitude,
        boundaries.latitude,
        boundaries.valid_year,
        boundaries.release_id,
        releases.dataset,
        releases.basis,
        row_number() over (
            partition by coalesce(recodes.new_code, boundaries.area_code)
            order by releases.release_order desc, boundaries.area_code desc
        ) as serves
    from {{ ref('stg_ons_boundaries') }} as boundaries
    inner join {{ ref('int_release') }} as releases
        on releases.release_id = boundaries.release_id and releases.superseded_by is null
    left join {{ ref('area_recodes') }} as recodes
        on recodes.old_code = boundaries.area_code and recodes.kind = 'recode'
)

select
    areas.area_code,
    areas.area_name,
    areas.area_type,
    outlines.geojson,
    outlines.longitude,
    outlines.latitude,
    cast(tiles.tile_column as bigint) as tile_column,
    cast(tiles.tile_row as bigint) as tile_row,
    outlines.basis,
    outlines.dataset,
    outlines.release_id,
    outlines.valid_year
from {{ ref('dim_area') }} as areas
left join outlines
    on outlines.area_code = areas.area_code and outlines.serves = 1
left join {{ ref('area_tiles') }} as tiles
    on tiles.area_code = areas.area_code
where
    areas.valid_to is null
    and areas.area_type in ('local_authority', 'combined_authority')
    and (outlines.area_code is not null or tiles.area_code is not null)
