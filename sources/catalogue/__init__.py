"""The catalogue: one YAML file per dataset, read into a strict model.

A file says what the dataset is (title, licence, cadence), how its newest release is found (`discover`),
how its payload becomes raw tables (`tables`) and what a good release looks like (`expect`). Unknown or
missing keys are errors that name the file and the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

CATALOGUE_DIR = Path(__file__).parent
SEEDS_DIR = Path(__file__).parents[2] / "dbt_project" / "seeds"
# The same loader in C, where PyYAML was built with it: every start reads the whole catalogue.
YAML_LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CatalogueError(ValueError):
    """A catalogue file is wrong; the message names file, line, what was found and what is allowed."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {value!r} ({error})") from error
    return value


class Column(Strict):
    """How one canonical column is found in a publisher's header.

    Exactly one of `names` (header texts, compared after normalisation), `pattern` (regular expression on the
    normalised header) or `position` (1-based, for headers whose cell is blank). Where a header repeats under
    group titles (starts: All, completions: All), `occurrence` says which one.
    """

    names: tuple[str, ...] = ()
    pattern: str | None = None
    position: int | None = None
    occurrence: int = Field(1, ge=1)  # which of several columns that read alike, from the left
    optional: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"names": (value,)}
        if isinstance(value, list):
            return {"names": tuple(value)}
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Column:
        ways = [bool(self.names), self.pattern is not None, self.position is not None]
        if sum(ways) != 1:
            raise ValueError("a column needs exactly one of names, pattern, position")
        if self.pattern is not None:
            _regex(self.pattern)
        return self


class Melt(Strict):
    """Wide period columns to long: every header that matches `pattern` becomes rows of (label, value)."""

    pattern: str
    label: str = "period_label"
    value: str = "value"

    _check = field_validator("pattern")(_regex)


class GroupBy(Strict):
    """A column of an aggregate: the cells of `column`, or of them what the group of `pattern` finds.

    Cells in which `pattern` finds nothing become `otherwise`.
    """

    column: str
    pattern: str | None = None
    otherwise: str = ""

    @field_validator("pattern")
    @classmethod
    def _finds_one_text(cls, value: str | None) -> str | None:
        if value is not None and re.compile(_regex(value)).groups != 1:
            raise ValueError(f"a pattern with one group is needed, not {value!r}")
        return value


class JsonInput(Strict):
    """Documents of one kind among the files of a payload, as the statement of a `json_sql` table sees them.

    `member` finds them by their file name. `records` is how they lie in a file: one array of them, one on each line,
    or the file is one. `fields` are those that are read, with their DuckDB types; a record may have others.
    """

    member: str
    records: Literal["array", "lines", "object"]
    fields: dict[str, str] = Field(min_length=1)

    _check = field_validator("member")(_regex)


class Aggregate(Strict):
    """Rows counted while they are read: distinct values of `count_distinct` in each group, as column `into`."""

    by: dict[str, GroupBy] = Field(min_length=1)
    count_distinct: str
    into: str


class Keep(Strict):
    """Rows of data as against notes and foot rows: `column` matches `pattern` after trimming."""

    column: str
    pattern: str

    _check = field_validator("pattern")(_regex)


class ValueRule(Strict):
    """Bounds of one column. Numeric bounds apply to text that parses as a number; other text is a marker."""

    column: str
    min: float | None = None
    max: float | None = None
    pattern: str | None = None
    one_of: tuple[str, ...] | None = None
    mostly: float = Field(1.0, ge=0, le=1)
    severity: Literal["error", "warn"] = "error"


