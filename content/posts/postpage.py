"""What stands around the form of a post: how it stands, what blocks it, and what happened to it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from content.desk import link_to_product
from content.disclosure.models import PriceLiteral
from content.disclosure.selectors import list_literals
from content.packages.selectors import get_posted, select_current
from content.posts.findings import KINDS, Finding
from content.posts.models import Post, PostStatus, StatusChange
from content.posts.revisions import get_newest_number
from content.posts.selectors import list_findings
from content.refresh.models import LIVE_STATES, RefreshEntry
from perfhooks.desk import NOTHING, Tone, ago, link_to, pill

STATUS_TONES: dict[str, Tone] = {
    "draft": "grey",
    "ready": "warn",
    "scheduled": "warn",
    "published": "ok",
    "archived": "grey",
}
ENTRIES_SHOWN = 10
STEPS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding, ready to be shown."""

    line: str
    kind: SafeString
    message: str


@dataclass(frozen=True, slots=True)
class LiteralLine:
    """One typed-in price, ready to be shown. button: what the one click does; "" where it can do nothing."""

    id: int
    line: str
    span: str
    kind: SafeString
    text: str
    value: str
    placeholder: str
    button: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One processing of the post."""

    when: SafeString
    reason: str
    state: str
    error: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step from state to state."""

    when: SafeString
    step: str
    person: str
    reason: str
    revision: int
    trace_id: str


@dataclass(frozen=True, slots=True)
class PostSummary:
    """How a post stands."""

    state: SafeString
    match: SafeString
    match_reason: SafeString
    package: SafeString
    findings: list[FindingLine]


@dataclass(frozen=True, slots=True)
class PostPage:
    """The parts of the page above and below the form. note: why a scheduled post was not published."""

    summary: PostSummary
    when: SafeString
    note: str
    public: SafeString
    posted: SafeString
    revision: int
    queue: SafeString
    literals: list[LiteralLine]
    seen: str
    entries: list[EntryLine]
    steps: list[StepLine]


def read_summary(post: Post) -> PostSummary:
    """Read how a post stands, in two queries."""
    decision = getattr(post, "match_decision", None)
    product = decision.product if decision else None
    address = reverse("admin:matching_matchdecision_change", args=[decision.pk]) if decision else ""
    return PostSummary(
        state=show_status(post),
        match=link_to_product(product.pk, product.name) if product else pill("없음", "grey"),
        match_reason=link_to(address, f"이유: {decision.get_rule_id_display()}") if decision else SafeString(""),
        package=show_package(post),
        findings=[show_finding(finding) for finding in list_findings(post.pk)],
    )


def read_post_page(post: Post) -> PostPage:
    """Read the page of a post, in seven queries."""
    entries = list(RefreshEntry.objects.filter(post=post).order_by("-id")[:ENTRIES_SHOWN])
    live = next((entry for entry in entries if entry.state in LIVE_STATES), None)
    return PostPage(
        summary=read_summary(post),
        when=show_time(post),
        note=post.publish_note,
        public=show_public(post),
        posted=show_posted(post),
        revision=get_newest_number(post.pk),
        queue=pill(live.get_state_display(), "warn") if live else pill("없음", "grey"),
        literals=[show_literal(literal) for literal in list_literals(post.pk)],
        seen=post.body_hash,
        entries=[show_entry(entry) for entry in entries],
        steps=[show_step(step) for step in list_steps(post)],
    )


def list_steps(post: Post) -> list[StatusChange]:
    """The newest steps of a post."""
    steps = StatusChange.objects.filter(post=post).select_related("changed_by").order_by("-pk")
    return list(steps[:STEPS_SHOWN])


def show_step(step: StatusChange) -> StepLine:
    """One step."""
    person = str(step.changed_by) if step.changed_by else "자동"
    return StepLine(ago(step.changed_at), str(step), person, step.reason or NOTHING, step.revision, step.trace_id)


def show_status(post: Post) -> SafeString:
    """The post's state; a scheduled one whose findings keep it back says so."""
    if post.status == PostStatus.SCHEDULED and post.publish_note:
        return pill("게시 예약 · 막힘", "bad")
    return pill(post.get_status_display(), STATUS_TONES.get(post.status, "grey"))


def show_time(post: Post) -> SafeString:
    """When it is to be published, or was."""
    if post.status == PostStatus.SCHEDULED and post.publish_at is not None:
        return format_html("{}에 게시", f"{timezone.localtime(post.publish_at):%Y-%m-%d %H:%M}")
    return ago(post.published_at) if post.status == PostStatus.PUBLISHED else SafeString("")


def show_public(post: Post) -> SafeString:
    """The way to its public page."""
    if post.status != PostStatus.PUBLISHED:
        return pill("없음", "grey")
    return link_to(reverse("site:post", args=[post.slug]), "공개 페이지")


def show_posted(post: Post) -> SafeString:
    """Where its newest posted package stands at Naver."""
    posted = get_posted(post.pk)
    if posted is None:
        return pill("없음", "grey")
    return format_html('<a href="{}" rel="noreferrer">{}</a>', posted.posted_url, posted.posted_url)


def show_package(post: Post) -> SafeString:
    """The current package and the way to it."""
    package = select_current().filter(post=post).first()
    if package is None:
        return pill("없음", "grey")
    return link_to(reverse("admin:packages_package_change", args=[package.pk]), f"이미지 {package.image_count}장")


def show_finding(finding: Finding) -> FindingLine:
    """One finding; what blocks the package is red."""
    tone: Tone = "bad" if finding.is_blocking else "warn"
    line = f"{finding.line}번째 줄" if finding.line else "글 전체"
    return FindingLine(line, pill(KINDS.get(finding.kind, finding.kind), tone), finding.message)


def show_literal(literal: PriceLiteral) -> LiteralLine:
    """One typed-in price with what to put in its place."""
    in_body = literal.part == "body"
    return LiteralLine(
        id=literal.pk,
        line=f"{literal.line}번째 줄" if in_body else "제목",
        span=f"{literal.start}–{literal.end}",
        kind=pill(literal.get_kind_display(), "warn"),
        text=literal.text,
        value=f"{literal.value:,}원" if literal.value is not None else NOTHING,
        placeholder=literal.placeholder or ("지우기" if in_body else "제목에서 직접 지우기"),
        button=("바꾸기" if literal.placeholder else "지우기") if in_body else "",
    )


def show_entry(entry: RefreshEntry) -> EntryLine:
    """One processing."""
    state = entry.get_outcome_display() if entry.outcome else entry.get_state_display()
    when = ago(entry.finished_at or entry.enqueued_at)
    return EntryLine(when, entry.get_reason_display(), state, entry.error or NOTHING, entry.trace_id)
