"""ONS boundaries from the service list to raw Parquet, over HTTP on loopback, with replies as ArcGIS words them.

The outlines are made up: no reply of the publisher's could be read here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import loopback_session
from pyarrow import parquet
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from expectations.contracts import TableExpectation, landing_contract
from expectations.runner import Runner
from orchestration.ingest import Ingest, Outcome
from sources.catalogue import Dataset, DiscoverArcgis, load_catalogue
from sources.errors import NothingFoundError, PayloadError
from sources.http import PoliteSession
from sources.landing import Landing
from sources.origins import open_origin, parse
from sources.publishers import ons
from sources.raw import RawStore
from sources.readers import SourceFile, read_release
from tests.home import HOME_AUTHORITIES

SERVICES = "/arcgis/rest/services"
LAD, CAUTH = "LAD_MAY_2025_UK_BUC", "Combined_Authorities_December_2025_Boundaries_EN_BUC"
LIVERPOOL, LCR = "E08000012", "E47000004"
DISTRICTS = (*HOME_AUTHORITIES, *(f"E07{number:06}" for number in range(1, 350)))
AUTHORITIES = tuple(f"E47{number:06}" for number in range(1, 16))

Feature = dict[str, Any]
Reply = dict[str, Any]


def square(west: float, south: float, side: float = 0.01) -> list[list[float]]:
    east, north = round(west + side, 5), round(south + side, 5)
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(number: int, code: str, prefix: str) -> Feature:
    """A square somewhere in England, with the properties that the layers have."""
    west, south = round(-3 + number % 50 * 0.02, 5), round(53 + number // 50 * 0.02, 5)
    geometry: dict[str, Any] = {"type": "Polygon", "coordinates": [square(west, south)]}
    if number % 7 == 0:
        geometry = {
            "type": "MultiPolygon",
            "coordinates": [[square(west, south)], [square(west, south + 0.015, 0.002)]],
        }
    names = {f"{prefix}CD": code, f"{prefix}NM": f"Area {number}", f"{prefix}NMW": " "}
    label = {"BNG_E": 340000 + number, "BNG_N": 390000, "LONG": west + 0.001, "LAT": south + 0.001}
    sizes = {"Shape__Area": 1e6, "Shape__Length": 4e3, "GlobalID": f"0000-{number}"}
    return {
        "type": "Feature",
        "id": number,
        "geometry": geometry,
        "properties": {"FID": number, **names, **label, **sizes},
    }


class Portal:
    """The portal's services; a layer is in metres of the British National Grid unless degrees are asked for."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.names = [LAD, CAUTH, "LAD25_CAUTH25_EN_LU"]
        self.layers = {
            LAD: [feature(number, code, "LAD25") for number, code in enumerate(DISTRICTS, 1)],
            CAUTH: [feature(number, code, "CAUTH25") for number, code in enumerate(AUTHORITIES, 1)],
        }
        self.most = 150  # features that a reply holds, whatever was asked for
        self.change: Callable[[Reply], Reply] = lambda reply: reply
        self.parts = {"UK": LAD, "EN": CAUTH}
        server.expect_request(SERVICES).respond_with_handler(self._list)
        for name in self.layers:
            path = f"{SERVICES}/{name}/FeatureServer/0/query"
            server.expect_request(path).respond_with_handler(lambda request, name=name: self._query(name, request))

    def dataset(self) -> Dataset:
        dataset = load_catalogue()["ons_boundaries"]
        assert isinstance(dataset.discover, DiscoverArcgis)
        service = {part: pattern for part, pattern in dataset.discover.service.items() if part in self.parts}
        changes = {"services_url": self.server.url_for(SERVICES), "service": service}
        found = dataset.discover.model_copy(update=changes)
        return dataset.model_copy(update={"discover": found})

    def only(self, layer: str) -> None:
        """The other layer is not asked for."""
        self.parts = {part: name for part, name in self.parts.items() if name == layer}

    def _list(self, request: Request) -> Response:
        assert request.args["f"] == "json"
        listed = [{"name": name, "type": "FeatureServer"} for name in self.names]
        return Response(json.dumps({"currentVersion": 11.5, "services": listed}))

    def _query(self, name: str, request: Request) -> Response:
        asked = request.args
        assert (asked["f"], asked["geometryPrecision"], asked["outFields"]) == ("geojson", "5", "*")
        first, count = int(asked["resultOffset"]), min(int(asked["resultRecordCount"]), self.most)
        features = self.layers[name][first : first + count]
        if asked.get("outSR") != "4326":
            features = [in_metres(item) for item in features]
        reply: Reply = {
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": f"EPSG:{asked.get('outSR', 27700)}"}},
            "features": features,
        }
        if len(self.layers[name]) > first + count:
            reply["properties"] = {"exceededTransferLimit": True}
        return Response(json.dumps(self.change(reply)), content_type="application/geo+json")


