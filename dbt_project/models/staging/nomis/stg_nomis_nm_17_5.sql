-- Annual Population Survey, percentages. The four measures of a variable stand in four cells: the rate (20599), its numerator (21001), its
-- denominator (21002) and the half-width of its 95% confidence interval (21003). They become one row of the rate, and one of the count.
-- NVQ (to 2021) and RQF (from 2022) are two classifications and stay two indicators.
-- Grain: indicator x area x period x release.
with cells as (
    {{ nomis_cells('nomis_nm_17_5', ['variable', 'variable_name']) }}
),

-- RQF variables are known by their labels; those asked for since the beginning by their codes.
variables as (
    select
        cells.*,
        case
            when variable = '45' then 'employment_rate'
            when variable = '111' then 'economic_inactivity_rate'
            when variable = '290' then 'residents_nvq4_plus_share'
            when variable = '720' then 'residents_nvq3_plus_share'
            when variable = '344' then 'residents_no_qualifications_nvq_share'
            when lower(variable_name) = '% with rqf1+ - aged 16-64' then 'residents_rqf1_plus_share'
            when lower(variable_name) = '% with rqf2+ - aged 16-64' then 'residents_rqf2_plus_share'
            when lower(variable_name) = '% with rqf3+ - aged 16-64' then 'residents_rqf3_plus_share'
            when lower(variable_name) = '% with rqf4+ - aged 16-64' then 'residents_rqf4_plus_share'
            when lower(variable_name) = '% with no qualifications (rqf) - aged 16-64' then 'residents_no_qualifications_rqf_share'
        end as rate_id
    from cells
),

pivoted as (
    select
        release_id,
        ref_area,
        {{ nomis_rolling_year_period('date_code') }} as time_period,
        rate_id,
        case rate_id
            when 'employment_rate' then 'residents_in_employment'
            when 'economic_inactivity_rate' then 'residents_economically_inactive'
            when 'residents_nvq4_plus_share' then 'residents_nvq4_plus'
            when 'residents_no_qualifications_nvq_share' then 'residents_no_qualifications_nvq'
            when 'residents_rqf4_plus_share' then 'residents_rqf4_plus'
            when 'residents_no_qualifications_rqf_share' then 'residents_no_qualifications_rqf'
        end as count_id,
        max(case when measures = '20599' then obs_value end) as rate,
        max(case when measures = '20599' then obs_status end) as rate_status,
        max(case when measures = '20599' then conf_status end) as rate_conf,
        max(case when measures = '20599' then status_letter end) as rate_letter,
        max(case when measures = '20599' then source_locator end) as rate_locator,
        max(case when measures = '21001' then obs_value end) as numerator,
        max(case when measures = '21001' then obs_status end) as numerator_status,
        max(case when measures = '21001' then conf_status end) as numerator_conf,
        max(case when measures = '21001' then status_letter end) as numerator_letter,
        max(case when measures = '21001' then source_locator end) as numerator_locator,
        max(case when measures = '21002' then obs_value end) as denominator,
        max(case when measures = '21003' then obs_value end) as half_width,
        max(case when measures = '21003' then status_letter end) as half_width_letter,
        max(is_reconstructed) as is_reconstructed
    from variables
    where rate_id is not null
    group by release_id, ref_area, date_code, rate_id
),

observations as (
    select
        rate_id as indicator_id,
        ref_area,
        time_period,
        rate as obs_value,
        numerator,
        denominator,
        rate - half_width as lower_ci,
        rate + half_width as upper_ci,
        -- The rate of a small sample keeps status A; only its confidence interval says that it is unreliable.
        case when rate_status = 'A' and half_width_letter = 'G' then 'U' else rate_status end as obs_status,
        rate_conf as conf_status,
        coalesce(rate_letter, case when half_width_letter = 'G' then 'G' end) as status_letter,
        is_reconstructed,
        'percent' as unit_measure,
        release_id,
        rate_locator as source_locator
    from pivoted
    where rate_status is not null

    union all

    select
        count_id as indicator_id,
        ref_area,
        time_period,
        numerator as obs_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        cast(null as double) as lower_ci,
        cast(null as double) as upper_ci,
        case when numerator_status = 'A' and half_width_letter = 'G' then 'U' else numerator_status end as obs_status,
        numerator_conf as conf_status,
        coalesce(numerator_letter, case when half_width_letter = 'G' then 'G' end) as status_letter,
        is_reconstructed,
        'count' as unit_measure,
        release_id,
        numerator_locator as source_locator
    from pivoted
    where count_id is not null and numerator_status is not null
)

select
    'nomis_nm_17_5' as dataset,
    indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    numerator,
    denominator,
    lower_ci,
    upper_ci,
    obs_status,
    conf_status,
    {{ nomis_source_flag('status_letter', 'is_reconstructed') }} as source_flag,
    unit_measure,
    'published' as value_origin,
    release_id,
    source_locator
from observations
