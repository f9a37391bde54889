{#- Domains of the Indices of Deprivation: column prefix of File 7, first word of File 10's sheet, indicators of the share and of the rank. -#}
{% macro deprivation_domains() -%}
    {{ return([
        ('imd', 'IMD', 'imd_decile1_share', 'imd_average_rank'),
        ('income', 'Income', 'imd_income_decile1_share', 'imd_income_average_rank'),
        ('employment', 'Employment', 'imd_employment_decile1_share', 'imd_employment_average_rank'),
        ('education', 'Education', 'imd_education_decile1_share', 'imd_education_average_rank'),
        ('health', 'Health', 'imd_health_decile1_share', 'imd_health_average_rank'),
        ('crime', 'Crime', 'imd_crime_decile1_share', 'imd_crime_average_rank'),
        ('barriers', 'Barriers', 'imd_barriers_decile1_share', 'imd_barriers_average_rank'),
        ('living_environment', 'Living', 'imd_living_environment_decile1_share', 'imd_living_environment_average_rank')
    ]) }}
{%- endmacro %}
