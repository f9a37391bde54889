-- mart_measure_coverage lists every measure of the frameworks, and of them all 88. Returns measures that only one of the two has, and a wrong count.
{{ config(meta={'dagster': {'ref': {'name': 'mart_measure_coverage'}}}) }}

select coalesce(measures.measure_id, coverage.measure_id) as measure_id, cast(null as bigint) as found
from {{ ref('measures') }} as measures
full outer join {{ ref('mart_measure_coverage') }} as coverage
    on coverage.measure_id = measures.measure_id
where measures.measure_id is null or coverage.measure_id is null
union all
select 'all' as measure_id, count(*) as found
from {{ ref('mart_measure_coverage') }}
having count(*) <> 88
