-- Outlines of local and combined authorities, in each release of the boundaries. The label stands where the publisher puts it, and
-- in the middle of the outline's bounding box where the publisher says nothing, or says a place outside that box.
with outlines as (
    {%- for area_type, table in [('local_authority', 'local_authorities'), ('combined_authority', 'combined_authorities')] %}
    select
        {{ clean_code('area_code') }} as area_code,
        {{ clean_text('area_name') }} as area_name,
        '{{ area_type }}' as area_type,
        geometry as geojson,
        {{ try_number('west') }} as west,
        {{ try_number('south') }} as south,
        {{ try_number('east') }} as east,
        {{ try_number('north') }} as north,
        {{ try_number('label_longitude') }} as label_longitude,
        {{ try_number('label_latitude') }} as label_latitude,
        2000 + cast({{ try_number('year') }} as bigint) as valid_year,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'ons_boundaries__' ~ table) }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

placed as (
    select
        *,
        coalesce(label_longitude between west and east and label_latitude between south and north, false) as has_label
    from outlines
)

select
    area_code,
    area_name,
    area_type,
    geojson,
    {{ round_to('case when has_label then label_longitude else (west + east) / 2 end', 5) }} as longitude,
    {{ round_to('case when has_label then label_latitude else (south + north) / 2 end', 5) }} as latitude,
    valid_year,
    release_id,
    source_locator
from placed
