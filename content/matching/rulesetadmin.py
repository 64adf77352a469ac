"""The rulesets on the desk: every version, and the page on which the next one is written and tried."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from content.desk import format_number
from content.matching.forms import RulesetForms, fingerprint
from content.matching.models import Rule, Ruleset
from content.matching.rules import RulesetSpec
from content.matching.rulesets import PREVIEW_POSTS, ChangedPost, Preview, preview_ruleset, save_ruleset
from content.matching.selectors import get_ruleset
from perfhooks.desk import NOTHING
from perfhooks.versionadmin import VersionAdmin

CHANGED_SHOWN = 100
ASPECTS = {"sku": "상품", "template_id": "템플릿", "rule_id": "단계", "intent": "의도"}


@admin.register(Ruleset)
class RulesetAdmin(VersionAdmin[Ruleset]):
    """The versions, the newest first."""

    list_display = ("version_name", "state", "rule_count", "intent_count", "note", "created_by", "created", "edit")
    next_template = "admin/matching/ruleset/next.html"
    unseen_words = "미리 본 것과 다릅니다. 바뀌는 글을 아래에서 보고 다시 저장하세요."
    based_on_field = "ruleset-based_on"
    search_fields = ("name", "note", "created_by")
    search_help_text = "이름, 바꾼 이유, 만든 사람으로 찾습니다"
    empty_hint = "아직 판이 없어 내장된 기본 규칙으로 매칭합니다."
    fieldsets = (
        (None, {"fields": ("version_name", "state", "edit", "note")}),
        ("의도", {"fields": ("intent_table",)}),
        ("규칙", {"fields": ("rule_table", "reading_list")}),
        ("기록", {"fields": ("based_on", "created_by", "created")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ruleset]:
        """Versions with their counts."""
        versions: QuerySet[Ruleset] = super().get_queryset(request)
        return versions.annotate(rules_held=Count("rules", distinct=True), intents_held=Count("intents", distinct=True))

    def get_fieldsets(self, request: HttpRequest, obj: Ruleset | None = None) -> Any:
        """The groups, likewise."""
        own = ("version_name", "state", "edit", "note")
        shown = own if self.may_write(request) else tuple(name for name in own if name != "edit")
        return ((None, {"fields": shown}), *self.fieldsets[1:])

    def read_version(self, version: int) -> RulesetSpec:
        """A version's rules."""
        return get_ruleset(version)

    def open_form(self, held: RulesetSpec, data: Any = None) -> RulesetForms:
        """Head, intents and rules."""
        return RulesetForms(held, data)

    def fingerprint(self, draft: RulesetSpec) -> str:
        """Of what it decides."""
        return fingerprint(draft)

    def preview(self, draft: RulesetSpec) -> Preview:
        """What it would change among the newest posts."""
        return preview_ruleset(draft=draft)

    def save_next(self, draft: RulesetSpec, *, based_on: int, actor: str, note: str) -> str:
        """Save, and say how many posts are queued for it."""
        saved = save_ruleset(draft=draft, based_on=based_on, actor=actor, note=note)
        return f"{saved.version}판을 저장해 적용했습니다. 결정이 바뀌는 글 {saved.enqueued:,}편을 대기열에 넣었습니다."

    def describe(self, form: RulesetForms, preview: Preview | None) -> dict[str, Any]:
        """The posts that change."""
        return {
            "posts_most": PREVIEW_POSTS,
            "counts": [(word, preview.count(name)) for name, word in ASPECTS.items()] if preview else [],
            "changed": [_describe_change(post) for post in preview.changed[:CHANGED_SHOWN]] if preview else [],
        }

    @admin.display(description="규칙")
    def rule_count(self, ruleset: Any) -> SafeString:
        """How many rules."""
        return format_number(ruleset.rules_held)

    @admin.display(description="의도")
    def intent_count(self, ruleset: Any) -> SafeString:
        """How many intents."""
        return format_number(ruleset.intents_held)

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
