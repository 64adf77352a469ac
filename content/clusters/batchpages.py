"""What the page of a batch shows: post by post the links with their place in the text, and what the text becomes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.core.paginator import Page as PageOfPosts
from django.core.paginator import Paginator

from content.clusters.inserting import take_out
from content.clusters.linking import hash_body
from content.clusters.linkplan import write_links
from content.clusters.models import LinkBatch, PlannedLink
from content.posts.differences import DiffLine, compare_texts
from content.posts.models import Post
from content.posts.postlinks import strip_targets, write_link
from perfhooks.desk import Tone

POSTS_PER_PAGE = 20
SIGNS_AROUND = 46
"""Of the text, on both sides of the words."""
TONES: dict[str, Tone] = {"planned": "grey", "inserted": "ok", "refused": "warn", "undone": "grey"}
BATCH_TONES: dict[str, Tone] = {
    "planned": "warn",
    "applying": "warn",
    "applied": "ok",
    "undoing": "warn",
    "undone": "grey",
    "discarded": "grey",
}


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link with the text around its words; "" on both sides when they stand there no more."""

    link: PlannedLink
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class PostLinks:
    """One post of a batch. lines: its text without and with the links; note: why they cannot be shown."""

    post: Post
    links: tuple[ShownLink, ...]
    lines: tuple[DiffLine, ...]
    note: str = ""


def read_posts(batch: LinkBatch, number: str | None) -> tuple["PageOfPosts[int]", list[PostLinks]]:
    """A page of the posts that the batch touches, in two queries and a count."""
    shown = batch.links.exclude(state=PlannedLink.State.REFUSED)
    sources = shown.order_by("source_id").values_list("source_id", flat=True).distinct()
    page: PageOfPosts[int] = Paginator(sources, POSTS_PER_PAGE).get_page(number)
    rows = (
        shown.filter(source__in=list(page.object_list))
        .select_related("source", "target")
        .order_by("source_id", "start")
    )
    return page, [_describe(list(links)) for _post, links in groupby(rows, key=lambda link: link.source_id)]


def list_conflicts(batch: LinkBatch, codes: Iterable[str], *, limit: int) -> list[PlannedLink]:
    """The links of the batch that an edit or an editor kept from being inserted or taken back."""
    rows = batch.links.filter(reason__in=codes).select_related("source", "target").order_by("source_id", "pk")
    return list(rows[:limit])


def _describe(links: Sequence[PlannedLink]) -> PostLinks:
    post, body = links[0].source, links[0].source.body
    waiting = [link for link in links if link.state == PlannedLink.State.PLANNED]
    inserted = [link for link in links if link.state == PlannedLink.State.INSERTED]
    shown = tuple(_show(body, link) for link in links)
    if waiting:
        if hash_body(body) != waiting[0].body_hash:
            note = "계획한 뒤에 글이 고쳐졌습니다. 넣으면 충돌로 세고 글은 그대로 둡니다."
            return PostLinks(post, tuple(map(ShownLink, links)), (), note)
        wanted = [(link.start, link.words, link.target_slug) for link in waiting]
        return PostLinks(post, shown, tuple(compare_texts(body, write_links(body, wanted))))
    if inserted:
        before, _out, stuck = take_out(body, inserted)
        note = "그 뒤에 글이 고쳐져 일부 링크는 되돌리지 못합니다." if stuck else ""
        return PostLinks(post, shown, tuple(compare_texts(before, body)), note)
    return PostLinks(post, shown, ())


def _show(body: str, link: PlannedLink) -> ShownLink:
    """The words with what stands around them now."""
    written = link.words if link.state == PlannedLink.State.PLANNED else write_link(link.words, link.target_slug)
    at = link.start if link.state == PlannedLink.State.PLANNED else body.find(written)
    if at < 0 or body[at : at + len(written)] != written:
        return ShownLink(link)
    first, last = max(0, at - SIGNS_AROUND), at + len(written) + SIGNS_AROUND
    before, after = strip_targets(body[first:at]), strip_targets(body[at + len(written) : last])
    return ShownLink(
        link,
        ("…" if first else "") + before.rpartition("\n")[2],
        after.partition("\n")[0] + ("…" if last < len(body) else ""),
    )
