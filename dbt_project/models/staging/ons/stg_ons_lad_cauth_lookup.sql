-- Which local authority belongs to which combined authority, in each release of the lookup. It is a check on the seed of memberships,
-- which also knows what was before.
select
    {{ clean_code('lad_code') }} as lad_code,
    {{ clean_text('lad_name') }} as lad_name,
    {{ clean_code('cauth_code') }} as cauth_code,
    {{ clean_text('cauth_name') }} as cauth_name,
    _release_id as release_id,
    {{ source_locator() }} as source_locator
from {{ source('raw', 'ons_lad_cauth_lookup__lookup') }}