class Expect(Strict):
    """The landing contract of one raw table."""

    areas: Literal["home", "home_area"] | tuple[str, ...] = ()  # the authorities of the place; the place itself
    area_column: str | None = None
    areas_in_parts: str | None = None  # regular expression: other parts stop at larger areas
    rows: tuple[int, int] | None = None
    not_null: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    values: tuple[ValueRule, ...] = ()
    # What a release is compared by with the one before it (`sources.drift`).
    period_column: str | None = None  # default: the label of a melted table
    categories: tuple[str, ...] = ()  # columns of a few texts, each of which means something: sector, gas, unit
    may_go: tuple[
        str, ...
    ] = ()  # areas, periods, categories, columns that a release may lack though the one before had it

    @field_validator("areas_in_parts")
    @classmethod
    def _parts_are_a_pattern(cls, value: str | None) -> str | None:
        return value if value is None else _regex(value)

    @model_validator(mode="after")
    def _areas_have_a_column(self) -> Expect:
        if self.areas and not self.area_column:
            raise ValueError("areas need an area_column")
        return self


class Table(Strict):
    """One raw table made of a payload: where it is in the payload, its header, what to expect of it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    format: Literal["csv", "workbook", "arcgis_json", "geojson", "parquet", "ees_json", "json_sql", "odata_json"]
    member: str = r".*"  # regular expression on the file name, inside archives too
    revision: str | None = None  # its group `revision`: of members alike but for it, the highest is read
    archive_holds: tuple[str, ...] = ()  # regular expressions: each matches a member of an archive
    sheet: str | None = None  # workbooks: regular expression on the trimmed sheet name
    sheet_title: str | None = None  # workbooks: regular expression on the text of the first rows
    encoding: str = "utf-8"
    optional: bool = False  # a release without this table is still a release
    columns: dict[str, Column]
    melt: Melt | None = None
    keep: Keep | None = None
    distinct: bool = False  # the publisher repeats rows: of rows alike in every cell the first is read
    # Text beside a label anywhere in the first two columns, e.g. last_updated: '^Last updated'; where the
    # expression has a group, the text of the group, e.g. unit: '^Units: (.+)$'
    capture: dict[str, str] = Field(default_factory=dict)
    aggregate: Aggregate | None = None  # of records that are not to be kept (`personal`)
    # json_sql: records of the inputs, and seeds (paths under dbt_project/seeds), selected or counted while they stream.
    inputs: dict[str, JsonInput] = Field(default_factory=dict)
    seeds: dict[str, str] = Field(default_factory=dict)
    sql: str = ""
    expect: Expect = Expect()

    _check = field_validator("member")(_regex)

    @model_validator(mode="after")
    def _aggregate_counts_columns(self) -> Table:
        if self.aggregate is None:
            return self
        wanted = {self.aggregate.count_distinct, *(group.column for group in self.aggregate.by.values())}
        unknown = sorted(wanted - set(self.columns))
        if unknown or self.melt or self.capture:
            raise ValueError(f"an aggregate is of columns, without melt and capture; not columns: {unknown}")
        return self

    @model_validator(mode="after")
    def _statement_has_inputs(self) -> Table:
        if (self.format == "json_sql") != bool(self.sql) or bool(self.sql) != bool(self.inputs):
            raise ValueError("sql and inputs belong to the format json_sql, and it needs both")
        return self

    @model_validator(mode="after")
    def _compares_its_own_columns(self) -> Table:
        named = {self.expect.period_column, *self.expect.categories} - {None}
        unknown = sorted(str(name) for name in named - set(self.column_names))
        if unknown:
            raise ValueError(f"period_column and categories name columns of the table, not {', '.join(unknown)}")
        return self

    @property
    def period_column(self) -> str | None:
        """Column of the periods that a release speaks of."""
        return self.expect.period_column or (self.melt.label if self.melt else None)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Canonical data columns of the raw table, in order (without provenance columns)."""
        if self.aggregate is not None:
            return (*self.aggregate.by, self.aggregate.into)
        melted = (self.melt.label, self.melt.value) if self.melt else ()
        return (*self.columns, *melted, *self.capture)


# --- how the newest release is found: one model per way --------------------------------------------------


class DiscoverOnsDataset(Strict):
    """ONS website: landing `/data` -> edition `/data` -> `/file?uri=`."""

    method: Literal["ons_dataset"]
    landing: tuple[str, ...]  # site paths, tried in order
    file: str = r"\.xlsx$"  # which downloads of the edition
    part: str | None = None  # regular expression with group `part` on the file name, for several files
    base_url: str = "https://www.ons.gov.uk"


