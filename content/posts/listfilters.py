"""The post list's own filters."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from content.packages.selectors import select_current
from content.posts.models import Post, PostFinding
from content.posts.selectors import select_held_back


class FindingFilter(admin.SimpleListFilter):
    """Posts with something to mend; the dashboard's panel leads here."""

    title = "점검 사항"
    parameter_name = "findings__isnull"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """With or without."""
        return [("False", "있음"), ("True", "없음")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        """Those of the chosen kind."""
        standing = Exists(PostFinding.objects.filter(post=OuterRef("pk")))
        if self.value() == "False":
            return queryset.filter(standing)
        return queryset.exclude(standing) if self.value() == "True" else queryset


class PackageFilter(admin.SimpleListFilter):
    """Posts with and without a package."""

    title = "패키지"
    parameter_name = "package"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """With or without."""
        return [("yes", "있음"), ("no", "없음")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        """Those of the chosen kind."""
        packaged = Exists(select_current().filter(post=OuterRef("pk")))
        if self.value() == "yes":
            return queryset.filter(packaged)
        return queryset.exclude(packaged) if self.value() == "no" else queryset


class HeldBackFilter(admin.SimpleListFilter):
    """Scheduled posts that were not published when their time had come; the dashboard's panel leads here."""

    title = "예약"
    parameter_name = "held_back"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Only those."""
        return [("yes", "막힘")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        """Those of the chosen kind."""
        return queryset.filter(pk__in=select_held_back().values("pk")) if self.value() == "yes" else queryset
