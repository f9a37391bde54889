-- Markers in place of a figure, or beside one, that neither the seed source_markers knows for the dataset nor the seed obs_status for all. Where a figure should
-- be, anything counts; beside a figure only what looks like a marker (up to four characters): longer text is a remark. What stands after a semicolon is a
-- release status. Of figures that are sums of several cells, which have no flag of their own, the cells are looked through.
-- Grain: dataset x marker x in place of or beside a figure.
{% set summed_cells = {
    'ofcom_mobile_coverage__coverage':
        ['area_4g_0', 'area_4g_1', 'area_4g_2', 'area_4g_3', 'area_4g_4', 'area_5g_0', 'area_5g_1', 'area_5g_2', 'area_5g_3', 'area_5g_4'],
    'ofcom_fixed_performance__lines':
        ['lines_0_2', 'lines_2_5', 'lines_5_10', 'lines_10_30', 'lines_30_300', 'lines_300_plus', 'lines_30_plus'],
    'mhclg_epc_live_tables__domestic':
        ['rating_a', 'rating_b', 'rating_c', 'rating_d', 'rating_e', 'rating_f', 'rating_g'],
    'mhclg_epc_live_tables__non_domestic':
        ['rating_a_plus', 'rating_a', 'rating_b', 'rating_c', 'rating_d', 'rating_e', 'rating_f', 'rating_g'],
    'hesa_hebci__services': ['value'],
    'hesa_hebci__collaborative_research': ['value'],
    'hesa_hebci__disclosures_and_patents': ['value'],
    'hesa_hebci__intellectual_property_income': ['value'],
} %}

with flags as (
    select
        dataset,
        source_flag,
        obs_value is null as in_place_of_figure,
        release_id,
        source_locator
    from {{ ref('int_observation_conformed') }}
    where source_flag is not null
    {%- for table, columns in summed_cells.items() %}
    {%- for column in columns %}
    union all
    select
        '{{ table.split('__')[0] }}' as dataset,
        {{ clean_text(column) }} as source_flag,
        true as in_place_of_figure,
        _release_id as release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', table) }}
    where {{ not_a_number(column) }} is not null
    {%- endfor %}
    {%- endfor %}
),

flagged as (
    select
        flags.*,
        lower(replace(replace({{ clean_text("split_part(source_flag, ';', 1)") }}, '[', ''), ']', '')) as marker,
        {{ obs_status('source_flag') }} as shorthand_obs_status
    from flags
)

select
    flagged.dataset,
    flagged.marker,
    flagged.in_place_of_figure,
    count(*) as observations,
    max(flagged.release_id) as release_id,
    min(flagged.source_locator) as first_seen_at
from flagged
left join {{ ref('source_markers') }} as markers
    on markers.dataset = flagged.dataset and markers.marker = flagged.marker
left join {{ ref('obs_status') }} as shorthand
    on shorthand.marker = flagged.marker
where
    markers.marker is null
    and shorthand.marker is null
    and flagged.shorthand_obs_status = 'A'
    and (flagged.in_place_of_figure or length(flagged.marker) <= 4)
group by flagged.dataset, flagged.marker, flagged.in_place_of_figure
