"""Clusters and links on the desk."""

from content.clusters.batchadmin import LinkBatchAdmin, PlannedLinkAdmin
from content.clusters.clusteradmin import ClusterAdmin
from content.clusters.healthadmin import LinkHealthAdmin
from content.clusters.ruleadmin import AnchorAdmin, LinkRuleAdmin

__all__ = ["AnchorAdmin", "ClusterAdmin", "LinkBatchAdmin", "LinkHealthAdmin", "LinkRuleAdmin", "PlannedLinkAdmin"]