class DiscoverElsBulk(Strict):
    """Explore Local Statistics: one bulk CSV of all datasets, with CSVW metadata beside it."""

    method: Literal["els_bulk"]
    url: str
    metadata_url: str


class DiscoverArcgis(Strict):
    """ArcGIS REST feature layers, paged: one, or one for each part."""

    method: Literal["arcgis"]
    services_url: str
    # Part -> regular expression on a service's name; its groups `year`, and `month` (English name) if there is one,
    # decide the newest. An expression alone is that of the only part.
    service: dict[str, str] = Field(min_length=1)
    layer: int = 0
    page_size: int = 2000
    geometry: bool = False  # outlines are wanted too: features come as GeoJSON in longitude and latitude

    @field_validator("service", mode="before")
    @classmethod
    def _one_part(cls, value: Any) -> Any:
        return {"": value} if isinstance(value, str) else value

    @field_validator("service")
    @classmethod
    def _years_are_found(cls, value: dict[str, str]) -> dict[str, str]:
        without = [pattern for pattern in value.values() if "year" not in re.compile(_regex(pattern)).groupindex]
        if without:
            raise ValueError(f"a pattern with a group `year` is needed, not {without[0]!r}")
        return value


class DiscoverGovuk(Strict):
    """GOV.UK Content API: a page, or a collection whose newest release page is chosen by the year in its slug.

    Releases that are in no collection are looked for by the words of `search`, and chosen in the same way.
    """

    method: Literal["govuk"]
    page: str | None = None
    collection: str | None = None
    search: str | None = None
    # Regular expression on base_path; its groups `year`, and `month` (English name) if there is one, decide the newest.
    release: str | None = None
    attachment: str  # regular expression on file name or title
    base_url: str = "https://www.gov.uk"

    @model_validator(mode="after")
    def _page_or_collection(self) -> DiscoverGovuk:
        if sum(way is not None for way in (self.page, self.collection, self.search)) != 1:
            raise ValueError("exactly one of page, collection, search is needed")
        return self


class NomisQuery(Strict):
    """One request to a Nomis data set.

    `parameters` are codes by dimension ('a...b' is every whole number from a to b); `labels` are resolved to
    codes first; `dates` is a regular expression on the codes of the data set's own list of dates.
    """

    part: str = ""
    dates: str
    parameters: dict[str, str]
    labels: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    _check = field_validator("dates")(_regex)


class DiscoverNomis(Strict):
    """Nomis API: newest release by `def.sdmx.json`, data by paged CSV requests."""

    method: Literal["nomis"]
    id: str = Field(pattern=r"^NM_\d+_\d+$")
    queries: tuple[NomisQuery, ...]
    geography: tuple[str, ...]
    base_url: str = "https://www.nomisweb.co.uk/api/v01"


class DiscoverUrl(Strict):
    """A file that its publisher replaces in place: one address, dated by Last-Modified."""

    method: Literal["url"]
    url: str


class DiscoverUrls(Strict):
    """Files that belong together, each replaced in place: one release, dated by Last-Modified of the first."""

    method: Literal["urls"]
    urls: tuple[str, ...] = Field(min_length=2)


class DiscoverCkan(Strict):
    """CKAN: all data sets that the organisations of a seed (columns `slug`, `name`) list, page by page."""

    method: Literal["ckan"]
    base_url: str
    publishers: str  # seed, a path under dbt_project/seeds
    page_size: int = Field(1000, ge=1, le=1000)


class DiscoverFiles(Strict):
    """Several files that their publisher replaces in place: one address each, a part of its own."""

    method: Literal["files"]
    files: dict[str, str] = Field(min_length=1)  # part -> address


class DiscoverPageLink(Strict):
    """A file linked from a page: the link's address changes, what it says does not."""

    method: Literal["page_link"]
    page: str
    link: str  # regular expression on the absolute address; a group `day` (YYYYMMDD) tells the newest

    _check = field_validator("link")(_regex)


