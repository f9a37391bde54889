-- Every indicator over time with its names spelled out: what serves now, one row each. Grain: indicator x breakdown x area x period.
select
    facts.indicator_id,
    indicators.indicator_name,
    facts.breakdown,
    facts.ref_area as area_code,
    areas.area_name,
    areas.area_type,
    facts.time_period,
    periods.period_label,
    periods.period_label_en,
    periods.period_sort,
    facts.period_start,
    facts.period_end,
    facts.freq,
    facts.obs_value as value,
    facts.unit_measure as unit,
    indicators.decimals,
    facts.numerator,
    facts.denominator,
    facts.lower_ci,
    facts.upper_ci,
    facts.obs_status,
    facts.source_flag,
    facts.value_origin,
    facts.basis,
    indicators.polarity,
    facts.dataset,
    releases.publisher,
    releases.title as source_title,
    releases.url as source_url,
    releases.landing_page,
    releases.licence,
    releases.attribution,
    releases.published_at as release_date,
    facts.release_id,
    releases.sha256,
    releases.retrieved_at,
    facts.source_locator,
    stale.dataset is not null as is_stale
from {{ ref('fct_observation') }} as facts
left join {{ ref('dim_indicator') }} as indicators
    on indicators.indicator_id = facts.indicator_id
left join {{ ref('dim_area') }} as areas
    on areas.area_code = facts.ref_area
left join {{ ref('dim_period') }} as periods
    on periods.time_period = facts.time_period
left join {{ ref('dim_release') }} as releases
    on releases.release_id = facts.release_id
left join {{ source('raw', 'stale_dataset') }} as stale
    on stale.dataset = facts.dataset
where facts.is_latest
