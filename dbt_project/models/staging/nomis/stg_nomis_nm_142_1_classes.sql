-- UK Business Counts by class of industry: enterprises in the classes of the lists creative and low_carbon (seed sic_lists), in March of the
-- year, of every size and legal status. Grain: indicator x area x year x release.
{{
    nomis_industry_list_sums(
        'nomis_nm_142_1_classes',
        ['employment_sizeband', 'legal_status'],
        "cells.employment_sizeband = '0' and cells.legal_status = '0' and cells.measures = '20100'",
        {'creative': 'creative_enterprises', 'low_carbon': 'low_carbon_enterprises'},
    )
}}
