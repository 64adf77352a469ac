"""Batches of links on the desk: proposed, looked at, inserted, taken back; and every link with its reason."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from content.clusters.batchpages import BATCH_TONES, TONES, list_conflicts, read_posts
from content.clusters.batchwork import read_progress, start_batch
from content.clusters.inserting import BatchOutcome, discard_batch
from content.clusters.linking import BatchRefused, plan_links
from content.clusters.models import LinkBatch, PlannedLink
from content.clusters.planadmin import PlanningAdmin
from content.clusters.reasons import CONFLICTS, COUNTED, REFUSALS
from content.clusters.tasks import carry_out_links
from content.desk import format_number, link_to_post
from perfhooks.desk import NOTHING, ReadOnlyAdmin, ago, link_to, pill
from perfhooks.handover import hand_over
from perfhooks.locks import LockHeld

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

CHANGE_RIGHT = "clusters.change_linkbatch"
DEEDS: dict[str, tuple[LinkBatch.State | None, str]] = {
    "apply": (LinkBatch.State.APPLYING, "넣었습니다"),
    "undo": (LinkBatch.State.UNDOING, "되돌렸습니다"),
    "discard": (None, "버렸습니다."),
}
"""{deed: (the state of a batch that it is done to, what is said then)}."""
CONFLICTS_SHOWN = 50
FIGURES = {"planned": "계획", "inserted": "넣음", "refused": "거부", "conflicts": "충돌", "undone": "되돌림"}


@admin.register(LinkBatch)
class LinkBatchAdmin(PlanningAdmin[LinkBatch]):
    """The batches, the newest first."""

    list_display = (
        "label",
        "state_pill",
        "planned_count",
        "inserted_count",
        "refused_count",
        "conflict_count",
        "who",
        "made",
    )
    list_filter = ("state",)
    list_select_related = ("made_by",)
    search_fields = ("=batch_id", "reason")
    search_help_text = "묶음의 ID와 이유로 찾습니다"
    ordering = ("-id",)
    empty_hint = "'링크 계획하기'를 누르면 넣을 링크가 한 묶음으로 제안됩니다. 넣기 전에는 글이 바뀌지 않습니다."
    change_list_template = "admin/clusters/linkbatch/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """The pages, and before them what can be done."""
        wrap = self.admin_site.admin_view
        own = [
            path("<int:key>/<slug:deed>/do/", wrap(self.do_view), name="clusters_linkbatch_do"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One batch, post by post."""
        batch = self.get_object(request, object_id)
        if request.method == "POST" or not self.has_view_permission(request, batch):
            raise PermissionDenied
        if batch is None:
            raise Http404("이 묶음이 없습니다. 목록에서 다시 고르세요.")
        page, posts = read_posts(batch, request.GET.get("p"))
        progress = read_progress(batch)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"링크 묶음 {batch.batch_id[:12]}",
            "batch": batch,
            "state": pill(batch.get_state_display(), BATCH_TONES[batch.state]),
            "figures": [(word, f"{getattr(batch, name):,}") for name, word in FIGURES.items()],
            "page": page,
            "posts": [(found, [(shown, _pill_link(shown.link)) for shown in found.links]) for found in posts],
            "refusals": [
                (REFUSALS.get(code, code), code, _write(number))
                for code, number in sorted(batch.refusals.items(), key=lambda it: (-it[1], it[0]))
            ],
            "counted": COUNTED,
            "conflicts": list_conflicts(batch, CONFLICTS, limit=CONFLICTS_SHOWN),
            "may_change": request.user.has_perm(CHANGE_RIGHT),
            "progress": progress,
            "is_busy": progress is not None and not progress.is_silent,
            "to_insert": _write(batch.planned if batch.state == LinkBatch.State.PLANNED else 0),
            "to_undo": _write(progress.inserted if progress else batch.inserted),
        }
        return TemplateResponse(request, "admin/clusters/linkbatch/batch.html", context)

    def plan(self, request: HttpRequest) -> str:
        """Propose a batch."""
        try:
            done = plan_links(reason=request.POST.get("reason", "").strip(), actor_id=request.user.pk)
        except BatchRefused as refusal:
            messages.error(request, str(refusal))
            return ""
        if not done.batch_id:
            words = f"글 {done.scanned:,}개를 읽었지만 새로 넣을 링크가 없습니다. 거부 {done.refused:,}개."
            messages.warning(request, words)
            return ""
        messages.success(request, f"링크 {done.planned:,}개를 계획했습니다. 아직 글은 바뀌지 않았습니다.")
        key = LinkBatch.objects.values_list("pk", flat=True).get(batch_id=done.batch_id)
        return reverse("admin:clusters_linkbatch_change", args=[key])

    def do_view(self, request: HttpRequest, key: int, deed: str) -> HttpResponse:
        """Insert, take back or discard a batch."""
        if not request.user.has_perm(CHANGE_RIGHT):
            raise PermissionDenied
        batch = LinkBatch.objects.filter(pk=key).first()
        if batch is None or deed not in DEEDS:
            raise Http404("이 묶음이 없습니다. 목록에서 다시 고르세요.")
        if request.method == "POST":
            try:
                self._do(request, batch, deed)
            except (BatchRefused, LockHeld) as refusal:
                messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("admin:clusters_linkbatch_change", args=[key]))

    def _do(self, request: HttpRequest, batch: LinkBatch, deed: str) -> None:
        state, word = DEEDS[deed]
        if state is None:
            is_gone = discard_batch(batch_id=batch.batch_id)
            messages.success(request, word if is_gone else "이미 계획이 아닙니다. 달라진 것이 없습니다.")
            return
        done = start_batch(batch_id=batch.batch_id, state=state, actor_id=request.user.pk)
        if done is not None:
            _tell(request, done, word)
            return
        transaction.on_commit(partial(hand_over, carry_out_links, batch.batch_id, request.user.pk))

    @admin.display(description="묶음", ordering="id")
    def label(self, batch: LinkBatch) -> SafeString:
        """Its id, and why it was made."""
        return format_html(
            '<span class="mono" title="{}">{}</span><span class="below">{}</span>',
            batch.batch_id,
            batch.batch_id[:12],
            batch.reason or NOTHING,
        )

    @admin.display(description="상태", ordering="state")
    def state_pill(self, batch: LinkBatch) -> SafeString:
        """How far it is."""
        return pill(batch.get_state_display(), BATCH_TONES[batch.state])

    @admin.display(description="계획", ordering="planned")
    def planned_count(self, batch: LinkBatch) -> SafeString:
        """Links that were proposed."""
        return format_number(batch.planned)

    @admin.display(description="넣음", ordering="inserted")
    def inserted_count(self, batch: LinkBatch) -> SafeString:
        """Links that stand now."""
        return format_number(batch.inserted)

    @admin.display(description="거부", ordering="refused")
    def refused_count(self, batch: LinkBatch) -> SafeString:
        """Links that were wanted and are not to be."""
        address = f"{reverse('admin:clusters_plannedlink_changelist')}?batch__id__exact={batch.pk}&state__exact=refused"
        return link_to(address, f"{batch.refused:,}")

    @admin.display(description="충돌", ordering="conflicts")
    def conflict_count(self, batch: LinkBatch) -> SafeString:
        """Links that an edit stood against."""
        return pill(f"{batch.conflicts:,}", "bad") if batch.conflicts else format_number(0)

    @admin.display(description="누가")
    def who(self, batch: LinkBatch) -> str:
        """Who proposed it."""
        return str(batch.made_by) if batch.made_by else "자동"

    @admin.display(description="계획한 때", ordering="made_at")
    def made(self, batch: LinkBatch) -> SafeString:
        """When."""
        return ago(batch.made_at)


