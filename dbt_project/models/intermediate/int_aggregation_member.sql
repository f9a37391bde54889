-- Who makes up a combined authority, and in which dataset. Publishers that give no row for some of its authorities, or rows that would be
-- counted twice, have their own list (seed provider_memberships), and then that list is all there is for the dataset; every other dataset
-- goes by the authorities themselves (seed area_memberships), here under dataset '*'. Grain: dataset x combined authority x member.
-- Members are those of now: publishers recast the past to today's authorities.
with declared as (
    select dataset, parent_code, member_code
    from {{ ref('provider_memberships') }}

    union all

    select '*' as dataset, parent_code, member_code
    from {{ ref('area_memberships') }}
    where
        valid_to is null
        and parent_code in (select area_code from {{ ref('areas') }} where area_type = 'combined_authority')
)

select
    dataset,
    parent_code,
    member_code,
    count(*) over (partition by dataset, parent_code) as members_expected
from declared
