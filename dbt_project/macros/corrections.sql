{#- Fields of an observation that the seed corrections may correct. -#}
{% macro correctable_fields() -%}
    {{ return(['obs_value', 'lower_ci', 'upper_ci', 'numerator', 'denominator']) }}
{%- endmacro %}

{#- What a row of observations holds in the field that a correction is about. -#}
{% macro field_of(correction, observation) -%}
    case {{ correction }}.field
    {%- for field in correctable_fields() %}
        when '{{ field }}' then {{ observation }}.{{ field }}
    {%- endfor %}
    end
{%- endmacro %}

{#-
  What a figure that was made from a corrected one says in source_flag. It is known by the locators that it is made of: a corrected row's ends in
  ', correction <id>', an aggregate's in ', correction among them'.
-#}
{% macro flag_of_corrected_parts(source_locator) -%}
    case when {{ source_locator }} like '%, correction %' then 'made of corrected figures' end
{%- endmacro %}
