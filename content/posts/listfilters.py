"""The post list's own filters."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from content.disclosure.selectors import select_live_with_literals
from content.packages.selectors import select_current
from content.posts.models import Post, PostFinding
from content.posts.selectors import select_held_back
from products.catalog.selectors import select_posts_with_stale_prices


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


class LiteralFilter(admin.SimpleListFilter):
    """Ready and published posts with typed-in prices; the dashboard's panel leads here."""

    title = "고정 가격 문구"
    parameter_name = "literals"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Live posts with literals, or any post with."""
        return [("live", "준비됨·게시됨에 있음"), ("any", "있음")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        """Those of the chosen kind."""
        if self.value() == "live":
            return queryset.filter(pk__in=select_live_with_literals().values("pk"))
        return queryset.filter(price_literals__isnull=False).distinct() if self.value() == "any" else queryset


class PriceAgeFilter(admin.SimpleListFilter):
    """Posts that show a price which nobody confirmed for long."""

    title = "가격 확인"
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Stale, or so old that the number is not shown."""
        hidden = settings.PRICE_HIDDEN_HOURS
        choices = [("stale", f"{settings.PRICE_STALE_HOURS}시간 넘음")]
        return [*choices, ("hidden", f"{hidden}시간 넘음(숫자 숨김)")] if hidden else choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        """Those of the chosen kind."""
        limits = {"stale": settings.PRICE_STALE_HOURS, "hidden": settings.PRICE_HIDDEN_HOURS}
        hours = limits.get(self.value() or "", 0)
        return queryset.filter(pk__in=select_posts_with_stale_prices(hours=hours)) if hours else queryset
