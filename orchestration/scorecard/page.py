"""Writes the page: one HTML file that asks nobody for anything, and says so in its Content-Security-Policy."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from orchestration.scorecard.charts import Charts, charts
from orchestration.scorecard.model import Page
from orchestration.scorecard.model import page as page_of
from orchestration.scorecard.read import read
from orchestration.scorecard.words import Row

Ring = list[list[float]]

FOLDER = Path(__file__).parent


def write_page(mart: Path, target: Path, kept: Path) -> None:
    """Writes the scorecard of a finished mart file. Raises duckdb.Error where a table that it reads is missing.

    `kept`: the folder of what is the same in every page (`charts`).
    """
    target.write_text(render(page_of(read(mart)), charts(kept)), encoding="utf-8")


def render(page: Page, drawn: Charts) -> str:
    """The page as HTML. All text is escaped; scripts and styles run by their hash only."""
    drawing = map_of(page.boundaries)
    tiles = "" if drawing else tile_places(page.boundaries)  # one map is enough
    script, style = _own("scorecard.js"), _own("scorecard.css") + tiles
    vega = _own("vega-notice.txt") + harmless_script(drawn.javascript)
    return _template().render(
        page=page,
        policy=policy(scripts=(script, vega), styles=(style,)),
        style=Markup(style),
        script=Markup(script),
        vega=Markup(vega),
        shapes=Markup(_own("shapes.svg")),
        map=drawing,
        data=embedded(page.data),
        specifications=embedded(drawn.specifications),
    )  # fmt: skip


@cache
def _template() -> jinja2.Template:
    surroundings = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    return surroundings.get_template("scorecard.html.j2")


@cache
def _own(name: str) -> str:
    """A file of this package that goes into the page as it is."""
    return (FOLDER / name).read_text(encoding="utf-8")


def policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """A Content-Security-Policy that forbids every connection, and every script and style but these."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src {' '.join(map(_hash, styles))}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def embedded(value: Any) -> Markup:
    """JSON for a script element: nothing in it can end that element. Missing numbers are null."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def harmless_script(text: str) -> str:
    """JavaScript as an HTML parser keeps it: no carriage return, and no end of its element within a string."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("</script", "<\\/script").replace("<!--", "<\\!--")


# --- the map ----------------------------------------------------------------------------------------------


def tile_places(boundaries: Sequence[Row]) -> str:
    """Style rules that put each authority's button where its tile lies; '' without tiles."""
    placed = [row for row in boundaries if row["tile_column"] is not None and row["tile_row"] is not None]
    if not placed or len(placed) < len(boundaries):
        return ""
    left, top = (min(row[name] for row in placed) for name in ("tile_column", "tile_row"))
    columns = int(max(row["tile_column"] for row in placed) - left + 1)
    rules = [
        f".tiles{{grid-template-columns:repeat({columns},minmax(0,1fr))}}.tiles .whole{{grid-row:1}}",
        *(
            f'.tiles [data-area="{row["area_code"]}"]{{grid-area:{int(row["tile_row"] - top + 2)}'
            f"/{int(row['tile_column'] - left + 1)}}}"
            for row in placed
            if str(row["area_code"]).isalnum()
        ),
    ]
    return "".join(rules)


def map_of(boundaries: Sequence[Row]) -> Markup:
    """A drawing of the authorities where boundaries are published for all of them; else none: the tiles will do."""
    if not boundaries or any(row["basis"] != "published" or not row["geojson"] for row in boundaries):
        return Markup("")
    shapes = {row["area_code"]: (row["area_name"], _rings(json.loads(row["geojson"]))) for row in boundaries}
    points = [point for _, rings in shapes.values() for ring in rings for point in ring]
    west, east = min(point[0] for point in points), max(point[0] for point in points)
    south, north = min(point[1] for point in points), max(point[1] for point in points)
    narrowing = math.cos(math.radians((south + north) / 2))
    scale = MAP_WIDTH / ((east - west) * narrowing)
    height = (north - south) * scale

    def path(ring: Ring) -> str:
        placed = (f"{(x - west) * narrowing * scale:.1f} {(north - y) * scale:.1f}" for x, y, *_ in ring)
        return f"M{'L'.join(point for point, _ in groupby(placed))}Z"  # no two points on one spot

    drawn = Markup("").join(
        Markup('<path data-area="{}" d="{}"><title>{}</title></path>').format(code, "".join(map(path, rings)), name)
        for code, (name, rings) in shapes.items()
    )
    owed = Markup("").join(
        Markup('<p class="small">{}</p>').format(text)
        for text in sorted({row["attribution"] for row in boundaries if row["attribution"]})
    )
    svg = '<svg class="map" viewBox="-2 -2 {} {}" aria-hidden="true" focusable="false">{}</svg>{}'
    return Markup(svg).format(MAP_WIDTH + 4, round(height) + 4, drawn, owed)


MAP_WIDTH = 300


def _rings(geometry: dict[str, Any]) -> list[Ring]:
    """Rings of a GeoJSON Polygon, MultiPolygon or Feature of one, in longitude and latitude."""
    geometry = geometry.get("geometry", geometry)
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [ring for polygon in polygons for ring in polygon]
