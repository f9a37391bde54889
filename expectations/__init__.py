"""Data contracts: what a landed release and a finished build must look like, checked with Great Expectations.

`contracts` makes the landing contract of a raw table, `release_gate` the suites a build passes before it is
published, `runner` validates data frames against either, `data_docs` shows the results as a static site.
Nothing here reads the landing zone, writes DuckDB or knows Dagster.
"""
