-- The recycling rate from the tonnes is the one that the publisher states: a fraction of one, to three places, in another sheet of the
-- workbook. A sheet of revisions, or a fraction taken for a percentage, would show here. Returns authorities that are more than a
-- quarter of a point apart, but for the two whose sheets disagree in the publisher's own workbook (edition of 2022-23).
{{ config(severity='warn', tags=['reconciliation'], meta={'dagster': {'ref': {'name': 'stg_defra_collected_waste'}}}) }}

select
    tonnes.ref_area,
    tonnes.time_period,
    tonnes.obs_value as from_tonnes,
    100 * {{ try_number('rates.recycled_fraction') }} as stated
from {{ ref('stg_defra_collected_waste') }} as tonnes
inner join {{ source('raw', 'defra_collected_waste__rates') }} as rates
    on
        rates._release_id = tonnes.release_id
        and {{ clean_code('rates.ons_code') }} = tonnes.ref_area
        and {{ financial_year_period('rates.financial_year') }} = tonnes.time_period
where
    tonnes.indicator_id = 'household_recycling_rate'
    and abs(tonnes.obs_value - 100 * {{ try_number('rates.recycled_fraction') }}) > 0.25
    and not (tonnes.ref_area = 'E09000006' and tonnes.time_period = '2016-04-01/P1Y')
    and not (tonnes.ref_area = 'E10000025' and tonnes.time_period = '2017-04-01/P1Y')
