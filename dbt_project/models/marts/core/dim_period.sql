-- Periods that observations are about. Grain: period.
select
    time_period,
    period_start,
    period_end,
    freq,
    cast(extract(year from period_start) as bigint) as start_year,
    case
        when freq = 'A' and substr(time_period, 6, 5) = '01-01' then substr(time_period, 1, 4)
        when freq = 'A' and substr(time_period, 6, 5) = '04-01'
            then substr(time_period, 1, 4) || '-' || substr(cast(period_end as {{ type_text() }}), 3, 2)
        when freq like 'A_' and substr(time_period, 6, 5) = '01-01'
            then substr(time_period, 1, 4) || ' to ' || substr(cast(period_end as {{ type_text() }}), 1, 4)
        when freq = 'M' then substr(time_period, 1, 7)
        when freq = '_Z' then time_period
        else substr(time_period, 1, 7) || ' to ' || substr(cast(period_end as {{ type_text() }}), 1, 7)
    end as period_label,
    {{ period_in_words('period_start', 'period_end', 'freq') }} as period_label_en,
    {{ period_sort('period_start', 'period_end') }} as period_sort,
    {{ period_kind('period_start', 'freq') }} as period_kind
from {{ ref('int_period') }}
