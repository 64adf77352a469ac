"""Comparison tables: rows from the catalogue at a revision, kept by version (plan 7.4)."""

from django.apps import AppConfig


class ComparisonConfig(AppConfig):
    """Tables and their versions."""

    name = "content.comparison"
    label = "comparison"
    verbose_name = "비교표"
