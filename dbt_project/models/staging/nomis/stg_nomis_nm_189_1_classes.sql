-- Business Register and Employment Survey by class of industry: employment in the classes of each list (seed sic_lists). Classes are rounded by
-- themselves, so that a sum is off by some tens. Grain: indicator x area x year x release.
{{
    nomis_industry_list_sums(
        'nomis_nm_189_1_classes',
        ['employment_status', 'measure'],
        "cells.employment_status = '4' and cells.measure = '1' and cells.measures = '20100'",
        {
            'creative': 'creative_employment',
            'cultural': 'cultural_employment',
            'tourism': 'tourism_employment',
            'low_carbon': 'low_carbon_employment',
            'circular': 'circular_employment',
        },
    )
}}
