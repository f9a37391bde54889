-- Expenditure on research and development performed in higher education, GBP million, by country and region, the newest year of the release.
with figures as (
    {{ figures_by_region('ons_gerd', {'higher_education': 'rd_higher_education'}) }}
)

select
    'ons_gerd' as dataset,
    indicator_id,
    ref_area,
    {{ calendar_year_period('period_label') }} as time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('source_flag', 'obs_value') }} as obs_status,
    {{ conf_status('source_flag') }} as conf_status,
    source_flag,
    'GBP million' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from figures