def with_geometry(item: Feature, geometry: Any) -> Feature:
    return {**item, "geometry": geometry}


def in_metres(item: Feature) -> Feature:
    return with_geometry(item, {"type": "Polygon", "coordinates": [square(334000.0, 390000.0, 1000.0)]})


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


@pytest.fixture
def portal(httpserver: HTTPServer) -> Portal:
    return Portal(httpserver)


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


class Warehouse:
    """Landing zone and raw Parquet of one folder."""

    def __init__(self, root: Path, runner: Runner, session: PoliteSession) -> None:
        self.landing, self.raw = Landing(root / "landing"), RawStore(root / "raw")
        self.session = session
        self._ingest = Ingest(self.landing, self.raw, lambda: runner)

    def ingest(self, portal: Portal) -> Outcome:
        origin = open_origin(parse("live"), self.landing, self.session)
        return self._ingest.ingest(portal.dataset(), origin)

    def rows(self, table: str) -> list[dict[str, str]]:
        """Raw rows of all landed releases that have the table."""
        dataset = load_catalogue()["ons_boundaries"]
        files = self.raw.files(dataset, table, self.landing.releases(sample=False))
        return [row for file in files for row in parquet.read_table(file).to_pylist()]

    def parts(self) -> list[str]:
        return sorted(release.part for release in self.landing.releases(sample=False))


@pytest.fixture
def warehouse(tmp_path: Path, runner: Runner, session: PoliteSession) -> Warehouse:
    return Warehouse(tmp_path, runner, session)


# --- discovery --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "newest", "others"),
    [
        ("UK", "LAD_MAY_2025_UK_BUC", ["Local_Authority_Districts_December_2024_Boundaries_UK_BUC"]),
        ("UK", "Local_Authority_Districts_May_2026_Boundaries_UK_BUC", ["LAD_DEC_2025_UK_BUC", "LAD_MAY_2025_UK_BUC"]),
        ("UK", "LAD_DEC_2025_UK_BUC", ["Local_Authority_Districts_May_2025_Boundaries_UK_BUC"]),
        ("UK", "Local_Authority_Districts_May_2024_Boundaries__UK_BUC", ["LAD_DEC_2023_UK_BUC"]),
        ("UK", "Local_Authority_Districts_May_2023_UK_BUC_V2", ["Local_Authority_Districts_May_2023_UK_BUC"]),
        ("UK", "LAD_MAY_2025_UK_BUC", ["LAD_DEC_2025_UK_BGC", "LPA_APR_2026_UK_BUC", "LAD26_CAUTH26_EN_LU"]),
        ("EN", "Combined_Authorities_December_2025_Boundaries_EN_BUC", ["CAUTH_MAY_2025_EN_BUC"]),
        ("EN", "CAUTH_MAY_2025_EN_BUC", ["Combined_Authorities_December_2023_Boundaries_EN_BUC", "WD_MAY_2026_EN_BUC"]),
    ],
)
def test_newest_layer_is_found_by_year_and_month_under_either_name(
    portal: Portal, session: PoliteSession, part: str, newest: str, others: list[str]
) -> None:
    other_part = CAUTH if part == "UK" else LAD
    portal.names = [*others, newest, other_part]

    found = {candidate.part: candidate.file_name for candidate in ons.discover(portal.dataset(), session)}

    assert found == {part: newest, "EN" if part == "UK" else "UK": other_part}


