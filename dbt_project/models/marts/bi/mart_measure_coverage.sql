-- Every measure of the frameworks, answered or why not. Grain: measure.
-- Only published figures for the home area (or the area that the measure is declared to be read from) answer a measure.
with newest as (
    select
        figures.*,
        case when source_flag like '%corrected%' then ' (' || source_flag || ')' else '' end as correction
    from {{ ref('int_measure_newest') }} as figures
),

judged as (
    select
        newest.*,
        case
            when newest.basis <> 'published' then 'illustrative_only'
            -- The measure itself, whatever the open series that usually stands in for it is worth: a return may bring it.
            when newest.role = 'primary' and newest.strength = 'direct' then 'answered'
            when coalesce(newest.strength, '') like 'weak%' or coalesce(measures.strength, '') like 'weak%' then 'weak_proxy'
            when newest.role = 'proxy' or measures.measure_class = 'proxy' then 'proxy'
            else 'answered'
        end as status
    from newest
    inner join {{ ref('dim_measure') }} as measures
        on measures.measure_id = newest.measure_id
),

-- The indicator that answers best stands for the measure.
best as (
    select
        judged.*,
        row_number() over (
            partition by measure_id
            order by
                case status when 'answered' then 1 when 'proxy' then 2 when 'weak_proxy' then 3 else 4 end,
                case role when 'primary' then 1 else 2 end,
                -- The area itself before the region that stands in for it.
                case area_code when '{{ var("home_area") }}' then 1 else 2 end,
                period_end desc,
                sort_order,
                indicator_id,
                -- A part is shown only where there is no figure of the whole.
                case when breakdown = 'total' then 1 else 2 end,
                breakdown
        ) as best_first
    from judged
),

-- What is meant to answer it, loaded or not: the open series where there is one, else the authority's own return.
intended as (
    select
        bridge.measure_id,
        coalesce(
            min(case when indicators.primary_dataset <> 'lcrca_returns' then bridge.indicator_id end),
            min(bridge.indicator_id)
        ) as indicator_id
    from {{ ref('bridge_measure_indicator') }} as bridge
    inner join {{ ref('dim_indicator') }} as indicators
        on indicators.indicator_id = bridge.indicator_id
    where bridge.role <> 'context'
    group by bridge.measure_id
),

-- What the authority itself could hand in.
own_return as (
    select bridge.measure_id, min(indicators.indicator_name) as indicator_name
    from {{ ref('bridge_measure_indicator') }} as bridge
    inner join {{ ref('dim_indicator') }} as indicators
        on indicators.indicator_id = bridge.indicator_id
    where bridge.role = 'primary' and indicators.primary_dataset = 'lcrca_returns'
    group by bridge.measure_id
),

-- What the members have and the area cannot have: averages and rates without the counts that would combine them.
members_only as (
    select facts.indicator_id, max(facts.time_period) as newest_period
    from {{ ref('fct_observation') }} as facts
    inner join {{ ref('dim_indicator') }} as indicators
        on indicators.indicator_id = facts.indicator_id and indicators.aggregation_rule = 'none'
    inner join {{ ref('bridge_area_membership') }} as memberships
        on
            memberships.member_code = facts.ref_area
            and memberships.parent_code = '{{ var("home_area") }}'
            and memberships.valid_to is null
    where facts.is_latest and facts.obs_value is not null and facts.basis = 'published'
    group by facts.indicator_id
)

select
    measures.measure_id,
    measures.framework_id,
    themes.theme_name as theme,
    outcomes.outcome_name as outcome,
    measures.measure_name,
    measures.measure_class,
    case
        when measures.ended then 'ended'
        when best.status is not null then best.status
        when measures.measure_class = 'local_return' then 'awaiting_return'
        else 'awaiting_source'
    end as status,
    coalesce(best.indicator_id, intended.indicator_id) as indicator_id,
    best.breakdown,
    best.area_code,
    best.time_period as newest_period,
    best.period_end as newest_period_end,
    {{ days_between('best.period_end', as_of_date()) }} as age_days,
    best.obs_value as latest_value,
    best.unit_measure as unit,
    best.basis,
    best.dataset,
    releases.published_at as release_date,
    releases.url as source_url,
    stale.dataset is not null as is_stale,
    case
        when measures.ended
            then 'The series has ended. ' || coalesce(measures.caveat, measures.dataset_hint, '')
        when best.status = 'answered' then 'Answered by ' || indicators.indicator_name || best.correction
        when best.status in ('proxy', 'weak_proxy')
            then 'Read from ' || indicators.indicator_name || '. ' || coalesce(best.what_differs, measures.caveat, '') || best.correction
        when best.status = 'illustrative_only'
            then 'Only invented figures are loaded'
        when measures.measure_class = 'local_return'
            then 'There is no open series, and the combined authority''s own return has not been received'
        -- The publisher gives it to account holders only: whose account is missing, and who gives one.
        when refreshes.status = 'awaiting_source' then refreshes.message
        when members_only.newest_period is not null
            then
                'Published for the member authorities only (newest ' || substr(members_only.newest_period, 1, 10) || '): '
                || indicators.indicator_name || ' cannot be combined into a figure for the area. ' || coalesce(indicators.caveat, '')
        when intended.indicator_id is not null
            then 'No published figure for the area is loaded of ' || indicators.indicator_name
        else 'No series of it is loaded yet'
    end as reason,
    case
        when measures.ended or best.status = 'answered' then null
        when measures.measure_class = 'local_return'
            then 'The combined authority''s own return: outcomes returns template ' || replace(measures.dataset_hint, 'return_', '')
        when own_return.indicator_name is not null
            then 'The combined authority''s own return of ' || own_return.indicator_name || ': outcomes returns template'
        when best.status in ('proxy', 'weak_proxy') then null
        when members_only.newest_period is not null
            then 'Counts behind the figures of the member authorities; they publish averages or rates only'
        else 'A release of ' || coalesce(sources.title, measures.dataset_hint, measures.publisher)
    end as would_answer,
    measures.sort_order
from {{ ref('dim_measure') }} as measures
left join best
    on best.measure_id = measures.measure_id and best.best_first = 1
left join intended
    on intended.measure_id = measures.measure_id
left join own_return
    on own_return.measure_id = measures.measure_id
left join members_only
    on members_only.indicator_id = intended.indicator_id
left join {{ ref('dim_indicator') }} as indicators
    on indicators.indicator_id = coalesce(best.indicator_id, intended.indicator_id)
left join {{ source('raw', 'dataset') }} as sources
    on sources.dataset = measures.dataset_hint
left join {{ source('raw', 'refresh') }} as refreshes
    on refreshes.dataset = measures.dataset_hint
left join {{ source('raw', 'stale_dataset') }} as stale
    on stale.dataset = best.dataset
left join {{ ref('dim_outcome') }} as outcomes
    on outcomes.framework_id = measures.framework_id and outcomes.outcome_id = measures.outcome_id
left join {{ ref('dim_theme') }} as themes
    on themes.framework_id = outcomes.framework_id and themes.theme_id = outcomes.theme_id
left join {{ ref('dim_release') }} as releases
    on releases.release_id = best.release_id
order by measures.sort_order, measures.measure_id
