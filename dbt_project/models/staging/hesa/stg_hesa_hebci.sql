-- What the higher education providers of the combined authority, and of the United Kingdom, did with businesses, and the intellectual property
-- they disclosed: counts, and income in GBP million. A provider's figure is the sum of the cells that make it up (contracts with small and
-- large businesses, for research and for consultancy); a cell without a number leaves none. Totals in the file are not read: they hold
-- non-commercial partners as well.

{% set businesses = "('SME''s', 'SMEs', 'Other (non-SME) commercial businesses')" %}
{% set provenance = ['_release_id', '_file_sha256', '_member', '_row_number'] %}

with cells as (
    select
        'hei_business_contracts' as indicator_id, 'count' as unit_measure, 1 as scale, ukprn, academic_year, value,
        {{ provenance | join(', ') }}
    from {{ source('raw', 'hesa_hebci__services') }}
    where
        {{ clean_text('type_of_service') }} in ('Contract research', 'Consultancy')
        and {{ clean_text('type_of_organisation') }} in {{ businesses }}
        and {{ clean_text('number_or_value') }} = 'Number'
    union all
    select
        'hei_sme_contracts', 'count', 1, ukprn, academic_year, value,
        {{ provenance | join(', ') }}
    from {{ source('raw', 'hesa_hebci__services') }}
    where
        {{ clean_text('type_of_service') }} in ('Contract research', 'Consultancy')
        and {{ clean_text('type_of_organisation') }} in ('SME''s', 'SMEs')
        and {{ clean_text('number_or_value') }} = 'Number'
    union all
    select
        'hei_business_income', 'GBP million', 1000, ukprn, academic_year, value,
        {{ provenance | join(', ') }}
    from {{ source('raw', 'hesa_hebci__services') }}
    where
        {{ clean_text('type_of_service') }} in ('Contract research', 'Consultancy', 'Facilities and equipment related')
        and {{ clean_text('type_of_organisation') }} in {{ businesses }}
        and {{ clean_text('number_or_value') }} = 'Value'
    union all
    select
        'hei_collaborative_research_income', 'GBP million', 1000, ukprn, academic_year, value,
        {{ provenance | join(', ') }}
    from {{ source('raw', 'hesa_hebci__collaborative_research') }}
    where {{ clean_text('source_of_funding') }} = 'All' and {{ clean_text('type_of_income') }} = 'Total'
    union all
    select
        case when {{ hesa_is_disclosure('type_of_disclosure') }} then 'hei_disclosures' else 'hei_patents_filed' end,
        'count', 1, ukprn, academic_year, value,
        {{ provenance | join(', ') }}
    from {{ source('raw', 'hesa_hebci__disclosures_and_patents') }}
    where {{ hesa_is_disclosure('type_of_disclosure') }} or {{ hesa_is_patent_filed('type_of_disclosure') }}
    union all
    select
        'hei_ip_income', 'GBP million', 1000, ukprn, academic_year, value,
        {{ provenance | join(', ') }}
    from {{ source('raw', 'hesa_hebci__intellectual_property_income') }}
    where {{ clean_text('category') }} = 'Total IP revenues'
),

units as (
    select distinct indicator_id, unit_measure from cells
),

provider_figures as (
    select
        indicator_id,
        {{ clean_text('ukprn') }} as ukprn,
        {{ clean_text('academic_year') }} as academic_year,
        -- Two kinds that read alike (disclosures, and their total) are one count told twice.
        case
            when indicator_id in ('hei_disclosures', 'hei_patents_filed') and count(*) > 1 then null
            when count({{ try_number('value') }}) = count(*) then {{ exact_sum(try_number('value')) }} / max(scale)
        end as obs_value,
        _release_id,
        _file_sha256,
        _member,
        min(cast(_row_number as integer)) as _row_number
    from cells
    group by indicator_id, {{ clean_text('ukprn') }}, {{ clean_text('academic_year') }}, _release_id, _file_sha256, _member
),

area_sums as (
    {{ hesa_area_sums('provider_figures') }}
)

select
    'hesa_hebci' as dataset,
    area_sums.indicator_id,
    area_sums.ref_area,
    area_sums.time_period,
    'total' as breakdown,
    area_sums.obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('null', 'area_sums.obs_value') }} as obs_status,
    'F' as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    units.unit_measure,
    'derived' as value_origin,
    area_sums._release_id as release_id,
    -- The row is that of the first provider of the sum.
    {{ source_locator('area_sums') }} as source_locator
from area_sums
inner join units
    on units.indicator_id = area_sums.indicator_id