def test_a_map_of_tiles_is_no_layer(portal: Portal, session: PoliteSession, httpserver: HTTPServer) -> None:
    httpserver.clear()
    listed = [
        {"name": "LAD_MAY_2026_UK_BUC", "type": "VectorTileServer"},
        *({"name": name, "type": "FeatureServer"} for name in (LAD, CAUTH)),
    ]
    httpserver.expect_request(SERVICES).respond_with_json({"services": listed})

    assert [candidate.file_name for candidate in ons.discover(portal.dataset(), session)] == [LAD, CAUTH]


def test_a_kind_of_area_without_a_layer_is_named(portal: Portal, session: PoliteSession) -> None:
    portal.names = [LAD, "CAUTH_MAY_2025_EN_BGC"]

    with pytest.raises(NothingFoundError, match=r"CAUTH.*found 2 others"):
        ons.discover(portal.dataset(), session)


def test_a_look_at_the_publisher_asks_for_one_outline(portal: Portal, session: PoliteSession) -> None:
    dataset = portal.dataset()
    district, _ = ons.discover(dataset, session)

    (url,) = ons.probe_urls(dataset, district, session)

    reply = session.get_json(url, publisher="ons", dataset="ons_boundaries")
    assert [item["geometry"]["coordinates"] for item in reply["features"]] == [[square(-2.98, 53.0)]]


def test_a_service_is_dated_by_its_name() -> None:
    with pytest.raises(ValidationError, match="group `year`"):
        DiscoverArcgis(method="arcgis", services_url="https://example.org", service={"": "^LAD_UK_BUC$"})


# --- what lands -------------------------------------------------------------------------------------------


def test_every_page_of_both_layers_lands_as_text(portal: Portal, warehouse: Warehouse) -> None:
    outcome = warehouse.ingest(portal)

    assert (outcome.status, outcome.problems, warehouse.parts()) == ("ok", [], ["EN", "UK"])
    districts, authorities = warehouse.rows("local_authorities"), warehouse.rows("combined_authorities")
    assert [row["area_code"] for row in districts] == list(DISTRICTS)
    assert {row["_member"] for row in districts} == {f"{LAD}.{page:03}.json" for page in (1, 2, 3)}
    assert [row["area_code"] for row in authorities] == list(AUTHORITIES)
    first = next(row for row in districts if row["area_code"] == LIVERPOOL)
    published = portal.layers[LAD][2]
    assert json.loads(first["geometry"]) == published["geometry"]
    assert {name: first[name] for name in ("west", "south", "east", "north", "open_rings", "year")} == {
        "west": "-2.94",
        "south": "53.0",
        "east": "-2.93",
        "north": "53.01",
        "open_rings": "0",
        "year": "25",
    }
    assert float(first["label_longitude"]) == published["properties"]["LONG"]
    several = json.loads(districts[6]["geometry"])
    assert (several["type"], len(several["coordinates"])) == ("MultiPolygon", 2)
    assert warehouse.ingest(portal).status == "unchanged"  # the same replies again are no news


def test_a_bad_night_leaves_the_outlines_of_the_night_before(portal: Portal, warehouse: Warehouse) -> None:
    portal.only(CAUTH)
    warehouse.ingest(portal)
    portal.change = lambda reply: {**reply, "features": [in_metres(item) for item in reply["features"]]}

    outcome = warehouse.ingest(portal)

    assert outcome.status == "stale"
    assert {row["east"] for row in warehouse.rows("combined_authorities") if row["area_code"] == LCR} == {"-2.91"}


def test_the_word_for_more_at_the_top_of_a_page_is_heard_too(portal: Portal, warehouse: Warehouse) -> None:
    portal.only(CAUTH)
    portal.most = 4
    portal.change = lambda reply: {**reply, **reply.pop("properties", {})}

    assert warehouse.ingest(portal).status == "ok"
    assert len(warehouse.rows("combined_authorities")) == len(AUTHORITIES)


def test_the_year_is_that_of_the_columns_not_of_the_name(portal: Portal, warehouse: Warehouse) -> None:
    """A layer whose name says May 2023 has had the columns of 2024."""
    portal.only(CAUTH)
    portal.layers[CAUTH] = [feature(number, code, "CAUTH26") for number, code in enumerate(AUTHORITIES, 1)]

    assert warehouse.ingest(portal).status == "ok"
    assert {row["year"] for row in warehouse.rows("combined_authorities")} == {"26"}


