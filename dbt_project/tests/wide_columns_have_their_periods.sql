-- A publisher that goes over to another kind of year empties a column of the wide table rather than mix the two. A warning: the figures are all in
-- mart_indicator_series. Returns the columns whose published figures are all of another kind of period than the declared one.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'mart_area_year_wide'}}}) }}

with wanted as ({{ wide_column_rows() }}
)

select wanted.column_name, wanted.period_kind, min(periods.period_kind) as found_kind
from wanted
inner join {{ ref('mart_indicator_series') }} as series
    on
        series.indicator_id = wanted.indicator_id
        and series.breakdown = wanted.breakdown
        and series.value is not null
        and series.basis = 'published'
inner join {{ ref('dim_period') }} as periods
    on periods.time_period = series.time_period
group by wanted.column_name, wanted.period_kind
having sum(case when periods.period_kind = wanted.period_kind then 1 else 0 end) = 0
order by wanted.column_name
