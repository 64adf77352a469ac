"""Two editors who click in the same moment: one replaces, the other is told, and nothing is replaced twice."""

import threading
from time import monotonic, sleep

import pytest
from django.db import connection, transaction

from content.disclosure.fixing import LiteralConflict, replace_literal
from content.disclosure.models import PriceLiteral
from content.posts.models import Post
from tests.content.factories import make_post

pytestmark = pytest.mark.django_db(transaction=True)
BODY = "{{ product:JB-1 }}은 10,000원\n\n다른 곳은 20,000원"


def count_waiting() -> int:
    with connection.cursor() as cursor:
        # The view stands still within a transaction unless told.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def click_at_once(post: Post, literals: list[PriceLiteral]) -> list[str]:
    """Each literal is clicked by an editor of its own; all stand before the post before the first gets in."""
    told: list[str] = []

    def click(literal: PriceLiteral) -> None:
        try:
            replace_literal(literal_id=literal.pk, post_id=post.pk, seen=post.body_hash)
            told.append("")
        except LiteralConflict as conflict:
            told.append(str(conflict))
        finally:
            connection.close()

    editors = [threading.Thread(target=click, args=(literal,)) for literal in literals]
    with transaction.atomic():
        Post.objects.select_for_update().get(pk=post.pk)
        for editor in editors:
            editor.start()
        until = monotonic() + 10
        while connection.vendor == "postgresql" and count_waiting() < len(editors) and monotonic() < until:
            sleep(0.01)
    for editor in editors:
        editor.join()
    return sorted(told)


def test_the_same_literal_is_replaced_once() -> None:
    post = make_post(BODY)
    literal = PriceLiteral.objects.get(value=10_000)
    told = click_at_once(post, [literal, literal])
    assert told == ["", "이 문구는 이미 고쳐졌거나 글이 지워졌습니다. 글을 다시 열어 남은 문구를 보세요."]
    post.refresh_from_db()
    assert post.body == BODY.replace("10,000원", "{{ price:JB-1 }}")
    assert list(PriceLiteral.objects.values_list("value", flat=True)) == [20_000]


def test_of_two_literals_of_one_post_the_second_is_looked_at_again() -> None:
    post = make_post(BODY)
    told = click_at_once(post, list(PriceLiteral.objects.order_by("value")))
    assert told[0] == ""
    assert "다시" in told[1]
    post.refresh_from_db()
    assert post.body.count("{{ price:JB-1 }}") == 1
    assert PriceLiteral.objects.count() == 1
