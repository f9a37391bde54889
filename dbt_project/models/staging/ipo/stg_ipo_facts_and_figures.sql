-- Patents granted, trade marks registered and designs registered by the Intellectual Property Office, by country and region of the applicant
-- and calendar year. Three rights, three indicators: they are not added up.
with figures as (
    {{ figures_by_region('ipo_facts_and_figures', {
        'patents_granted': 'patents_granted',
        'trade_marks_registered': 'trade_marks_registered',
        'designs_registered': 'designs_registered'
    }) }}
)

select
    'ipo_facts_and_figures' as dataset,
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
    'count' as unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from figures
