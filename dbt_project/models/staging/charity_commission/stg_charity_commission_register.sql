-- Registered charities that say they operate in an area, on the day of the extract. The counts of combined authorities come from the reader: a charity
-- that operates in several of its members is one charity there, so they cannot be added up here. Where the extract has not named every member of a
-- combined authority, or names one in a way that is not known, its count would fall short: it has none.

with charities as (
    select
        {{ clean_text('area') }} as ref_area,
        {{ clean_text('extracted_on') }} as time_period,
        case
            when {{ try_number('members_found') }} = {{ try_number('members_expected') }} then {{ try_number('charities') }}
        end as obs_value,
        _release_id,
        {{ source_locator() }} as source_locator
    from {{ source('raw', 'charity_commission_register__charities') }}
    where {{ clean_text('status') }} = 'Registered'
)

select
    'charity_commission_register' as dataset,
    'registered_charities_operating' as indicator_id,
    ref_area,
    time_period,
    'total' as breakdown,
    obs_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as lower_ci,
    cast(null as double) as upper_ci,
    {{ obs_status('null', 'obs_value') }} as obs_status,
    'F' as conf_status,
    cast(null as {{ type_text() }}) as source_flag,
    'count' as unit_measure,
    'derived' as value_origin,
    _release_id as release_id,
    -- The row is that of the kept aggregate: the records themselves are not kept.
    source_locator
from charities
