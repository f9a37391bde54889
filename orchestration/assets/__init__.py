"""Assets and their checks: datasets, build database, dbt models, release gate, published mart."""
