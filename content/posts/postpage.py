"""What stands around the form of a post: how it stands, what blocks it, and what happened to it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString

from content.desk import link_to_product
from content.disclosure.models import PriceLiteral
from content.disclosure.selectors import list_literals
from content.packages.selectors import select_current
from content.posts.findings import KINDS, Finding
from content.posts.models import Post
from content.posts.selectors import list_findings
from content.refresh.models import LIVE_STATES, RefreshEntry
from perfhooks.desk import NOTHING, Tone, ago, link_to, pill

STATUS_TONES: dict[str, Tone] = {"draft": "grey", "ready": "warn", "published": "ok"}
ENTRIES_SHOWN = 10


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
class PostPage:
    """The parts of the page above and below the form."""

    state: SafeString
    match: SafeString
    match_reason: SafeString
    package: SafeString
    queue: SafeString
    findings: list[FindingLine]
    literals: list[LiteralLine]
    seen: str
    entries: list[EntryLine]


def read_post_page(post: Post) -> PostPage:
    """Read the page of a post, in six queries."""
    entries = list(RefreshEntry.objects.filter(post=post).order_by("-id")[:ENTRIES_SHOWN])
    decision = getattr(post, "match_decision", None)
    product = decision.product if decision else None
    address = reverse("admin:matching_matchdecision_change", args=[decision.pk]) if decision else ""
    live = next((entry for entry in entries if entry.state in LIVE_STATES), None)
    return PostPage(
        state=show_status(post),
        match=link_to_product(product.pk, product.name) if product else pill("없음", "grey"),
        match_reason=link_to(address, f"이유: {decision.get_rule_id_display()}") if decision else SafeString(""),
        package=show_package(post),
        queue=pill(live.get_state_display(), "warn") if live else pill("없음", "grey"),
        findings=[show_finding(finding) for finding in list_findings(post.pk)],
        literals=[show_literal(literal) for literal in list_literals(post.pk)],
        seen=post.body_hash,
        entries=[show_entry(entry) for entry in entries],
    )


def show_status(post: Post) -> SafeString:
    """The post's state."""
    return pill(post.get_status_display(), STATUS_TONES.get(post.status, "grey"))


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
