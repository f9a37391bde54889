{#-
  From figures of providers to areas: the sum of the providers that the seed names for an area, and, from a whole release only, that of all
  providers of the United Kingdom. Columns of `figures`: indicator_id, ukprn, academic_year, obs_value, _release_id, _file_sha256, _member,
  _row_number (number). One provider without a figure, or without a row, leaves the area without one: a sum of the rest would be taken for it.
  Ends in a query of indicator_id, ref_area, time_period, obs_value and the provenance.
-#}
{% macro hesa_area_sums(figures) -%}
    select
        asked.indicator_id,
        asked.ref_area,
        {{ academic_year_period('asked.academic_year') }} as time_period,
        case when count(figures.obs_value) = count(*) then {{ exact_sum('figures.obs_value') }} end as obs_value,
        asked._release_id,
        asked._file_sha256,
        asked._member,
        cast(min(coalesce(figures._row_number, asked.first_row)) as {{ type_text() }}) as _row_number
    from (
        select
            tables.indicator_id,
            tables.academic_year,
            providers.area_code as ref_area,
            providers.ukprn,
            tables._release_id,
            tables._file_sha256,
            tables._member,
            tables.first_row
        from (
            select indicator_id, academic_year, _release_id, _file_sha256, _member, min(_row_number) as first_row
            from {{ figures }}
            group by indicator_id, academic_year, _release_id, _file_sha256, _member
        ) as tables
        cross join {{ ref('he_providers') }} as providers
        union all
        select
            every.indicator_id,
            every.academic_year,
            'K02000001' as ref_area,
            every.ukprn,
            every._release_id,
            every._file_sha256,
            every._member,
            every._row_number as first_row
        from {{ figures }} as every
        inner join {{ source('raw', 'release') }} as releases
            on releases.release_id = every._release_id and releases.kind = 'whole'
    ) as asked
    left join {{ figures }} as figures
        on
            figures._release_id = asked._release_id
            and figures.indicator_id = asked.indicator_id
            and figures.academic_year = asked.academic_year
            and figures.ukprn = asked.ukprn
    group by asked.indicator_id, asked.ref_area, asked.academic_year, asked._release_id, asked._file_sha256, asked._member
{%- endmacro %}

{#- Kinds of disclosure and patent (HE-BCI table 4a), by their words: the number of disclosures, whatever kinds it is split into … -#}
{% macro hesa_is_disclosure(kind) -%}
    {{ matches('lower(' ~ clean_text(kind) ~ ')', '^(total )?(number of )?disclosures?$') }}
{%- endmacro %}

{#- … and new patent applications filed in the year: not those of which somebody else is the applicant, not those granted, not the portfolio. -#}
{% macro hesa_is_patent_filed(kind) -%}
    {{ matches('lower(' ~ clean_text(kind) ~ ')', '^(number of )?new patent applications( filed)?( in (the )?year)?$') }}
{%- endmacro %}
