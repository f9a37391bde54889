-- Every figure that the strategy documents state, beside what the publishers' releases say. Grain: claim.
--   reproduced          the nearest vintage, rounded as the document rounds, gives the figure
--   revised_since       the same series and period, another figure
--   definition_unclear  the document does not say enough to tell; a figure may stand beside it, and decides nothing
--   no_open_source      no indicator counts it, or no published release at hand holds the period
-- The nearest vintage is the last release before the document, else the first one after it, cross-checks included. A claim about two
-- figures (a share, a gap, a change) takes both from one release. Illustrative figures replay nothing.
with claims as (
    select
        claims.*,
        documents.document_title,
        cast(documents.published_on as date) as document_date,
        coalesce(claims.other_indicator_id, claims.indicator_id) as compared_indicator_id,
        coalesce(claims.other_area_code, claims.area_code) as compared_area_code,
        coalesce(claims.other_time_period, claims.time_period) as compared_time_period
    from {{ ref('claims') }} as claims
    inner join {{ ref('documents') }} as documents
        on documents.document_id = claims.document_id
    where documents.area_code = '{{ var("home_area") }}'
),

published as (
    select *
    from {{ ref('fct_observation') }}
    where basis = 'published' and obs_value is not null
),

-- One row for each release that holds what the claim is about.
vintages as (
    select
        claims.claim_id,
        facts.dataset,
        facts.release_id,
        facts.realtime_start,
        facts.is_latest and (claims.replay = 'value' or others.is_latest) as serves_now,
        claims.document_date,
        sources.priority,
        cast(claims.scale as double) * case claims.replay
            when 'value' then facts.obs_value
            when 'difference' then facts.obs_value - others.obs_value
            when 'percent_of' then 100 * facts.obs_value / nullif(others.obs_value, 0)
            when 'percent_below' then 100 * (1 - facts.obs_value / nullif(others.obs_value, 0))
            when 'percent_change' then 100 * (facts.obs_value / nullif(others.obs_value, 0) - 1)
        end as found_value
    from claims
    inner join published as facts
        on
            facts.indicator_id = claims.indicator_id
            and facts.breakdown = claims.breakdown
            and facts.ref_area = claims.area_code
            and facts.time_period = claims.time_period
    left join published as others
        on
            claims.replay <> 'value'
            and others.release_id = facts.release_id
            and others.dataset = facts.dataset
            and others.indicator_id = claims.compared_indicator_id
            and others.breakdown = claims.breakdown
            and others.ref_area = claims.compared_area_code
            and others.time_period = claims.compared_time_period
    left join {{ ref('indicator_sources') }} as sources
        on sources.indicator_id = facts.indicator_id and sources.dataset = facts.dataset
),

ranked as (
    select
        vintages.*,
        row_number() over (
            partition by claim_id
            order by
                case when realtime_start <= document_date then 0 else 1 end,
                case when realtime_start <= document_date then realtime_start end desc,
                realtime_start asc,
                priority asc,
                release_id asc
        ) as nearest_first
    from vintages
    where found_value is not null
),

serving as (
    select claim_id, max(found_value) as latest_value
    from ranked
    where serves_now
    group by claim_id
),

compared as (
    select
        claims.*,
        ranked.found_value,
        ranked.dataset,
        ranked.release_id,
        ranked.realtime_start,
        serving.latest_value,
        ranked.found_value - cast(claims.figure as double) as difference,
        case claims.comparison
            when 'equals'
                then round(ranked.found_value * power(10.0, claims.decimals)) = round(cast(claims.figure as double) * power(10.0, claims.decimals))
            when 'less_than' then ranked.found_value < cast(claims.figure as double)
            when 'more_than' then ranked.found_value > cast(claims.figure as double)
            when 'at_least' then ranked.found_value >= cast(claims.figure as double)
        end as holds
    from claims
    left join ranked
        on ranked.claim_id = claims.claim_id and ranked.nearest_first = 1
    left join serving
        on serving.claim_id = claims.claim_id
),

judged as (
    select
        compared.*,
        case
            when cast(definition_unclear as boolean) then 'definition_unclear'
            when found_value is null then 'no_open_source'
            when holds then 'reproduced'
            else 'revised_since'
        end as status
    from compared
)

select
    cast(judged.claim_id as {{ type_text() }}) as claim_id,
    cast(judged.document_title as {{ type_text() }}) as document,
    cast(judged.ref as {{ type_text() }}) as ref,
    cast(judged.statement as {{ type_text() }}) as statement,
    cast(judged.status as {{ type_text() }}) as status,
    cast(judged.comparison as {{ type_text() }}) as comparison,
    cast(judged.figure as double) as figure,
    cast(judged.unit as {{ type_text() }}) as unit,
    cast(judged.decimals as bigint) as decimals,
    judged.found_value,
    judged.difference,
    case
        when judged.status <> 'revised_since' then null
        when judged.difference > 0 then 'higher'
        else 'lower'
    end as direction,
    judged.latest_value,
    cast(judged.indicator_id as {{ type_text() }}) as indicator_id,
    cast(judged.area_code as {{ type_text() }}) as area_code,
    cast(judged.time_period as {{ type_text() }}) as time_period,
    cast(judged.replay as {{ type_text() }}) as replay,
    judged.dataset,
    judged.release_id,
    judged.realtime_start as vintage,
    case
        when judged.status = 'definition_unclear' then judged.note
        when judged.status = 'no_open_source' and indicators.indicator_id is null
            then 'No indicator of the warehouse counts it. ' || coalesce('Likely source: ' || judged.likely_source || '. ', '')
        when judged.status = 'no_open_source'
            then
                'The open series is ' || indicators.indicator_name || ', but no published release at hand gives it for '
                || coalesce(judged.area_code, 'the area') || ' and ' || judged.time_period
                || case when judged.other_time_period is null then '' else ' and ' || judged.other_time_period end
        when judged.status = 'reproduced'
            then indicators.indicator_name || ' in the release of ' || cast(judged.realtime_start as {{ type_text() }}) || ' gives it'
        else
            indicators.indicator_name || ' in the release of ' || cast(judged.realtime_start as {{ type_text() }})
            || ' is ' || case when judged.difference > 0 then 'higher' else 'lower' end || ' than stated by '
            || {{ two_decimals('abs(judged.difference)') }}
    end as reason,
    cast(judged.likely_source as {{ type_text() }}) as likely_source,
    cast(judged.note as {{ type_text() }}) as note,
    cast(judged.sort_order as bigint) as sort_order
from judged
left join {{ ref('dim_indicator') }} as indicators
    on indicators.indicator_id = judged.indicator_id
order by judged.sort_order
