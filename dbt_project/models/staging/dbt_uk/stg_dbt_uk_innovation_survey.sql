-- Businesses with ten or more employees that are innovation active, and that brought a product new to the market, % by country and region and
-- window of three years.
with figures as (
    {{ figures_by_region('dbt_uk_innovation_survey', {
        'innovation_active': 'innovation_active_businesses',
        'new_to_market': 'new_to_market_product_innovators'
    }) }}
)

select
    'dbt_uk_innovation_survey' as dataset,
    indicator_id,
    ref_area,
    {{ pooled_years_period('period_label') }} as time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('source_flag', 'obs_value') }} as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    'percent' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from figures
