-- Providers in the newest tables of HESA whose name is of the home area but that the seed he_providers lacks, and providers of the seed that those
-- tables lack: the first are missing from the sums of the area, the second leave it without a figure. Grain: provider x table x problem.
with listed as (
    {%- for table in ['hesa_hebci__collaborative_research', 'hesa_hebci__services', 'hesa_hebci__disclosures_and_patents',
                      'hesa_hebci__intellectual_property_income', 'hesa_finance__research_income'] %}
    select '{{ table }}' as table_name, {{ clean_text('ukprn') }} as ukprn, {{ clean_text('provider_name') }} as provider_name, _release_id
    from {{ source('raw', table) }}
    where {{ clean_text('ukprn') }} is not null
    {{- '\n    union' if not loop.last }}
    {%- endfor %}
),

newest as (
    select listed.*
    from listed
    inner join {{ ref('int_release') }} as releases
        on releases.release_id = listed._release_id and releases.superseded_by is null
),

-- Words that place a provider by its name.
places as (
    select lower(areas.area_name) as place
    from {{ ref('area_memberships') }} as members
    inner join {{ ref('areas') }} as areas
        on areas.area_code = members.member_code
    where members.parent_code = '{{ var("home_area") }}'
    {%- for word in var('home_also_called') %}
    union
    select '{{ word }}' as place
    {%- endfor %}
)

select distinct newest.ukprn, newest.provider_name, newest.table_name, newest._release_id as release_id, 'by its name of the home area, but not in the seed' as problem
from newest
inner join places
    on lower(newest.provider_name) like '%' || places.place || '%'
where newest.ukprn not in (select ukprn from {{ ref('he_providers') }})
union all
select providers.ukprn, providers.provider_name, tables.table_name, tables._release_id as release_id, 'not in the release' as problem
from {{ ref('he_providers') }} as providers
cross join (select distinct table_name, _release_id from newest) as tables
left join newest
    on newest.ukprn = providers.ukprn and newest.table_name = tables.table_name and newest._release_id = tables._release_id
where newest.ukprn is null
