-- Every marker that stands in place of a figure, or beside one, is known: seed source_markers says how it is loaded. A warning: a figure with such a marker is
-- missing or kept as it is, never nought, but what the publisher means by it has to be looked up and written down. Returns the markers.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_marker_unknown'}}}) }}

select dataset, marker, in_place_of_figure, observations, first_seen_at
from {{ ref('int_marker_unknown') }}