class DiscoverEes(Strict):
    """Explore Education Statistics API: a data set by its id, or the one of a publication by its title.

    Columns of `indicators` and `filters` are those that the data set's `/meta` names; ids are resolved on every run.
    `filters` gives, for at most two columns, a regular expression on the label of the one option that is wanted.
    """

    method: Literal["ees"]
    data_set: str | None = None
    publication: str | None = None  # words to search publications for
    title: str | None = None  # regular expression on the data set's title
    indicators: tuple[str, ...] = Field(min_length=1)
    filters: dict[str, str] = Field(default_factory=dict, max_length=2)
    geographic_levels: tuple[str, ...] = ("NAT", "REG", "LA")
    base_url: str = "https://api.education.gov.uk/statistics/v1"

    @model_validator(mode="after")
    def _data_set_or_publication(self) -> DiscoverEes:
        if (self.data_set is None) == (self.publication is None):
            raise ValueError("exactly one of data_set, publication is needed")
        if (self.publication is None) != (self.title is None):
            raise ValueError("a publication needs the title of the data set in it, and nothing else does")
        for pattern in (self.title or "", *self.filters.values()):
            _regex(pattern)
        return self


class DiscoverFingertips(Strict):
    """Fingertips: one reply for each indicator, a part of its own."""

    method: Literal["fingertips"]
    base_url: str
    indicators: dict[int, str]  # id -> what it is
    child_area_type_id: int
    parent_area_type_id: int


class ODataLabels(Strict):
    """Ids of a dimension by their labels: rows of a reference table whose `label` matches a regular expression."""

    table: str
    id: str
    label: str
    matching: str
    count: int = Field(ge=1)  # how many labels match: one that was renamed is missed

    _check = field_validator("matching")(_regex)


class DiscoverOData(Strict):
    """OData service: sums of one entity by `group_by`, added up by the server, for ids resolved by label each time."""

    method: Literal["odata"]
    base_url: str
    entity: str
    filter: str = ""  # further condition, in OData's own words
    labels: dict[str, ODataLabels] = Field(min_length=1)  # column of the entity -> which of its ids
    group_by: tuple[str, ...] = Field(min_length=1)
    total: str  # column that is added up


class DiscoverOfcom(Strict):
    """Ofcom: zips linked from landing pages, with a pinned list for when the pages cannot be read."""

    method: Literal["ofcom"]
    index: str
    pages: str  # regular expression of release pages linked from the index
    archive: str  # regular expression of zip links on a release page
    pinned: tuple[str, ...] = ()


class DiscoverReturns(Strict):
    """The authority's own returns: files that people drop into a folder (`sources/returns`)."""

    method: Literal["returns"]


Discover = Annotated[
    DiscoverOnsDataset
    | DiscoverElsBulk
    | DiscoverArcgis
    | DiscoverGovuk
    | DiscoverNomis
    | DiscoverOfcom
    | DiscoverEes
    | DiscoverFingertips
    | DiscoverOData
    | DiscoverPageLink
    | DiscoverUrl
    | DiscoverUrls
    | DiscoverCkan
    | DiscoverFiles
    | DiscoverReturns,
    Field(discriminator="method"),
]


