"""Putting a placeholder in the place of a typed-in price."""

from dataclasses import dataclass

from django.db import transaction

from content.disclosure.literals_view import list_markup
from content.disclosure.models import PriceLiteral
from content.posts.models import Post
from content.posts.services import save_post


class LiteralConflict(Exception):
    """The post is no longer what the editor saw; says what to do, in Korean."""


@dataclass(frozen=True, slots=True)
class FixedLiteral:
    """What was replaced by what. enqueued: refresh entries added."""

    post_id: int
    text: str
    placeholder: str
    enqueued: int


@transaction.atomic
def replace_literal(*, literal_id: int, post_id: int, seen: str, editor_id: int | None = None) -> FixedLiteral:
    """Replace a literal of a body by its placeholder; markup inside of it stays behind the placeholder.

    seen: the post's `body_hash` that the editor looked at; editor_id: who, for the revision. Raises LiteralConflict when the post or the finding is not what
    it was, with nothing written.
    """
    post = Post.objects.select_for_update(no_key=True).filter(pk=post_id).first()
    literal = PriceLiteral.objects.filter(pk=literal_id, post=post_id).first()
    if literal is None or post is None:
        raise LiteralConflict("이 문구는 이미 고쳐졌거나 글이 지워졌습니다. 글을 다시 열어 남은 문구를 보세요.")
    if literal.part != "body":
        raise LiteralConflict("제목에는 자리표시를 쓸 수 없습니다. 제목에서 이 문구를 직접 지우세요.")
    written = post.body[literal.start : literal.end]
    if post.body_hash != seen or not written.startswith(literal.text):
        raise LiteralConflict("그사이 글이 바뀌었습니다. 아래의 새 목록을 보고 다시 누르세요.")
    instead = literal.placeholder + list_markup(post.body, start=literal.start, end=literal.end)
    saved = save_post(
        slug=post.slug,
        title=post.title,
        body=post.body[: literal.start] + instead + post.body[literal.end :],
        relationship=post.relationship,
        status=post.status,
        editor_id=editor_id,
        reason=f"고정 가격 문구 '{literal.text[:60]}'을(를) 고침",
    )
    return FixedLiteral(post.pk, written, literal.placeholder, saved.enqueued)
