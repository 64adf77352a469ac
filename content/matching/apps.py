"""Matching: which product a post is about, and why (plan 6.2)."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """Decisions with their rule and inputs."""

    name = "content.matching"
    label = "matching"
    verbose_name = "매칭"
