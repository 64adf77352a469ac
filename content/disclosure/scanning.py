"""Looking for typed-in prices in posts, and keeping what was found beside them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from content.batches import split_batches
from content.disclosure.literals import Literal, find_literals, suggest_placeholder
from content.disclosure.models import PriceLiteral
from content.posts.models import Post
from content.posts.placeholders import MATCH_ARGUMENT, parse_body
from content.posts.states import PROCESSED_STATES
from perfhooks.metrics import count

LITERALS_KEPT = 500
"""Of one post: who has typed more prices than that has a list, and mends it as one."""
TEXT_LENGTH_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look at posts found. holding: posts that hold literals; changed: posts whose rows were written anew."""

    posts: int
    holding: int
    literals: int
    changed: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many literals stand against a post, and whether their rows were written anew."""

    literals: int
    is_changed: bool


def record_literals(post: Post) -> Recorded:
    """Let exactly the literals of this post's title and body stand against it.

    Within a transaction that holds the post's row. Writes nothing when they stand already.
    """
    wanted = [*_list_rows(post, "title", post.title), *_list_rows(post, "body", post.body)][:LITERALS_KEPT]
    held = list(PriceLiteral.objects.filter(post_id=post.pk))
    is_changed = {_identify(row) for row in held} != {_identify(row) for row in wanted}
    if is_changed:
        PriceLiteral.objects.filter(post_id=post.pk).delete()
        PriceLiteral.objects.bulk_create(wanted, batch_size=200)
        if wanted and not held and post.status in PROCESSED_STATES:
            count("price_fixed_literal_detected_total")
    return Recorded(len(wanted), is_changed)


def note_published_literals(post_id: int) -> None:
    """Count a post that holds literals when it leaves the drafts: from now on readers may meet them."""
    if PriceLiteral.objects.filter(post=post_id).exists():
        count("price_fixed_literal_detected_total")


@transaction.atomic
def scan_post(*, post_id: int) -> Scan:
    """Look at one post as it is now; nothing of one that was deleted meanwhile."""
    post = Post.objects.select_for_update(no_key=True).filter(pk=post_id).first()
    if post is None:
        return Scan(0, 0, 0, 0)
    found = record_literals(post)
    return Scan(1, int(found.literals > 0), found.literals, int(found.is_changed))


def scan_posts(*, posts: QuerySet[Post] | None = None) -> Scan:
    """Look at these posts, by default at all, each in its own short transaction. Stopped half-way, what is done stays done."""
    ids = (Post.objects.all() if posts is None else posts).order_by("pk").values_list("pk", flat=True)
    scans = [scan_post(post_id=post_id) for batch in split_batches(ids) for post_id in batch]
    return Scan(*(sum(getattr(scan, name) for scan in scans) for name in ("posts", "holding", "literals", "changed")))


def _list_rows(post: Post, part: str, text: str) -> Iterator[PriceLiteral]:
    found = find_literals(text)
    if not found:
        return
    skus = list(_list_skus(text)) if part == "body" else []
    line, at = (1, 0) if part == "body" else (0, 0)
    for literal in found:
        if part == "body":
            line += text.count("\n", at, literal.start)
            at = literal.start
        yield PriceLiteral(
            post=post,
            part=part,
            line=line,
            start=literal.start,
            length=literal.end - literal.start,
            kind=literal.kind,
            text=text[literal.start : literal.end][:TEXT_LENGTH_LIMIT],
            value=literal.value,
            rule_id=literal.rule_id,
            placeholder=_suggest(literal, line, skus) if part == "body" else "",
        )


def _list_skus(body: str) -> Iterable[tuple[int, str]]:
    """(line, SKU or match) of the product placeholders in reading order."""
    return ((node.line, node.argument) for node in parse_body(body).placeholders if node.is_product)


def _suggest(literal: Literal, line: int, skus: list[tuple[int, str]]) -> str:
    """The placeholder of the product that was named last before this line or on it, else of the matched one."""
    named = [sku for at, sku in skus if at <= line]
    return suggest_placeholder(literal.kind, sku=named[-1] if named else MATCH_ARGUMENT)


def _identify(row: PriceLiteral) -> tuple[object, ...]:
    return (row.part, row.line, row.start, row.length, row.kind, row.text, row.value, row.rule_id, row.placeholder)
