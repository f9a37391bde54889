{#-
  The data dictionary is made from what dbt knows: the columns that every model of schema mart declares under its enforced contract.
  The tables that the publishing step writes after dbt has ended are declared below; publishing reads their comments from the dictionary.
-#}
{% macro published_step_tables() -%}
    {{ return([
        {
            'table': 'build',
            'description': 'The build that this file is. One row.',
            'key': ['build_id'],
            'columns': [
                ('build_id', 'varchar', 'Identifies the build; the name of its folder.'),
                ('git_commit', 'varchar', 'Commit of the code that built it.'),
                ('started_at', 'timestamp', 'Start of the run, UTC.'),
                ('finished_at', 'timestamp', 'End of the run, UTC.'),
                ('built_from', 'varchar', 'Where the bytes came from: live, sample, mirror or landed.'),
                ('storage_version', 'varchar', 'DuckDB storage version of the file.'),
                ('dbt_version', 'varchar', 'Version of dbt-core.'),
                ('duckdb_version', 'varchar', 'Version of DuckDB that wrote the file.'),
                ('checks_passed', 'bigint', 'Checks that passed.'),
                ('checks_warned', 'bigint', 'Checks of severity warn that failed.'),
                ('checks_failed', 'bigint', 'Checks of severity error that failed: 0 in anything published.'),
                ('published_rows', 'bigint', 'Rows of fct_observation with basis published.'),
                ('illustrative_rows', 'bigint', 'Rows of fct_observation with basis illustrative (invented).'),
                ('datasets_ok', 'bigint', 'Datasets that were read, or were unchanged, in this run.'),
                ('datasets_stale', 'bigint', 'Datasets that failed in this run and are served from an earlier release.'),
                ('datasets_missing', 'bigint', 'Datasets without any release.')
            ]
        },
        {
            'table': 'mart_quality',
            'description': 'Every check of this build and what it found: contracts, dbt tests, release gate. Grain: check.',
            'key': ['check_id'],
            'columns': [
                ('check_id', 'varchar', 'Identifies the check.'),
                ('kind', 'varchar', 'contract (what landed), refused (a release that did not land, and is no part of the build), dbt_test (the models) or release_gate (the mart before publishing).'),
                ('dataset', 'varchar', 'Dataset checked, where it is one.'),
                ('table_name', 'varchar', 'Table checked.'),
                ('column_name', 'varchar', 'Column checked, where it is one.'),
                ('check_name', 'varchar', 'What is checked.'),
                ('severity', 'varchar', 'error (stops publishing) or warn.'),
                ('passed', 'boolean', 'Passed.'),
                ('expected', 'varchar', 'What was expected.'),
                ('found', 'varchar', 'What was found.'),
                ('sample_failing', 'varchar', 'A few of the failing values or rows.'),
                ('release_id', 'varchar', 'Release checked, where it is one.'),
                ('checked_at', 'timestamp', 'When, UTC. A verdict stands, with its time, as long as all that it is about stays as it is.')
            ]
        }
    ]) }}
{%- endmacro %}

{#-
  Columns that identify a row, and columns that point to another table, as the tests say who hold them to it: the grain of a model
  (has_one_row_per_grain of its `is_sound`) and its references to models, not to seeds. Returns {table: {'key': [column], 'refers_to': {column: 'table.column'}}}.
-#}
{% macro tested_keys() -%}
    {%- set keys = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'test' and node.attached_node and node.test_metadata -%}
        {%- set table = keys.setdefault(node.attached_node.split('.')[-1], {'key': [], 'refers_to': {}}) -%}
        {%- set arguments = node.test_metadata.kwargs -%}
        {%- if node.test_metadata.name == 'is_sound' -%}
            {%- do table.key.extend(arguments.get('keys', {}).get('has_one_row_per_grain', [])) -%}
            {%- for column, parent in arguments.get('references', {}).items() -%}
                {%- set referred = parent.to.split("'")[1] -%}
                {%- if 'model.' ~ project_name ~ '.' ~ referred in graph.nodes -%}
                    {%- do table.refers_to.update({column: referred ~ '.' ~ parent.field}) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}

{#- (table, table description, column, type, column description, position, is in the key, refers to) of every published column, sorted by table. -#}
{% macro mart_columns() -%}
    {%- set rows = [] -%}
    {%- if execute -%}
        {%- set keys = tested_keys() -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.package_name == project_name and node.schema == 'mart' -%}
            {%- set tested = keys.get(node.name, {'key': [], 'refers_to': {}}) -%}
            {%- for column in node.columns.values() -%}
                {%- do rows.append((
                    node.name, node.description, column.name, column.data_type, column.description, loop.index,
                    column.name in tested.key, tested.refers_to.get(column.name, '')
                )) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for table in published_step_tables() -%}
            {%- for name, data_type, description in table.columns -%}
                {%- do rows.append((table.table, table.description, name, data_type, description, loop.index, name in table.key, '')) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(rows | sort) }}
{%- endmacro %}

{#- The same as a select. -#}
{% macro column_rows(rows) -%}
    {%- set text = type_text() -%}
    select
        cast(table_name as {{ text }}) as table_name,
        cast(column_name as {{ text }}) as column_name,
        cast(data_type as {{ text }}) as data_type,
        cast(description as {{ text }}) as description,
        cast(table_description as {{ text }}) as table_description,
        cast(ordinal_position as bigint) as ordinal_position,
        is_key,
        cast(nullif(refers_to, '') as {{ text }}) as refers_to
    from (values
        {%- for table, table_description, column, data_type, description, position, is_key, refers_to in rows %}
        (
            {{ dbt.string_literal(table) }},
            {{ dbt.string_literal(column) }},
            {{ dbt.string_literal(data_type | upper) }},
            {{ dbt.string_literal(dbt.escape_single_quotes(description | replace('\n', ' ') | trim)) }},
            {{ dbt.string_literal(dbt.escape_single_quotes(table_description | replace('\n', ' ') | trim)) }},
            {{ position }},
            {{ 'true' if is_key else 'false' }},
            {{ dbt.string_literal(refers_to) }}
        ){{ ',' if not loop.last }}
        {%- else %}
        ('', '', '', '', '', 0, false, '')
        {%- endfor %}
    ) as declared (table_name, column_name, data_type, description, table_description, ordinal_position, is_key, refers_to)
{%- endmacro %}
