-- What a publisher printed of a period that was over, it prints in the next release too, of as many areas. A warning: publishers withdraw and recast, and say so;
-- otherwise rows were lost on the way, or read twice. Returns the partitions that have fewer areas now, or more.
{{ config(severity='warn', tags=['reconciliation'], meta={'dagster': {'ref': {'name': 'int_reconciled_partition'}}}) }}

select dataset, part, indicator_id, breakdown, time_period, areas_before, areas_now
from {{ ref('int_reconciled_partition') }}
where areas_before <> areas_now
order by dataset, part, indicator_id, breakdown, time_period
