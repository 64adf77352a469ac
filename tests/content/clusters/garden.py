"""Posts for the tests of clusters: a few hubs with their spokes, in words that find each other."""

from collections.abc import Sequence

from content.posts.models import Post
from content.posts.publishing import SYSTEM, change_status
from tests.content.factories import make_post

FILLER = "이 문단은 살림에 쓰는 물건을 오래 쓰는 이야기를 담았습니다."
LONG = " ".join(["오늘은 집에서 쓰는 물건 이야기를 천천히 풀어 봅니다."] * 30)


def publish(post: Post) -> Post:
    """Let readers see it."""
    change_status(post_id=post.pk, target="published", actor=SYSTEM)
    post.refresh_from_db()
    return post


def make_live(slug: str, title: str, *paragraphs: str) -> Post:
    """A published post of these paragraphs behind a first sentence."""
    body = "\n\n".join(("첫 문장입니다. 둘째 문장입니다.", *paragraphs))
    return publish(make_post(body, slug=slug, title=title))


def plant_cleaners() -> tuple[Post, Sequence[Post]]:
    """A hub about cordless cleaners and three spokes that speak of it and of each other."""
    hub = make_live(
        "cordless-guide",
        "무선 청소기 추천",
        "오래 쓰려면 무선 청소기 필터 관리가 먼저입니다.",
        f"그다음은 무선 청소기 배터리 수명을 봅니다. {FILLER}",
        f"시끄러우면 무선 청소기 소음 줄이기를 봅니다. {LONG}",
        LONG,
    )
    spokes = [
        make_live("filter", "무선 청소기 필터 관리", f"필터를 말리면 무선 청소기를 오래 씁니다. {FILLER}", FILLER),
        make_live("battery", "무선 청소기 배터리 수명", f"배터리가 약하면 무선 청소기가 멈춥니다. {FILLER}", FILLER),
        make_live("noise", "무선 청소기 소음 줄이기", f"소음은 무선청소기의 숙제입니다. {FILLER}", FILLER),
    ]
    return hub, spokes
