"""The rulesets on the desk: every version, and the page on which the next one is written and tried."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from content.desk import format_number
from content.matching.forms import RulesetForms, fingerprint
from content.matching.models import Rule, Ruleset
from content.matching.rules import RulesetSpec
from content.matching.rulesets import (
    PREVIEW_POSTS,
    ChangedPost,
    Preview,
    RulesetConflict,
    RulesetRefused,
    preview_ruleset,
    save_ruleset,
)
from content.matching.selectors import get_ruleset
from perfhooks.desk import NOTHING, ReadOnlyAdmin, ago, link_to, pill

CHANGED_SHOWN = 100
ASPECTS = {"sku": "상품", "template_id": "템플릿", "rule_id": "단계", "intent": "의도"}
PERMISSION = "matching.add_ruleset"


@admin.register(Ruleset)
class RulesetAdmin(ReadOnlyAdmin[Ruleset]):
    """The versions, the newest first."""

    list_display = ("version_name", "state", "rule_count", "intent_count", "note", "created_by", "created", "edit")
    ordering = ("-version",)
    search_fields = ("name", "note", "created_by")
    search_help_text = "이름, 바꾼 이유, 만든 사람으로 찾습니다"
    empty_hint = "아직 판이 없어 내장된 기본 규칙으로 매칭합니다."
    fieldsets = (
        (None, {"fields": ("version_name", "state", "edit", "note")}),
        ("의도", {"fields": ("intent_table",)}),
        ("규칙", {"fields": ("rule_table", "reading_list")}),
        ("기록", {"fields": ("based_on", "created_by", "created")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the one for the next version before them."""
        view = self.admin_site.admin_view(self.edit_view)
        return [path("<int:version>/next/", view, name="matching_ruleset_next"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ruleset]:
        """Versions with their counts."""
        versions: QuerySet[Ruleset] = super().get_queryset(request)
        return versions.annotate(rules_held=Count("rules", distinct=True), intents_held=Count("intents", distinct=True))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The columns; the way to the next version only for who may write it."""
        return tuple(name for name in self.list_display if name != "edit" or request.user.has_perm(PERMISSION))

    def get_fieldsets(self, request: HttpRequest, obj: Ruleset | None = None) -> Any:
        """The groups, likewise."""
        own = ("version_name", "state", "edit", "note")
        shown = own if request.user.has_perm(PERMISSION) else tuple(name for name in own if name != "edit")
        return ((None, {"fields": shown}), *self.fieldsets[1:])

    def edit_view(self, request: HttpRequest, version: int) -> HttpResponse:
        """The next version, written on top of this one: first tried on the newest posts, then saved."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        try:
            ruleset = get_ruleset(version)
        except Ruleset.DoesNotExist as error:
            raise Http404(f"{version}판이 없습니다. 목록에서 다시 고르세요.") from error
        if request.method != "POST":
            return self._show(request, ruleset, RulesetForms(ruleset))
        data = request.POST.copy()
        rebase = str(data.get("rebase", ""))
        if rebase.isdecimal():
            data["ruleset-based_on"] = rebase
        forms = RulesetForms(ruleset, data)
        return self._try(request, ruleset, forms) if forms.is_valid() else self._show(request, ruleset, forms)

    def _try(self, request: HttpRequest, ruleset: RulesetSpec, forms: RulesetForms) -> HttpResponse:
        draft, head = forms.make_spec(), forms.head.cleaned_data
        is_seen = head["previewed"] == fingerprint(draft)
        try:
            if "save" in request.POST and is_seen:
                actor = request.user.get_username()
                saved = save_ruleset(draft=draft, based_on=head["based_on"], actor=actor, note=head["note"])
                text = f"{saved.version}판을 저장해 적용했습니다. 결정이 바뀌는 글 {saved.enqueued:,}편을 대기열에 넣었습니다."
                messages.success(request, text)
                return HttpResponseRedirect(reverse("admin:matching_ruleset_changelist"))
            if "save" in request.POST:
                messages.warning(request, "미리 본 것과 다릅니다. 바뀌는 글을 아래에서 보고 다시 저장하세요.")
            return self._show(request, ruleset, forms, preview=preview_ruleset(draft=draft), seen=fingerprint(draft))
        except RulesetRefused as refusal:
            return self._show(request, ruleset, forms, faults=refusal.faults)
        except RulesetConflict as conflict:
            return self._show(request, ruleset, forms, conflict=str(conflict))

    def _show(self, request: HttpRequest, ruleset: RulesetSpec, forms: RulesetForms, **more: Any) -> HttpResponse:
        active = Ruleset.objects.filter(is_active=True).values_list("version", flat=True).first()
        preview: Preview | None = more.get("preview")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{ruleset.version}판을 바탕으로 새 판",
            "forms": forms,
            "ruleset": ruleset,
            "active": active,
            "posts_most": PREVIEW_POSTS,
            "faults": more.get("faults", ()),
            "conflict": more.get("conflict", ""),
            "seen": more.get("seen", ""),
            "preview": preview,
            "counts": [(word, preview.count(name)) for name, word in ASPECTS.items()] if preview else [],
            "changed": [_describe_change(post) for post in preview.changed[:CHANGED_SHOWN]] if preview else [],
        }
        status = 409 if more.get("conflict") else 200
        return TemplateResponse(request, "admin/matching/ruleset/next.html", context, status=status)

    @admin.display(description="판", ordering="version")
    def version_name(self, ruleset: Ruleset) -> str:
        """Number and name."""
        return str(ruleset)

    @admin.display(description="상태", ordering="is_active")
    def state(self, ruleset: Ruleset) -> SafeString:
        """Whether it is in force."""
        return pill("적용 중", "ok") if ruleset.is_active else pill("지난 판", "grey")

    @admin.display(description="규칙")
    def rule_count(self, ruleset: Any) -> SafeString:
        """How many rules."""
        return format_number(ruleset.rules_held)

    @admin.display(description="의도")
    def intent_count(self, ruleset: Any) -> SafeString:
        """How many intents."""
        return format_number(ruleset.intents_held)

    @admin.display(description="만든 때", ordering="created_at")
    def created(self, ruleset: Ruleset) -> SafeString:
        """When it was made."""
        return ago(ruleset.created_at)

    @admin.display(description="고치기")
    def edit(self, ruleset: Ruleset) -> SafeString:
        """The way to the next version."""
        return link_to(reverse("admin:matching_ruleset_next", args=[ruleset.version]), "이 판을 바탕으로 새 판")

    @admin.display(description="의도")
    def intent_table(self, ruleset: Ruleset) -> SafeString:
        """The intents in their order."""
        rows = [(it.code, it.name, ", ".join(it.words), it.template_id) for it in ruleset.intents.all()]
        return make_table(("코드", "이름", "낱말", "템플릿"), rows)

    @admin.display(description="규칙")
    def rule_table(self, ruleset: Ruleset) -> SafeString:
        """The rules in their order."""
        rows = [
            (it.code, it.name, describe_conditions(it), f"×{it.weight:g}", it.template_id) for it in ruleset.rules.all()
        ]
        return make_table(("코드", "이름", "조건", "가중치", "템플릿"), rows)

    @admin.display(description="낱말 읽기")
    def reading_list(self, ruleset: Ruleset) -> str:
        """The readings."""
        return ", ".join(f"{word} = {reading}" for word, reading in ruleset.readings.items()) or NOTHING


