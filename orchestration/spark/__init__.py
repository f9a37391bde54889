"""Apache Spark in place of DuckDB: a cluster from the pyspark package alone, and the engine that builds on it."""
