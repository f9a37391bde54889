-- Every column of every published table, taken from the YAML that declares it, so that it cannot drift from the tables.
-- Grain: table x column.
{{ column_rows(mart_columns()) }}
