"""Marking a package as posted at Naver, and taking the mark back."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from content.packages.models import Package
from content.packages.naver import NotANaverAddress, clean_address
from content.posts.selectors import hold_post
from perfhooks.clock import business_now


@dataclass(frozen=True, slots=True)
class PostedPackage:
    """What a marking did. url: the address that stands now, "" after an undo; before: that which stood."""

    package_id: int
    url: str
    before: str
    is_changed: bool


@transaction.atomic
def mark_posted(*, package_id: int, address: str, actor_id: int | None) -> PostedPackage:
    """Note where a package was posted. One address per package; a rebuilt package of the same post may have the same.

    Raises Package.DoesNotExist, and ValidationError at `address` with nothing written: no address of a post at Naver, or
    that of another post.
    """
    package = _hold(package_id)
    try:
        url = clean_address(address)
    except NotANaverAddress as error:
        raise ValidationError({"address": str(error)}) from error
    if package.posted_url == url:
        return PostedPackage(package_id, url, url, is_changed=False)
    other = Package.objects.filter(posted_url=url).exclude(post_id=package.post_id).select_related("post").first()
    if other is not None:
        message = f"네이버 주소: 다른 글 '{other.post.title}'의 패키지에 이미 쓴 주소입니다. 주소를 확인하세요."
        raise ValidationError({"address": message})
    return _write(package, url=url, actor_id=actor_id)


@transaction.atomic
def unmark_posted(*, package_id: int, actor_id: int | None) -> PostedPackage:
    """Take the mark back. Raises Package.DoesNotExist."""
    package = _hold(package_id)
    if not package.posted_url:
        return PostedPackage(package_id, "", "", is_changed=False)
    return _write(package, url="", actor_id=actor_id)


def _hold(package_id: int) -> Package:
    package = Package.objects.select_for_update(no_key=True).get(pk=package_id)
    hold_post(package.post_id)
    return package


def _write(package: Package, *, url: str, actor_id: int | None) -> PostedPackage:
    before = package.posted_url
    package.posted_url = url
    package.posted_at = business_now() if url else None
    package.posted_by_id = actor_id if url else None
    package.save(update_fields=["posted_url", "posted_at", "posted_by"])
    return PostedPackage(package.pk, url, before, is_changed=True)