class Dataset(Strict):
    """One catalogue file."""

    dataset: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    publisher: str
    title: str
    description: str
    licence: str = "OGL-UK-3.0"
    attribution: str
    landing_page: str
    cadence: str = Field(pattern=r"^P(\d+[YMWD])+$")  # ISO 8601 duration between releases
    whole_series: bool  # a later release replaces the whole series (absent periods are withdrawn)
    verified: bool  # the loader has run on the publisher's real files
    verified_note: str = ""
    media: Literal["csv", "xlsx", "ods", "zip", "json", "parquet", "gz"]
    personal: bool = False  # rows are records: only the aggregate of them is kept, never the payload
    # Environment variables that hold an account; without them nothing is asked, and that is no failure.
    credentials: tuple[str, ...] = ()
    credentials_from: str = ""  # who gives the account
    part: str | None = None  # regular expression with group `part` on a file name (mirror, sample)
    discover: Discover
    tables: tuple[Table, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _records_are_counted(self) -> Dataset:
        if self.personal and (len(self.tables) != 1 or not (self.tables[0].aggregate or self.tables[0].sql)):
            raise ValueError("a personal dataset has exactly one table, with an aggregate or sql that counts")
        if bool(self.credentials) != bool(self.credentials_from):
            raise ValueError("credentials need credentials_from, who gives them, and the other way round")
        if not self.personal and any(table.aggregate for table in self.tables):
            raise ValueError("an aggregate is for a personal dataset; other rows are kept and counted in SQL")
        return self

    @property
    def table_names(self) -> tuple[str, ...]:
        return tuple(table.name for table in self.tables)

    def part_of(self, file_name: str) -> str:
        """Dataset part that a file holds, by its name ('' where the dataset has one part)."""
        found = re.search(self.part, file_name) if self.part else None
        return found["part"] if found else ""

    def expected_areas(self, table: Table, part: str = "") -> tuple[str, ...]:
        """Codes that a whole release of this part must have."""
        areas, parts = table.expect.areas, table.expect.areas_in_parts
        if parts is not None and not re.search(parts, part):
            return ()
        from sources.place import place  # its file is as strict as these

        if areas == "home_area":
            return (place().code,)
        return place().expected(self.dataset) if areas == "home" else tuple(areas)


def load_dataset(path: Path) -> Dataset:
    """Reads one catalogue file; CatalogueError names file and line of the first problem."""
    text = path.read_text(encoding="utf-8")
    try:
        raw = yaml.load(text, Loader=YAML_LOADER)  # noqa: S506
        dataset = Dataset.model_validate(raw)
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path}: not valid YAML: {error}") from error
    except ValidationError as error:
        raise CatalogueError(explain(path, text, error)) from error
    if dataset.dataset != path.stem or dataset.publisher != path.parent.name:
        raise CatalogueError(
            f"{path}:1: expected dataset {path.stem!r} of publisher {path.parent.name!r} (from the file's place), "
            f"found {dataset.dataset!r} of {dataset.publisher!r}"
        )
    return dataset


def place_of(dataset: Dataset, table: str = "", *keys: str | int) -> str:
    """Where the catalogue says it: `sources/catalogue/ons/x.yml:41`, the line of the deepest key that is there.

    `keys` lead on from the table's own entry, as `"expect", "rows"` or `"expect", "values", 2`.
    """
    shown = f"sources/catalogue/{dataset.publisher}/{dataset.dataset}.yml"
    path = CATALOGUE_DIR / dataset.publisher / f"{dataset.dataset}.yml"
    if table not in dataset.table_names or not path.is_file():
        return shown
    root = yaml.compose(path.read_text(encoding="utf-8"))
    return f"{shown}:{_line_of(root, ('tables', dataset.table_names.index(table), *keys))}"


def explain(path: Path, text: str, error: ValidationError) -> str:
    """One line for each problem: file, line, key, what is wrong, what was found."""
    problems = []
    root = yaml.compose(text)
    for item in error.errors():
        line = _line_of(root, item["loc"])
        where = ".".join(str(step) for step in item["loc"])
        problems.append(f"{path}:{line}: {where}: {item['msg']} (found {item.get('input')!r:.80})")
    return "\n".join(problems)


def _line_of(root: yaml.Node | None, location: tuple[Any, ...]) -> int:
    """Line of the deepest key on the way to `location`; steps that are no key (tags of unions) are passed over."""
    node, line = root, 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    node, line = value, key.start_mark.line + 1
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def iter_catalogue(folder: Path = CATALOGUE_DIR) -> Iterator[Dataset]:
    for path in sorted(folder.glob("*/*.yml")):
        yield load_dataset(path)


@cache
def load_catalogue(folder: Path = CATALOGUE_DIR) -> dict[str, Dataset]:
    """All datasets by id, in order of publisher and name. One wrong file is an error for the whole catalogue."""
    return {dataset.dataset: dataset for dataset in iter_catalogue(folder)}
