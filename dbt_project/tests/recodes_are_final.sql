-- A renumbered area is renumbered once: no new code is itself an old one, and codes are paired one to one. Returns those that are.
{{ config(meta={'dagster': {'ref': {'name': 'int_observation_conformed'}}}) }}

select first_step.old_code, first_step.new_code
from {{ ref('area_recodes') }} as first_step
inner join {{ ref('area_recodes') }} as second_step
    on
        second_step.kind = 'recode'
        and (
            second_step.old_code = first_step.new_code
            or (second_step.old_code = first_step.old_code and second_step.new_code <> first_step.new_code)
            or (second_step.new_code = first_step.new_code and second_step.old_code <> first_step.old_code)
        )
where first_step.kind = 'recode'
