"""The pages of the release gate: the board of decisions, and the figures that were recorded for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from operations.gates import selectors
from operations.gates.checkout import Checkout
from operations.gates.models import GateDecision, GateLine, Measurement, Verdict
from operations.gates.services import decide
from operations.gates.wording import RELEASE_WORDS, VERDICT_WORDS, show_limit, show_tone, show_value
from perfhooks.budgets import load_entries
from perfhooks.desk import FastModelAdmin, ago, link_to, pill
from perfhooks.figures import NOTHING, format_commit
from perfhooks.machine import current_commit
from perfhooks.registry import all_metrics

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django.utils.safestring import SafeString

    from operations.gates.selectors import Board
    from perfhooks.budgets import Entry

BOARD = "admin:gates_gatedecision_changelist"
SECTIONS = (
    (
        "block",
        "릴리즈를 막는 예산",
        "하나라도 한도를 벗어나면 내보내지 않습니다. 믿을 측정이 없으면 판정하지 않습니다.",
    ),
    ("warn", "주의만 하는 예산", "한도를 벗어나면 알립니다. 측정이 없어도 릴리즈를 막지 않습니다."),
)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One budget of the board, every figure ready to be read."""

    verdict: SafeString
    budget_id: str
    plan: str
    help: str
    why: str
    reason: str
    scenario: str
    command: str
    value: str
    limit: str
    samples: str
    measured: SafeString
    commit: str
    cause: SafeString | str


@dataclass(frozen=True, slots=True)
class Section:
    """The budgets of one kind."""

    title: str
    note: str
    rows: list[BoardRow]


class ReadOnlyAdmin(FastModelAdmin[Any]):
    """Rows that the product writes and nobody edits."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds one by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes one by hand."""
        return False


@admin.register(GateDecision)
class GateDecisionAdmin(ReadOnlyAdmin):
    """The gate board: the newest decision, or the one whose page was asked for, and the earlier ones."""

    change_list_template = "admin/gates/gatedecision/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the button that decides."""
        own = path("judge/", self.admin_site.admin_view(self.judge_view), name="gates_gatedecision_judge")
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the newest decision."""
        return self._show_board(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show one decision; the newest where there is none of that number."""
        return self._show_board(request, int(object_id) if object_id.isdecimal() else None)

    def judge_view(self, request: HttpRequest) -> HttpResponse:
        """Decide now, and show what came out."""
        if not may_decide(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        decision = decide(by=request.user.get_username())
        level = {"pass": messages.SUCCESS, "block": messages.ERROR}.get(decision.verdict, messages.WARNING)
        messages.add_message(request, level, f"판정 #{decision.number}: {RELEASE_WORDS[decision.verdict]}.")
        return HttpResponseRedirect(reverse(BOARD))

    def _show_board(self, request: HttpRequest, number: int | None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        board = selectors.read_board(number)
        context = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name_plural,
            "opts": self.opts,
            "may_decide": may_decide(request),
            **(_describe_board(board) if board else {}),
        }
        return TemplateResponse(request, self.change_list_template, context)


@admin.register(Measurement)
class MeasurementAdmin(ReadOnlyAdmin):
    """The figures that parts of the product recorded for the gate."""

    list_display = ("metric", "scenario", "figure", "sample_count", "taken", "revision", "compared", "cause")
    list_filter = ("source",)
    search_fields = ("metric", "scenario")
    search_help_text = "지표와 시나리오를 찾습니다"
    empty_hint = "비교, 검사, 수집 작업이 값을 기록하면 여기에 보입니다."

    @admin.display(description="값")
    def figure(self, measurement: Measurement) -> str:
        """The value in the unit of its metric; that of a comparison as a multiple."""
        metric = all_metrics().get(measurement.metric)
        statistic, unit = ("value", metric.unit) if metric else ("ratio", "ratio")
        return show_value(measurement.value, statistic=statistic, unit=unit)

    @admin.display(description="표본", ordering="samples")
    def sample_count(self, measurement: Measurement) -> str:
        """On how many samples it rests."""
        return f"{measurement.samples:,}"

    @admin.display(description="잰 때", ordering="measured_at")
    def taken(self, measurement: Measurement) -> SafeString:
        """When it was measured."""
        return ago(measurement.measured_at)

    @admin.display(description="커밋")
    def revision(self, measurement: Measurement) -> str:
        """The code that was measured."""
        return format_commit(measurement.commit)

    @admin.display(description="기준 커밋")
    def compared(self, measurement: Measurement) -> str:
        """The code that it was compared with, if it was."""
        return format_commit(measurement.base)

    @admin.display(description="출처", ordering="source")
    def cause(self, measurement: Measurement) -> SafeString | str:
        """What measured it, leading to the run where there is one."""
        return link_to(measurement.link, measurement.source) if measurement.link else measurement.source


def may_decide(request: HttpRequest) -> bool:
    """Whether this person may have the release judged: a decision is a row that is added."""
    return request.user.has_perm("gates.add_gatedecision")


def _describe_board(board: Board) -> dict[str, Any]:
    decision, lines = board.decision, board.lines
    counts = [
        (word, sum(line.verdict == verdict for line in lines), show_tone(verdict))
        for verdict, word in VERDICT_WORDS.items()
    ]
    return {
        "decision": decision,
        "verdict": pill(RELEASE_WORDS.get(decision.verdict, ""), show_tone(decision.verdict)),
        "decided": ago(decision.decided_at),
        "commit": format_commit(decision.commit),
        "is_of_other_code": not Checkout(current_commit(), is_dirty=False).has_same_code(decision.commit),
        "counts": counts,
        "sections": _make_sections(lines),
        "unbuilt": [describe_line(line, None) for line in lines if line.verdict == Verdict.NOT_BUILT],
        "history": [
            (
                earlier,
                pill(earlier.get_verdict_display(), show_tone(earlier.verdict)),
                ago(earlier.decided_at),
                format_commit(earlier.commit),
            )
            for earlier in board.history
        ],
    }


def _make_sections(lines: list[GateLine]) -> list[Section]:
    entries = {entry.id: entry for entry in load_entries()}
    rows: dict[str, list[BoardRow]] = {level: [] for level, _title, _note in SECTIONS}
    for line in lines:
        if line.verdict != Verdict.NOT_BUILT:
            rows["block" if line.level == "block" else "warn"].append(describe_line(line, entries.get(line.budget_id)))
    return [Section(title, note, rows[level]) for level, title, note in SECTIONS if rows[level]]


def describe_line(line: GateLine, entry: Entry | None) -> BoardRow:
    """Return a stored line ready to be read; why it is, and how to measure it, say the budgets of today."""
    metric = all_metrics().get(line.metric)
    shape = {"statistic": line.statistic, "unit": line.unit}
    why, command = (entry.why, entry.command) if entry else ("", "")
    is_wanted = line.verdict == Verdict.CANNOT_JUDGE and line.level == "block"
    return BoardRow(
        verdict=pill(line.get_verdict_display(), show_tone(line.verdict)),
        budget_id=line.budget_id,
        plan=line.plan,
        help=metric.help if metric else why or line.metric,
        why=why,
        reason=line.reason,
        scenario=line.scenario,
        command=command if is_wanted else "",
        value=show_value(line.value, **shape),
        limit=show_limit(limit=line.limit, direction=line.direction, **shape),
        samples=NOTHING if line.samples is None else f"{line.samples:,}",
        measured=ago(line.measured_at),
        commit=format_commit(line.commit),
        cause=link_to(line.link, line.source) if line.link else line.source,
    )
