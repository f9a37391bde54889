"""The two charts of the page as Vega-Lite, and the JavaScript that draws them in the reader's browser.

Both are compiled to Vega once; the page swaps in the data and the settings (signals) of each figure. Nothing is
fetched: Vega comes out of the package `vl_convert` and goes into the page.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

from orchestration.home import PROJECT_ROOT

Spec = dict[str, Any]

# Colours and number formats come from the page: it may be dark, and every figure has its own decimals.
COLOURS = {
    "homeColour": "#00645f",
    "comparatorColour": "#3a3f47",
    "rangeColour": "#c9ced6",
    "medianColour": "#6a7280",
    "targetColour": "#a8326e",
    "inkColour": "#3a3f47",
    "gridColour": "#e3e6ea",
    "paperColour": "#ffffff",
}
SETTINGS = {**COLOURS, "numbers": ",.0f", "divisor": 1, "prefix": "", "suffix": "", "homeDash": [1, 0]} | {
    "tickDays": [],
    "tickLabels": [],
}
HEIGHT = 150


def _colour(name: str) -> Spec:
    return {"expr": f"{name}Colour"}


def _y(field: str, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", **more}


_NUMBERS = "prefix + format(datum.value / divisor, numbers) + suffix"
_AXIS = {
    "labelColor": _colour("ink"),
    "labelFontSize": 11,
    "labelExpr": _NUMBERS,
    "gridColor": _colour("grid"),
    "domain": False,
    "ticks": False,
    "title": None,
}
_BASE: Spec = {
    "autosize": {"type": "fit", "contains": "padding"},
    "background": None,
    "padding": 3,
    "width": 420,
    "height": HEIGHT,
    "params": [{"name": name, "value": value} for name, value in SETTINGS.items()],
    "config": {"view": {"stroke": None}, "font": "Arial, Helvetica, sans-serif"},
}
# One area over time: confidence band against the comparator and the range of combined authorities.
OVER_TIME: Spec = _BASE | {
    "data": {"name": "points"},
    "encoding": {
        "x": {
            "field": "day",
            "type": "quantitative",
            "axis": _AXIS
            | {
                "values": {"expr": "tickDays"},
                "labelExpr": "tickLabels[indexof(tickDays, datum.value)]",
                "labelFlush": True,
                "labelOverlap": False,
                "grid": False,
            },
            "scale": {"zero": False, "nice": False, "padding": 10},
        }
    },
    "layer": [
        {
            "mark": {"type": "area", "color": _colour("range"), "opacity": 0.55},
            "encoding": {
                "y": _y("least", scale={"zero": False}, axis=_AXIS | {"tickCount": 4, "labelPadding": 6}),
                "y2": {"field": "most"},
            },
        },
        {
            "mark": {"type": "line", "color": _colour("median"), "strokeWidth": 1.25, "strokeDash": [1.5, 2.5]},
            "encoding": {"y": _y("median")},
        },
        {
            "mark": {"type": "area", "color": _colour("home"), "opacity": 0.22},
            "encoding": {"y": _y("low"), "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "rule", "color": _colour("home"), "strokeWidth": 1, "opacity": 0.6},
            "encoding": {"y": _y("low"), "y2": {"field": "high"}},
        },
        {
            "data": {"name": "target"},
            "mark": {"type": "rule", "color": _colour("target"), "strokeWidth": 1.5, "strokeDash": [8, 3, 2, 3]},
            "encoding": {"x": None, "y": _y("value")},
        },
        {
            "mark": {"type": "line", "color": _colour("median"), "strokeWidth": 1.25, "strokeDash": [2, 2]},
            "encoding": {"y": _y("region")},
        },
        {
            "mark": {"type": "line", "color": _colour("comparator"), "strokeWidth": 1.75, "strokeDash": [6, 4]},
            "encoding": {"y": _y("comparator")},
        },
        {
            "mark": {
                "type": "line",
                "color": _colour("home"),
                "strokeWidth": 2.5,
                "strokeDash": {"expr": "homeDash"},
            },
            "encoding": {"y": _y("value")},
        },
        {
            "mark": {
                "type": "point",
                "filled": True,
                "fill": _colour("home"),
                "stroke": _colour("paper"),
                "strokeWidth": 1,
                "size": 38,
                "opacity": 1,
            },
            "encoding": {"y": _y("value"), "tooltip": {"field": "words", "type": "nominal"}},
        },
    ],
}
# One period only: areas one below the other, with the range of combined authorities.
ONE_PERIOD: Spec = _BASE | {
    "data": {"name": "points"},
    "encoding": {
        "y": {
            "field": "name",
            "type": "nominal",
            "sort": {"field": "order", "op": "min"},
            "axis": {
                "labelColor": _colour("ink"),
                "labelFontSize": 11,
                "labelLimit": 150,
                "domain": False,
                "ticks": False,
                "title": None,
                "labelPadding": 8,
                "grid": True,
                "gridColor": _colour("grid"),
            },
        }
    },
    "layer": [
        {
            "mark": {"type": "bar", "color": _colour("range"), "opacity": 0.75, "height": 12},
            "encoding": {
                "x": _y(
                    "least",
                    scale={"zero": False, "padding": 14},
                    axis=_AXIS | {"tickCount": 4, "labelFlush": True, "labelOverlap": True},
                ),
                "x2": {"field": "most"},
            },
        },
        {
            "mark": {"type": "tick", "color": _colour("median"), "thickness": 3, "size": 16},
            "encoding": {"x": _y("median")},
        },
        {
            "data": {"name": "target"},
            "mark": {"type": "rule", "color": _colour("target"), "strokeWidth": 1.5, "strokeDash": [8, 3, 2, 3]},
            "encoding": {"x": _y("value"), "y": None},
        },
        {
            "mark": {"type": "rule", "color": _colour("home"), "strokeWidth": 2, "opacity": 0.6},
            "encoding": {"x": _y("low"), "x2": {"field": "high"}},
        },
        *(
            {
                "transform": [{"filter": f"datum.kind === '{kind}'"}],
                "mark": {"type": "point", "filled": True, "color": _colour(colour), "size": size, "shape": shape,
                         "opacity": 1},
                "encoding": {"x": _y("value"), "tooltip": {"field": "words", "type": "nominal"}},
            }
            for kind, colour, size, shape in (
                ("other", "median", 46, "circle"),
                ("comparator", "comparator", 90, "diamond"),
                ("home", "home", 130, "circle"),
            )
        ),
    ],
}  # fmt: skip
DATASETS = ("points", "target")
_LOCK = Lock()


@dataclass(frozen=True)
class Charts:
    """What draws the charts: Vega itself, and the two specifications it runs."""

    javascript: str
    specifications: dict[str, Spec]


def charts(folder: Path) -> Charts:
    """Made once, by a process of its own (it takes seconds and 150 MB), and kept in `folder`.

    Whoever asks meanwhile waits for it.
    """
    made_of = [version("vl-convert-python"), Path(__file__).read_text(encoding="utf-8")]
    kept = folder / f"charts-{hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:12]}.json"
    with _LOCK:
        if not kept.is_file():
            _make(kept)
        return Charts(**json.loads(kept.read_text(encoding="utf-8")))


def _make(kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    scratch = kept.with_name(f".{kept.name}.{os.getpid()}")
    command = [sys.executable, "-m", __name__, str(scratch)]
    try:
        made = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise RuntimeError(f"expected the charts of the page to be compiled, found:\n{made.stderr[-2000:]}")
        for outdated in {*kept.parent.glob("charts-*.json"), *kept.parent.glob(".charts-*")} - {scratch}:
            outdated.unlink()
        scratch.replace(kept)
    finally:
        scratch.unlink(missing_ok=True)


def _compile() -> Charts:
    import vl_convert

    compiled = {
        name: _compiled(vl_convert.vegalite_to_vega, specification)
        for name, specification in {"over_time": OVER_TIME, "one_period": ONE_PERIOD}.items()
    }
    return Charts(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"), compiled)


def _compiled(compile_: Any, specification: Spec) -> Spec:
    """Vega of a Vega-Lite specification, without the address of its schema: the page names no host that it needs."""
    named = copy.deepcopy(specification) | {"datasets": {name: [] for name in DATASETS}}
    vega: Spec = compile_(named)
    vega.pop("$schema", None)
    return vega


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(asdict(_compile())), encoding="utf-8")
