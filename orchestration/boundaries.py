"""Outlines of the published areas as one GeoJSON file (RFC 7946), for maps and GIS clients that open no database."""

from __future__ import annotations

from pathlib import Path

# Whoever takes the file takes what the licence asks for with it; what was drawn for the sample is nobody's data.
_COLLECTION = """
    select json_object(
        'type', 'FeatureCollection',
        'attribution', string_agg(distinct releases.attribution, '; ') filter (where areas.basis = 'published'),
        'licence', string_agg(distinct releases.licence, '; ') filter (where areas.basis = 'published'),
        'features', coalesce(to_json(list(json_object(
            'type', 'Feature',
            'id', areas.area_code,
            'properties', json_object(
                'code', areas.area_code,
                'name', areas.area_name,
                'type', areas.area_type,
                'basis', areas.basis
            ),
            'geometry', cast(areas.geojson as json)
        ) order by areas.area_type, areas.area_code)), json_array())
    )
    from mart.mart_area_boundary as areas
    left join mart.dim_release as releases
        on releases.release_id = areas.release_id
    where areas.geojson is not null
"""


def write_boundaries(mart: Path, target: Path) -> None:
    """Every area that has an outline as a feature, larger ones first: a map draws them in this order.

    Outlines stay as published, in degrees of WGS 84. Without any the collection is empty.
    """
    import duckdb

    with duckdb.connect(mart, read_only=True) as con:
        found = con.execute(_COLLECTION).fetchall()
    target.write_text(found[0][0], encoding="utf-8")
