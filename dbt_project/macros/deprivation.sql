{#- Domains of the Indices of Deprivation: column prefix of File 7, first word of File 10's sheet, indicator. -#}
{% macro deprivation_domains() -%}
    {{ return([
        ('imd', 'IMD', 'imd_decile1_share'),
        ('income', 'Income', 'imd_income_decile1_share'),
        ('employment', 'Employment', 'imd_employment_decile1_share'),
        ('education', 'Education', 'imd_education_decile1_share'),
        ('health', 'Health', 'imd_health_decile1_share'),
        ('crime', 'Crime', 'imd_crime_decile1_share'),
        ('barriers', 'Barriers', 'imd_barriers_decile1_share'),
        ('living_environment', 'Living', 'imd_living_environment_decile1_share')
    ]) }}
{%- endmacro %}