def test_downloads_by_hand_are_told_apart_by_their_names() -> None:
    dataset = load_catalogue()["ons_boundaries"]

    assert dataset.part_of("LAD_MAY_2025_UK_BUC_4725703192843186948.geojson") == "UK"
    assert dataset.part_of("Local_Authority_Districts_May_2024_Boundaries__UK_BUC_-5684348521832897108.geojson") == "UK"
    assert dataset.part_of("Combined_Authorities_December_2023_Boundaries_EN_BUC_2257483154257386964.geojson") == "EN"


def test_a_folder_of_downloads_lands_as_the_service_does(
    portal: Portal, warehouse: Warehouse, tmp_path: Path, runner: Runner
) -> None:
    folder = tmp_path / "files" / "ons_boundaries"
    folder.mkdir(parents=True)
    download = {"type": "FeatureCollection", "name": CAUTH, "features": portal.layers[CAUTH]}
    (folder / f"{CAUTH}_2257483154257386964.geojson").write_text(json.dumps(download), encoding="utf-8")
    origin = open_origin(parse(f"mirror:{folder.parent}"), warehouse.landing, warehouse.session)

    outcome = Ingest(warehouse.landing, warehouse.raw, lambda: runner).ingest(
        load_catalogue()["ons_boundaries"], origin
    )

    assert (outcome.status, warehouse.parts()) == ("ok", ["EN"])
    assert [row["area_code"] for row in warehouse.rows("combined_authorities")] == list(AUTHORITIES)


# --- what does not: a feature service fails with status 200 -----------------------------------------------


def each(change: Callable[[Feature], Feature]) -> Callable[[Reply], Reply]:
    return lambda reply: {**reply, "features": [change(item) for item in reply["features"]]}


def without(code: str) -> Callable[[Reply], Reply]:
    return lambda reply: {
        **reply,
        "features": [item for item in reply["features"] if code not in item["properties"].values()],
    }


def in_attributes(item: Feature) -> Feature:
    return {"attributes": item["properties"], "geometry": {}}


def of_planning_authorities(item: Feature) -> Feature:
    return {**item, "properties": {"LPA25CD": item["properties"]["LAD25CD"], "LPA25NM": "Area"}}


SILENT: dict[str, tuple[Callable[[Reply], Reply], str]] = {
    "an error in place of a page": (
        lambda reply: {"error": {"code": 400, "message": "Invalid query parameters"}},
        r"an error reply, .*Invalid query parameters",
    ),
    "no word of the pages that are left": (
        lambda reply: {key: value for key, value in reply.items() if key != "properties"},
        "row_count_in_band: expected between 330 and 400 rows, found 150 rows",
    ),
    "pages that never end": (
        lambda reply: {**reply, "properties": {"exceededTransferLimit": True}},
        "features from number 356 on; found none",
    ),
    "metres of the British National Grid": (each(in_metres), r"west_in_range: .* 355 of 355 values do not fit: 334000"),
    "an authority that is missing": (without(LIVERPOOL), f"areas_present: .*{LIVERPOOL} missing"),
    "features of the other format": (each(in_attributes), "expected a readable geojson; found no features with"),
    "areas of another kind": (
        each(of_planning_authorities),
        r"expected a header with area_code \(\^lad.*; found area_code, area_name missing",
    ),
}


@pytest.mark.parametrize(("change", "found"), SILENT.values(), ids=SILENT)
def test_silent_failure_of_the_service(
    portal: Portal, warehouse: Warehouse, change: Callable[[Reply], Reply], found: str
) -> None:
    portal.only(LAD)
    portal.change = change

    outcome = warehouse.ingest(portal)

    assert (outcome.status, warehouse.parts()) == ("missing", [])
    assert len(outcome.problems) == 1
    assert outcome.problems[0].startswith("ons / ons_boundaries: ")
    assert re.search(found, outcome.problems[0]), outcome.problems[0]


def test_a_bad_layer_keeps_the_other_from_nothing(portal: Portal, warehouse: Warehouse) -> None:
    portal.layers[LAD] = [in_attributes(item) for item in portal.layers[LAD]]

    assert warehouse.ingest(portal).status == "stale"
    assert warehouse.parts() == ["EN"]


