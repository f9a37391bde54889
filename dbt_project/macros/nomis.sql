{#-
  Cells of a Nomis data set, typed, with what Nomis says of each in SDMX terms. Columns: release_id, ref_area, date_code, the dimensions and
  `measures` as codes, obs_value, obs_status, conf_status, status_letter, is_reconstructed, source_locator.
  Nomis's status letters are its own (seed source_markers); its OBS_CONF F means free, as in SDMX. An empty cell is missing, whatever its letter.
  nomis_source_flag keeps the letter where it is not A, or what stands in place of the figure, and says `reconstructed` of a release whose figures are real but whose file is not Nomis's.
-#}
{% macro nomis_cells(dataset, dimensions) -%}
    select
        cells._release_id as release_id,
        {{ clean_code('cells.geography_code') }} as ref_area,
        {{ clean_text('cells.date_code') }} as date_code,
        {%- for dimension in dimensions %}
        {{ clean_text('cells.' ~ dimension) }} as {{ dimension }},
        {%- endfor %}
        {{ clean_text('cells.measures') }} as measures,
        case when coalesce(markers.load_as, 'value') = 'value' then {{ try_number('cells.obs_value') }} end as obs_value,
        case
            when {{ try_number('cells.obs_value') }} is null and coalesce(markers.load_as, 'value') = 'value' then 'O'
            else coalesce(markers.obs_status, 'A')
        end as obs_status,
        case when {{ clean_text('cells.obs_conf') }} = 'C' then 'C' else coalesce(markers.conf_status, 'F') end as conf_status,
        coalesce(nullif({{ clean_text('cells.obs_status') }}, 'A'), {{ not_a_number('cells.obs_value') }}) as status_letter,
        releases.kind = 'reconstructed' as is_reconstructed,
        {{ source_locator('cells') }} as source_locator
    from {{ source('raw', dataset ~ '__cells') }} as cells
    left join {{ source('raw', 'release') }} as releases
        on releases.release_id = cells._release_id
    left join {{ ref('source_markers') }} as markers
        on
            markers.dataset = '{{ dataset }}'
            and markers.marker = lower({{ clean_text('cells.obs_status') }})
{%- endmacro %}

{#- 'Q', 'reconstructed', 'Q; reconstructed' or NULL. -#}
{% macro nomis_source_flag(status_letter, is_reconstructed) -%}
    case
        when coalesce({{ is_reconstructed }}, false) then coalesce({{ status_letter }} || '; ', '') || 'reconstructed'
        else {{ status_letter }}
    end
{%- endmacro %}

{#- Twelve months that end in the month of the code: '2023-12' -> '2023-01-01/P1Y', '2025-09' -> '2024-10-01/P1Y'. -#}
{% macro nomis_rolling_year_period(date_code) -%}
    case
        when not {{ matches(date_code, '^[0-9]{4}-(0[1-9]|1[0-2])$') }} then null
        when substr({{ date_code }}, 6, 2) = '12' then substr({{ date_code }}, 1, 4) || '-01-01/P1Y'
        else
            cast(cast(substr({{ date_code }}, 1, 4) as integer) - 1 as {{ type_text() }})
            || '-' || lpad(cast(cast(substr({{ date_code }}, 6, 2) as integer) + 1 as {{ type_text() }}), 2, '0')
            || '-01/P1Y'
    end
{%- endmacro %}

{#- A month: '2026-02' -> '2026-02-01/P1M'. -#}
{% macro nomis_month_period(date_code) -%}
    case when {{ matches(date_code, '^[0-9]{4}-(0[1-9]|1[0-2])$') }} then {{ date_code }} || '-01/P1M' end
{%- endmacro %}

{#- 'total', or 'industry=C' for section C of SIC 2007; NULL for any other industry. -#}
{% macro nomis_industry_breakdown(industry, industry_code) -%}
    case
        when {{ industry }} = '37748736' then 'total'
        when {{ matches(industry_code, '^[A-U]$') }} then 'industry=' || {{ industry_code }}
    end
{%- endmacro %}

{#-
  Sums over the classes of a list of industries (seed sic_lists), in the columns of every staging model of observations. `indicators` gives the
  indicator of each list; `condition` chooses the cells. A class counts where its Nomis id and its code say the same: Nomis answers with Total
  for what it does not know. A sum of which a class is missing or withheld, or there twice, is missing, never smaller or larger.
  An area that comes under its code of ITL or NUTS is the same area: TLD7 and UKD7 are the city region (seed area_aliases).
-#}
{% macro nomis_industry_list_sums(dataset, dimensions, condition, indicators) -%}
with cells as (
    {{ nomis_cells(dataset, ['industry', 'industry_code'] + dimensions) }}
),

lists as (
    select
        case list_id
            {%- for list_id, indicator_id in indicators.items() %}
            when '{{ list_id }}' then '{{ indicator_id }}'
            {%- endfor %}
        end as indicator_id,
        sic_code,
        count(*) over (partition by list_id) as classes_expected
    from {{ ref('sic_lists') }}
    where list_id in ('{{ indicators | join("', '") }}')
),

observations as (
    select
        cells.*,
        lists.indicator_id,
        lists.sic_code,
        lists.classes_expected,
        coalesce(aliases.area_code, cells.ref_area) as area_code
    from cells
    inner join lists
        on
            lists.sic_code = cells.industry_code
            and cast(lists.sic_code as integer) + 138412032 = {{ try_number('cells.industry') }}
    left join {{ ref('area_aliases') }} as aliases
        on aliases.scheme in ('itl', 'nuts') and aliases.alias = cells.ref_area
    where {{ condition }}
),

summed as (
    select
        indicator_id,
        area_code as ref_area,
        {{ calendar_year_period('date_code') }} as time_period,
        release_id,
        coalesce(
            count(*) = max(classes_expected)
            and count(distinct case when obs_value is not null then sic_code end) = max(classes_expected),
            false
        ) as is_whole,
        {{ exact_sum('obs_value') }} as total,
        {{ winning_obs_status('obs_status') }} as obs_status,
        max(status_letter) as status_letter,
        max(is_reconstructed) as is_reconstructed,
        min(source_locator) || ' and ' || cast(count(*) - 1 as {{ type_text() }}) || ' more rows' as source_locator
    from observations
    group by indicator_id, area_code, date_code, release_id
)

{{ nomis_whole_sums(dataset) }}
{%- endmacro %}

{#- Observations from relation `summed`: a sum that is not whole (is_whole) is missing, not smaller. -#}
{% macro nomis_whole_sums(dataset) -%}
select
    '{{ dataset }}' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    case when is_whole then total end as obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    case when is_whole then obs_status else 'O' end as obs_status,
    'F' as conf_status,
    {{ nomis_source_flag('status_letter', 'is_reconstructed') }} as source_flag,
    'count' as unit_measure,
    'derived' as value_origin,
    release_id,
    source_locator
from summed
{%- endmacro %}
