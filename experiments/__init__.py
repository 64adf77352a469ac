"""Experiments: assignment, events, analysis and KPIs (plan 6.4, 6.5, 8.3)."""