# --- outlines that are none -------------------------------------------------------------------------------


def polygon(*ring: list[Any]) -> Reply:
    return {"type": "Polygon", "coordinates": [list(ring)]}


HERE = square(-2.9, 53.4)
WRONG: dict[str, tuple[Any, dict[str, str]]] = {
    "nothing": (None, {"geometry": "", "geometry_type": "", "west": "", "open_rings": "0"}),
    "an empty polygon": ({"type": "Polygon", "coordinates": []}, {"geometry": "", "west": ""}),
    "several empty ones": ({"type": "MultiPolygon", "coordinates": [[], [[]]]}, {"geometry": "", "open_rings": "1"}),
    "a point": ({"type": "Point", "coordinates": [-2.9, 53.4]}, {"geometry": "", "geometry_type": "Point"}),
    "a ring left open": (polygon(*HERE[:-1]), {"open_rings": "1"}),
    "a ring of two places": (polygon(HERE[0], HERE[1], HERE[0]), {"open_rings": "1"}),
    "a hole left open": ({"type": "Polygon", "coordinates": [HERE, HERE[1:]]}, {"open_rings": "1"}),
    "latitude first": (polygon(*([y, x] for x, y in HERE)), {"west": "53.4", "south": "-2.9"}),
    "one place in metres": (
        polygon(HERE[0], [334000, 390000.5], *HERE[2:]),
        {"east": "334000", "north": "390000.5", "open_rings": "0"},
    ),
}


def read_outlines(tmp_path: Path, *geometries: Any) -> Any:
    """Raw table of districts with these outlines."""
    features = [with_geometry(feature(at, DISTRICTS[at], "LAD25"), shape) for at, shape in enumerate(geometries)]
    path = tmp_path / f"{LAD}.001.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    dataset = load_catalogue()["ons_boundaries"]
    return read_release(dataset, [SourceFile(path.name, path, "0" * 64)], "release")["local_authorities"]


@pytest.mark.parametrize(("geometry", "read"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_an_outline_stands_in_its_row(tmp_path: Path, geometry: Any, read: dict[str, str]) -> None:
    (row,) = read_outlines(tmp_path, geometry).to_pylist()

    assert {name: row[name] for name in read} == read


def test_contract_names_every_one_of_them(tmp_path: Path, runner: Runner) -> None:
    table = load_catalogue()["ons_boundaries"].tables[0]
    expected = TableExpectation.from_catalogue(load_catalogue()["ons_boundaries"], table, relaxed=True)
    rows = read_outlines(tmp_path, {"type": "Polygon", "coordinates": [HERE]}, *(shape for shape, _ in WRONG.values()))

    checked = runner.check(
        landing_contract("ons_boundaries", table.name, expected),
        rows.to_pandas(),
        kind="contract",
        dataset="ons_boundaries",
        table_name="ons_boundaries__local_authorities",
        release_id="release",
    )

    failed = {result.check_name: result.found for result in checked.results if not result.passed}
    assert {"geometry_filled", "geometry_type_accepted", "open_rings_in_range", "north_in_range"} < set(failed)
    named = {row for found in failed.values() for row in re.findall(r"\d+", found.partition("(row")[2])}
    assert named == {str(number) for number in range(2, 2 + len(WRONG))}  # not the first, which is good


@pytest.mark.parametrize(
    "geometry",
    [
        polygon([float("nan"), 53.4], *HERE),
        polygon([float("inf"), 53.4], *HERE),
        polygon([10**400, 53.4], *HERE),
        polygon(["-2.9", 53.4], *HERE),
        polygon([None, 53.4], *HERE),
        polygon([-2.9], *HERE),
        polygon([], *HERE),
        {"type": "Polygon", "coordinates": HERE},
        {"type": "Polygon", "coordinates": "POLYGON((-2.9 53.4))"},
        {"type": "Polygon"},
        {"rings": [HERE]},
        [HERE],
    ],
)
def test_an_outline_that_is_no_geojson_is_not_read(tmp_path: Path, geometry: Any) -> None:
    with pytest.raises(
        PayloadError, match="expected a readable geojson; found no features with properties and geometry"
    ):
        read_outlines(tmp_path, geometry)
