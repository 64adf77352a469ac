"""The panels of 오늘: what needs a person now, how many, and where the list of exactly those is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from content.clusters.selectors import select_proposals
from content.disclosure.selectors import select_live_with_literals
from content.posts.selectors import select_held_back, select_with_findings
from content.refresh.selectors import select_dead
from operations.dashboard.counting import count_together
from operations.gates.selectors import select_red
from perfhooks.desk import Tone
from products.catalog.selectors import select_posts_with_stale_prices, select_stale
from products.storesync.selectors import select_failed_runs, select_open_failures, select_parked_runs


@dataclass(frozen=True, slots=True)
class Question:
    """Something to be counted. page: the admin's address name of the list; lookups narrow it to what was counted."""

    title: str
    permission: str
    rows: Callable[[], QuerySet[Any, Any]]
    page: str
    lookups: dict[str, str]
    tone: Tone
    advice: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel, ready to be shown."""

    title: str
    count: int
    address: str
    tone: Tone
    word: str
    advice: str

    @property
    def count_text(self) -> str:
        """The count with thousands separators."""
        return f"{self.count:,}"


QUESTIONS: dict[str, Question] = {
    "failed_runs": Question(
        title="실패한 동기화",
        permission="storesync.view_syncrun",
        rows=select_failed_runs,
        page="admin:storesync_syncrun_changelist",
        lookups={"status__exact": "failed"},
        tone="bad",
        advice="오류를 읽고 접속 설정을 고친 뒤 다시 실행하세요.",
    ),
    "parked_runs": Question(
        title="멈춘 동기화",
        permission="storesync.view_syncrun",
        rows=select_parked_runs,
        page="admin:storesync_syncrun_changelist",
        lookups={"status__exact": "parked"},
        tone="bad",
        advice="스토어에 연결되는지 보세요. 다음 동기화가 이어서 합니다.",
    ),
    "refused_products": Question(
        title="거부된 상품",
        permission="storesync.view_syncfailure",
        rows=select_open_failures,
        page="admin:storesync_syncfailure_changelist",
        lookups={"resolved_at__isnull": "True"},
        tone="bad",
        advice="스토어에서 값을 고치면 다음 동기화가 다시 읽습니다.",
    ),
    "stale_products": Question(
        title="가격 확인이 오래된 상품",
        permission="catalog.view_product",
        rows=select_stale,
        page="admin:catalog_product_changelist",
        lookups={"price": "stale"},
        tone="warn",
        advice="오래 확인하지 못했습니다. 동기화를 실행하세요.",
    ),
    "stale_posts": Question(
        title="가격이 오래된 글",
        permission="posts.view_post",
        rows=select_posts_with_stale_prices,
        page="admin:posts_post_changelist",
        lookups={"price": "stale"},
        tone="warn",
        advice="동기화하면 글의 가격 시각도 새로워집니다.",
    ),
    "findings": Question(
        title="점검할 글",
        permission="posts.view_post",
        rows=select_with_findings,
        page="admin:posts_post_changelist",
        lookups={"findings__isnull": "False"},
        tone="warn",
        advice="글을 열면 줄 번호와 고칠 방법이 있습니다.",
    ),
    "held_back": Question(
        title="막힌 게시 예약",
        permission="posts.view_post",
        rows=select_held_back,
        page="admin:posts_post_changelist",
        lookups={"held_back": "yes"},
        tone="bad",
        advice="글의 점검 사항을 고치면 다음 차례에 게시합니다.",
    ),
    "price_literals": Question(
        title="가격을 직접 쓴 글",
        permission="posts.view_post",
        rows=select_live_with_literals,
        page="admin:posts_post_changelist",
        lookups={"literals": "live"},
        tone="warn",
        advice="글을 열어 문구마다 바꾸기를 누르세요.",
    ),
    "dead_entries": Question(
        title="멈춘 대기열 항목",
        permission="refresh.view_refreshentry",
        rows=select_dead,
        page="admin:refresh_refreshentry_changelist",
        lookups={"state__exact": "dead"},
        tone="bad",
        advice="오류를 고친 뒤 다시 대기열에 넣으세요.",
    ),
    "link_proposals": Question(
        title="검토할 링크 제안",
        permission="clusters.view_linkbatch",
        rows=select_proposals,
        page="admin:clusters_linkbatch_changelist",
        lookups={"state__exact": "planned"},
        tone="warn",
        advice="묶음을 열어 글마다 무엇이 달라지는지 보고 넣거나 버리세요.",
    ),
    "red_gates": Question(
        title="막힌 릴리즈 예산",
        permission="gates.view_gatedecision",
        rows=select_red,
        page="admin:gates_gatedecision_changelist",
        lookups={},
        tone="bad",
        advice="게이트 보드에서 값과 한도, 원인을 확인하세요.",
    ),
}


def list_panels(may: Callable[[str], bool]) -> list[Panel]:
    """The panels that a person with these permissions may see, counted by one query."""
    asked = {name: question for name, question in QUESTIONS.items() if may(question.permission)}
    counts = count_together(**{name: question.rows() for name, question in asked.items()})
    return [_make_panel(question, counts[name]) for name, question in asked.items()]


def _make_panel(question: Question, count: int) -> Panel:
    address = f"{reverse(question.page)}?{urlencode(question.lookups)}"
    tone: Tone = question.tone if count else "ok"
    word = "확인 필요" if count else "없음"
    return Panel(question.title, count, address, tone, word, question.advice if count else "")
