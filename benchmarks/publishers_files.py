"""Files in the publishers' own formats, as many times as large as they are now: what the growth benchmark reads.

* Ofcom, coverage by postcode: a zip in a zip, a CSV for each of 121 postcode areas (byte order mark, CRLF). Ten times
  as many rows as there are postcodes would be a file by premises.
* DESNZ, greenhouse gas emissions by local authority: one CSV of every authority, year, sub-sector and gas. Ten times as
  many rows are ten parts of every sub-sector.

Values follow from their place (hash), so that the same file comes out every time.
"""

from __future__ import annotations

import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from orchestration.home import DBT_PROJECT_DIR
from sources.catalogue import load_dataset

POSTCODES = 1_741_096  # of January 2026
POSTCODE_DATASET = Path(__file__).parent / "catalogue" / "ofcom" / "ofcom_fixed_postcode_coverage.yml"
AREAS = """
    AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK
    FY G GL GU HA HD HG HP HR HS HU HX IG IP IV KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW
    OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA
    WC WD WF WN WR WS WV YO ZE
""".split()  # noqa: SIM905
INWARD = "ABDEFGHJLNPQRSTUWXYZ"
SUB_SECTORS = {
    "Agriculture": [f"Agriculture {kind}" for kind in ("Electricity", "Gas", "Livestock", "'Other'", "Soils")],
    "Commercial": [f"Commercial {kind}" for kind in ("Electricity", "Gas", "'Other'")],
    "Domestic": [f"Domestic {kind}" for kind in ("Electricity", "Gas", "'Other'")],
    "Industry": ["Industry Electricity", "Industry Gas", "Industry 'Other'", "Large Industrial Installations"],
    "LULUCF": [f"Net Emissions: {land}" for land in ("Forestry", "Grassland", "Peatland", "Settlements")],
    "Public Sector": [f"Public Sector {kind}" for kind in ("Electricity", "Gas", "'Other'")],
    "Transport": [
        "Diesel Railways",
        *(f"Road Transport ({roads})" for roads in ("A roads", "Minor roads", "Motorways")),
        "Transport 'Other'",
    ],
    "Waste": ["Landfill", "Waste 'Other'"],
}
FIRST_YEAR, LAST_YEAR = 2005, 2024


def write_postcodes(folder: Path, times: int, postcodes: int = POSTCODES) -> int:
    """The edition as one zip in `folder`, `times` as many rows as there are postcodes. Returns the number of rows."""
    columns = postcode_header()
    shares = ", ".join(
        f"cast(least(hash(i, {at}) % 10000, 1000) as decimal(5, 0)) * 0.1 as {_quoted(name)}"
        for at, name in enumerate(columns[3:])
    )
    counts = [
        postcodes * times * (at + 1) // len(AREAS) - postcodes * times * at // len(AREAS) for at in range(len(AREAS))
    ]
    inner = folder / "202601_fixed_pc_coverage_r2.zip"

    def write_area(at: int) -> Path:
        plain = folder / f"202601_fixed_pc_coverage_r2_{AREAS[at]}.csv"
        con.cursor().execute(f"""
            copy (
                with numbered as (
                    select
                        i,
                        '{AREAS[at]}' || (1 + i // 4000) as outward,
                        i // 400 % 10 || substr('{INWARD}', 1 + (i // 20 % 20)::int, 1)
                            || substr('{INWARD}', 1 + (i % 20)::int, 1) as inward
                    from range({counts[at]}) as numbers (i)
                )
                select outward || inward as postcode, outward || ' ' || inward as postcode_space,
                    '{AREAS[at]}' as "postcode area", {shares}
                from numbered
            ) to '{plain}' (format csv, header, new_line '\\r\\n')""")
        return plain

    with (
        duckdb.connect(config={"threads": 2}) as con,
        zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        ThreadPoolExecutor(2) as pool,  # packing is the faster half: not many files wait for it
    ):
        for plain in pool.map(write_area, range(len(AREAS))):
            with archive.open(plain.name, "w") as member, plain.open("rb") as lines:
                member.write(b"\xef\xbb\xbf")
                shutil.copyfileobj(lines, member, 1 << 24)
            plain.unlink()
    with zipfile.ZipFile(folder / "202601_fixed_broadband_coverage_r01.zip", "w") as outer:
        outer.write(inner, inner.name)
    inner.unlink()
    return sum(counts)


def postcode_header() -> list[str]:
    """Columns of a postcode file, in order."""
    columns = load_dataset(POSTCODE_DATASET).tables[0].columns
    return [column.names[0] for column in columns.values()]


def write_emissions(folder: Path, times: int, years: tuple[int, int] = (FIRST_YEAR, LAST_YEAR)) -> int:
    """The long CSV in `folder`, with every sub-sector in `times` parts. Returns the number of rows."""
    sub_sectors = ", ".join(
        f"('{sector}', '{name.replace(chr(39), chr(39) * 2)}')"
        for sector, names in SUB_SECTORS.items()
        for name in names
    )
    part = "''" if times == 1 else f"' (part ' || part || ' of {times})'"
    target = folder / "2005-24-uk-local-authority-ghg-emissions-CSV-dataset.csv"
    with duckdb.connect() as con:
        con.execute("set threads = 2")
        written = con.execute(f"""
            copy (
                with areas as (
                    select area_code, area_name, hash(area_code) % 900 + 100 as population
                    from read_csv('{DBT_PROJECT_DIR}/seeds/geography/areas.csv', all_varchar = true)
                    where area_type = 'local_authority' and valid_to is null and area_code similar to '[ENSW]0[6-9].*'
                    union all
                    select null, 'Unallocated consumption', 0
                )
                select
                    case left(area_code, 1) when 'E' then 'England' when 'N' then 'Northern Ireland'
                        when 'S' then 'Scotland' when 'W' then 'Wales' else 'Unallocated' end as "Country",
                    case left(area_code, 1) when 'E' then 'E92000001' when 'N' then 'N92000002'
                        when 'S' then 'S92000003' when 'W' then 'W92000004' end as "Country Code",
                    'Region' as "Region",
                    'E12000002' as "Region Code",
                    area_name as "Second Tier Authority",
                    area_name as "Local Authority",
                    area_code as "Local Authority Code",
                    year as "Calendar Year",
                    sector as "LA GHG Sector",
                    sub_sector || {part} as "LA GHG Sub-sector",
                    gas as "Greenhouse gas",
                    round((hash(area_name, year, sub_sector, gas, part) % 1000000007) / 1e8 / {times}, 9)
                        as "Territorial emissions (kt CO2e)",
                    round((hash(area_name, year, sub_sector, gas, part) % 1000000007) / 2e8 / {times}, 9)
                        as "Emissions within the scope of influence of LAs (kt CO2)",
                    population + (year - 2005) / 8 as "Mid-year Population (thousands)",
                    78.0311 as "Area (km2)"
                from areas, range({years[0]}, {years[1]} + 1) as years (year),
                    (values {sub_sectors}) as sub_sectors (sector, sub_sector),
                    range(1, {times} + 1) as parts (part),
                    (values ('CH4'), ('CO2'), ('N2O')) as gases (gas)
            ) to '{target}' (format csv, header)""").fetchone()
    return int(written[0]) if written else 0


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
