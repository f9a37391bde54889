"""Everything left of raw Parquet: catalogue, discovery, HTTP, landing zone and readers.

Nothing here knows Dagster, dbt or DuckDB. A dataset comes in as bytes from one of four origins and goes
out as all-text Parquet with provenance columns, or as one clear error.
"""