def describe_conditions(rule: Rule) -> str:
    """A rule's conditions in words."""
    parts = {
        "의도": rule.intent,
        "카테고리": rule.category,
        "가격": f"{rule.price_least or 0:,}~{'' if rule.price_below is None else f'{rule.price_below:,}'}원"
        if (rule.price_least, rule.price_below) != (None, None)
        else "",
        "재고": rule.get_stock_display() if rule.stock else "",
        "계절": f"{rule.season_first}~{rule.season_last}" if rule.season_first else "",
        "스토어": rule.store,
    }
    return " · ".join(f"{name} {value}" for name, value in parts.items() if value) or "언제나"


def make_table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> SafeString:
    """A small table; every cell is escaped."""
    head = format_html_join("", '<th scope="col">{}</th>', ((text,) for text in heads))
    cells = "".join(["<tr>", *["<td>{}</td>"] * len(heads), "</tr>"])
    body = format_html_join("", cells, rows) or format_html('<tr><td colspan="{}">없음</td></tr>', len(heads))
    return format_html('<table class="grid-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', head, body)


def _describe_change(post: ChangedPost) -> tuple[int, str, list[tuple[str, str, str]]]:
    values = [
        (ASPECTS[name], str(getattr(post.before, name)) or NOTHING, str(getattr(post.after, name)) or NOTHING)
        for name in post.aspects
    ]
    return post.post_id, post.title, values
