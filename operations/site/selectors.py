"""Reads of public pages."""

from collections.abc import Iterable

from operations.site.models import SitePage


def list_summaries(post_ids: Iterable[int]) -> dict[int, str]:
    """{post id: summary} of the pages that were rendered already."""
    return dict(SitePage.objects.filter(post_id__in=list(post_ids)).values_list("post_id", "summary"))
