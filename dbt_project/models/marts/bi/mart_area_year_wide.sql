-- One column per indicator that speaks to a measure, for spreadsheets and tools that like it flat. Grain: area x year.
-- Which indicator, breakdown and kind of period a column holds is declared in its YAML; periods of another kind stay out of it.
with wanted as ({{ wide_column_rows() }}
),

serving as (
    select
        wanted.column_name,
        series.area_code,
        series.area_name,
        series.area_type,
        periods.start_year,
        periods.period_sort,
        series.value,
        series.basis
    from {{ ref('mart_indicator_series') }} as series
    inner join {{ ref('dim_period') }} as periods
        on periods.time_period = series.time_period
    inner join wanted
        on
            wanted.indicator_id = series.indicator_id
            and wanted.breakdown = series.breakdown
            and wanted.period_kind = periods.period_kind
    where series.value is not null
),

-- Of days, months and quarters the newest of the year: one and the same for all areas, or the cells of a column would be of different days.
cells as (
    select
        serving.*,
        coalesce(
            basis = 'published'
            and period_sort = max(case when basis = 'published' then period_sort end) over (partition by column_name, start_year),
            false
        ) as is_shown
    from serving
)

select
    area_code,
    area_name,
    area_type,
    start_year as year,
    cast(sum(case when is_shown then 1 else 0 end) as bigint) as n_values,
    max(case when basis = 'illustrative' then 1 else 0 end) = 1 as has_illustrative
    {%- for column, indicator, breakdown, kind in wide_columns() %},
    max(case when is_shown and column_name = '{{ column }}' then value end) as {{ column }}
    {%- endfor %}
from cells
group by area_code, area_name, area_type, start_year
order by area_code, start_year
