{#- Target lake: the marts are tables of the lake; staging, intermediate and seeds stay in the database of the process. -#}
{% macro in_lake(node) -%}
    {{ return(target.name == 'lake' and node.resource_type == 'model' and node.fqn[1] == 'marts') }}
{%- endmacro %}

{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {{ 'outcomes' if in_lake(node) else target.database }}
{%- endmacro %}

{#-
  Writers build side by side, each under names of its own (fct_observation__1a2b3c4d); publishing renames what was checked, in one
  transaction. Without OUTCOMES_LAKE_WRITER the tables have their plain names.
-#}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {%- set writer = env_var('OUTCOMES_LAKE_WRITER', '') if in_lake(node) else '' -%}
    {{ custom_alias_name or node.name }}{{ '__' ~ writer if writer }}
{%- endmacro %}
