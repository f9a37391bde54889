-- The six bands of download speed are all premises that Ofcom could match with data, no more and no less. Where they are not, a band
-- was added or a column renamed; coverage figures may still be right. Returns the authorities concerned.
{{ config(severity='warn', tags=['reconciliation']) }}
with bands as (
    select
        laua,
        _member,
        {{ try_number('all_matched_premises') }} as matched,
        {{ try_number('speed_0_2') }} + {{ try_number('speed_2_5') }} + {{ try_number('speed_5_10') }}
        + {{ try_number('speed_10_30') }} + {{ try_number('speed_30_300') }} + {{ try_number('speed_300_plus') }} as in_bands
    from {{ source('raw', 'ofcom_fixed_coverage__premises') }}
)

select laua, _member, matched, in_bands
from bands
where in_bands is null or in_bands <> matched
