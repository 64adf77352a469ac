"""Clusters of posts and the links between them (plan 7.1)."""

from django.apps import AppConfig


class ClustersConfig(AppConfig):
    """Hubs, spokes, and batches of links that can be taken back."""

    name = "content.clusters"
    label = "clusters"
    verbose_name = "클러스터와 내부 링크"

    def ready(self) -> None:
        """Register the system checks."""
        from content.clusters import checks as checks
