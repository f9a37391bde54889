{#-
  No measure that the published build answers waits again. Returns those that do. Between builds of one origin a lost answer is an error: a source that
  stops answering must be seen by somebody. From one origin to another (sample, then live) it says more about the origins: use it as a warning.
  A loss that is meant is accepted by naming the measures in OUTCOMES_ACCEPT_LOST_MEASURES.
-#}
{% test keeps_answers(model, same_origin) %}
{%- set accepted = [] -%}
{%- for measure in env_var('OUTCOMES_ACCEPT_LOST_MEASURES', '').split(',') if measure | trim -%}
    {%- do accepted.append("'" ~ (measure | trim | replace("'", "''")) ~ "'") -%}
{%- endfor %}
select published.measure_id, published.status as published_status, coalesce(coverage.status, 'not listed') as status
from {{ source('raw', 'published_answer') }} as published
left join {{ model }} as coverage
    on coverage.measure_id = published.measure_id
where
    published.same_origin = {{ same_origin }}
    and published.status in ('answered', 'proxy', 'weak_proxy')
    and coalesce(coverage.status, 'awaiting_source') in ('awaiting_source', 'awaiting_return')
    {%- if accepted %}
    and published.measure_id not in ({{ accepted | join(', ') }})
    {%- endif %}
{% endtest %}
