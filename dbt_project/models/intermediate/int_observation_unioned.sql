-- Every observation that a staging model reads, as its publisher gives it. Grain: that of the staging models, under one another.
{{ union_observation_models() }}
