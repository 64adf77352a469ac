"""The feed of the newest posts (RSS 2.0)."""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from content.posts.selectors import ListedPost, list_newest_public
from operations.site.addresses import get_post_url, make_absolute
from operations.site.selectors import list_summaries

if TYPE_CHECKING:
    _Feed = Feed[Any, Any]
else:
    _Feed = Feed

LENGTH = 30


class PostFeed(_Feed):
    """The newest published posts."""

    language = "ko"
    description_template = None

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer GET and HEAD, briefly to whoever has this feed already."""
        return require_safe(self._answer)(request, *args, **kwargs)

    def _answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().__call__(request, *args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=300"
        etag = quote_etag(hashlib.sha256(response.content).hexdigest())
        response.headers["ETag"] = etag
        kept: HttpResponse = get_conditional_response(request, etag=etag, response=response) or response
        return kept

    def title(self) -> str:
        """The site's name."""
        return str(settings.SITE_NAME)

    def link(self) -> str:
        """The list of posts."""
        return make_absolute("/posts/")

    def feed_url(self) -> str:
        """The feed's own address."""
        return make_absolute("/feed/")

    def description(self) -> str:
        """What it holds."""
        return f"{settings.SITE_NAME}의 새 글"

    def items(self) -> list[tuple[ListedPost, str]]:
        """The posts with their summaries, in two queries."""
        posts = list_newest_public(LENGTH)
        summaries = list_summaries(post.id for post in posts)
        return [(post, summaries.get(post.id, "")) for post in posts]

    def item_title(self, item: Any) -> str:
        """The post's title."""
        return str(item[0].title)

    def item_description(self, item: Any) -> str:
        """Its summary."""
        return str(item[1])

    def item_link(self, item: Any) -> str:
        """Its address."""
        return get_post_url(item[0].slug)

    def item_pubdate(self, item: Any) -> datetime:
        """When it was published."""
        moment: datetime = item[0].published_at
        return moment

    def item_updateddate(self, item: Any) -> datetime:
        """When it was changed."""
        moment: datetime = item[0].modified_at
        return moment
