"""Reads of packages."""

from collections.abc import Iterable

from django.db.models import QuerySet

from content.packages.models import Asset, Package, PackageKind
from content.packages.storage import is_whole


def select_current() -> QuerySet[Package]:
    """The current ordinary package of every post that has one; unique packs are no part of the flow."""
    return Package.objects.filter(is_current=True, kind=PackageKind.NAVER)


def get_current(post_id: int, *, kind: str = PackageKind.NAVER, blog: str = "") -> Package | None:
    """The post's current package, or its current unique pack for a blog."""
    return Package.objects.filter(is_current=True, post_id=post_id, kind=kind, blog=blog).first()


def get_posted(post_id: int) -> Package | None:
    """The package of the post that was marked as posted last."""
    return Package.objects.filter(post_id=post_id).exclude(posted_url="").order_by("-posted_at", "-pk").first()


def is_file_there(package: Package) -> bool:
    """Whether its file lies there in full length. Raises OSError when the storage does not answer."""
    return is_whole(package.storage_path, package.size_bytes)


def list_asset_names(urls: Iterable[str]) -> dict[str, str]:
    """{address: name in the default storage} of the product pictures that were fetched."""
    return dict(Asset.objects.filter(source_url__in=list(urls)).values_list("source_url", "storage_name"))


def list_newest(limit: int) -> QuerySet[Package]:
    """The current packages that were built last, with their posts."""
    return select_current().select_related("post").order_by("-built_at", "-id")[:limit]


def list_packaged_ids() -> list[int]:
    """The posts that have a current package."""
    return list(select_current().order_by("post_id").values_list("post_id", flat=True))
