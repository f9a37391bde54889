"""GeoJSON features to an Arrow table of text: their properties, their outline as text, and what a contract asks of it.

Beside the properties every feature has the columns

    geometry                    the outline as GeoJSON text (type and coordinates), '' where there is none
    geometry_type               as the publisher says it
    west, south, east, north    its least and greatest coordinates, in whatever unit they are
    open_rings                  rings that do not end where they begin, or have fewer than four positions

No outline is mended here: whether it is one, and whether its numbers are degrees, is the contract's to say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sources.catalogue import Table
from sources.readers.document import Unreadable, load
from sources.readers.json_features import table_of
from sources.readers.shape import add_captured

if TYPE_CHECKING:
    import pyarrow as pa

_LEAST_RING = 4  # a triangle, whose first position is said again at its end


def read(table: Table, path: Path, where: str) -> pa.Table:
    """Canonical text columns, what the table captures of the properties' names, and `_row_number` (1-based)."""
    reply = load(path)
    try:
        features = [{**feature["properties"], **_outline(feature["geometry"])} for feature in reply["features"]]
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable(f"no features with properties and geometry: {type(error).__name__} {error}") from error
    names = list(dict.fromkeys(chain.from_iterable(features)))
    return add_captured(table, table_of(table, names, features, where), [[name] for name in names])


def _outline(geometry: dict[str, Any] | None) -> dict[str, Any]:
    """What the columns of an outline say; None for nothing."""
    rings = list(_rings(geometry or {}))
    positions = list(chain.from_iterable(rings))
    if not all(math.isfinite(number) for position in positions for number in position):
        raise ValueError("a coordinate that is no number")
    longitudes, latitudes = [position[0] for position in positions], [position[1] for position in positions]
    return {
        "geometry": _text(geometry) if geometry and positions else None,
        "geometry_type": geometry["type"] if geometry else None,
        "west": min(longitudes, default=None),
        "south": min(latitudes, default=None),
        "east": max(longitudes, default=None),
        "north": max(latitudes, default=None),
        "open_rings": sum(len(ring) < _LEAST_RING or ring[0] != ring[-1] for ring in rings),
    }


def _rings(geometry: dict[str, Any]) -> Iterator[list[list[float]]]:
    """Every ring of a polygon or of several, holes too; none of anything else."""
    if geometry.get("type") == "Polygon":
        yield from geometry["coordinates"]
    elif geometry.get("type") == "MultiPolygon":
        yield from chain.from_iterable(geometry["coordinates"])


def _text(geometry: dict[str, Any]) -> str:
    parts = {"type": geometry["type"], "coordinates": geometry["coordinates"]}
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
