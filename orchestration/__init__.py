"""Wiring only: assets, checks, schedule, publish and the command line around sources, expectations and dbt."""
