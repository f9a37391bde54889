{#-
  Columns of mart_area_year_wide that hold an indicator, as its YAML declares them: list of (column, indicator, breakdown, kind of period).
  The YAML is what the contract holds; the model is made from it, so that the two cannot differ.
-#}
{% macro wide_columns() -%}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- set declared = graph.nodes['model.' ~ project_name ~ '.mart_area_year_wide'].columns -%}
        {%- for column in declared.values() if 'period' in column.config.meta -%}
            {%- set meta = column.config.meta -%}
            {%- do columns.append((column.name, meta.get('indicator', column.name), meta.get('breakdown', 'total'), meta.period)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}

{#- The same as rows. A list of values: as many selects, one under the other, take longer than all the rest of the model. -#}
{% macro wide_column_rows() -%}
    select * from (values
        {%- for column, indicator, breakdown, kind in wide_columns() %}
        ('{{ column }}', '{{ indicator }}', '{{ breakdown }}', '{{ kind }}'){{ ',' if not loop.last }}
        {%- else %}
        ('', '', '', '')
        {%- endfor %}
    ) as declared (column_name, indicator_id, breakdown, period_kind)
{%- endmacro %}