@admin.register(PlannedLink)
class PlannedLinkAdmin(ReadOnlyAdmin[PlannedLink]):
    """Every link that was proposed or refused, with its rule and its reason."""

    is_big = True
    list_display = (
        "words_shown",
        "source_title",
        "target_title",
        "rule",
        "state_pill",
        "reason_shown",
        "score_shown",
        "batch_link",
    )
    list_filter = ("state", "reason", "rule_id")
    list_select_related = ("source", "target", "batch")
    search_fields = ("=batch__batch_id", "source__slug", "target_slug", "words")
    search_help_text = "묶음의 ID, 두 글의 슬러그, 낱말로 찾습니다"
    ordering = ("-id",)
    empty_hint = "링크를 계획하면 제안과 거부가 까닭과 함께 쌓입니다."

    @admin.display(description="낱말")
    def words_shown(self, link: PlannedLink) -> str:
        """The words that are or would be linked."""
        return link.words or NOTHING

    @admin.display(description="넣을 글")
    def source_title(self, link: PlannedLink) -> SafeString:
        """The post that holds it."""
        return link_to_post(link.source_id, link.source.title)

    @admin.display(description="연결할 글")
    def target_title(self, link: PlannedLink) -> SafeString | str:
        """The post that it leads to."""
        return link_to_post(link.target.pk, link.target.title) if link.target else link.target_slug

    @admin.display(description="규칙")
    def rule(self, link: PlannedLink) -> str:
        """Who asked for it."""
        return link.get_rule_id_display()

    @admin.display(description="상태")
    def state_pill(self, link: PlannedLink) -> SafeString:
        """What became of it."""
        return _pill_link(link)

    @admin.display(description="까닭")
    def reason_shown(self, link: PlannedLink) -> SafeString | str:
        """Why it was refused, with the code."""
        if not link.reason:
            return NOTHING
        return format_html('<span title="{}">{}</span>', link.reason, link.get_reason_display())

    @admin.display(description="점수", ordering="score")
    def score_shown(self, link: PlannedLink) -> SafeString | str:
        """How much it was wanted; nothing is known of one that was refused."""
        return format_number(round(link.score, 2)) if link.score else NOTHING

    @admin.display(description="묶음")
    def batch_link(self, link: PlannedLink) -> SafeString:
        """Its batch."""
        return link_to(reverse("admin:clusters_linkbatch_change", args=[link.batch_id]), link.batch.batch_id[:12])


def _write(number: int) -> str:
    """A number with thousands separators; "" of none."""
    return f"{number:,}" if number else ""


def _pill_link(link: PlannedLink) -> SafeString:
    return pill(link.get_state_display(), TONES[link.state])


def _tell(request: HttpRequest, done: BatchOutcome, deed: str) -> None:
    words = f"글 {done.posts:,}개에서 링크 {done.links:,}개를 {deed}. 거부 {done.refused:,}개, 충돌한 글 {len(done.conflicts):,}개."
    (messages.success if done.links else messages.warning)(request, words)
    if done.conflicts:
        named = ", ".join(done.conflicts[:5])
        messages.warning(request, f"그대로 둔 글: {named}{' 등' if len(done.conflicts) > 5 else ''}")
