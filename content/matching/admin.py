"""The match decisions on the desk, each with its rule, its inputs and the products that came next."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from content.desk import format_number, link_to_post, link_to_product
from content.matching.health import show_health
from content.matching.models import MatchDecision, MatchHistory, WordReading
from content.matching.pinadmin import PERMISSION, PinAdmin
from content.matching.rulesetadmin import RulesetAdmin, make_table
from perfhooks.desk import NOTHING, ReadOnlyAdmin, ago, link_to, pill

__all__ = ["MatchDecisionAdmin", "MatchHistoryAdmin", "PinAdmin", "RulesetAdmin", "WordReadingAdmin"]

HISTORY_SHOWN = 10
FEATURE_LABELS = {
    "intent": "의도",
    "terms": "찾은 낱말",
    "skus": "글이 지정한 SKU",
    "has_table": "비교표",
    "season": "계절 규칙",
    "store": "스토어",
    "category": "카테고리",
    "price_band": "가격대(원)",
    "stock": "재고",
}
VALUE_LABELS = {
    "low": "적음",
    "enough": "충분",
}


@admin.register(MatchDecision)
class MatchDecisionAdmin(ReadOnlyAdmin[MatchDecision]):
    """The newest decision of each post."""

    list_display = ("post_title", "product_name", "rule", "fallback", "template_id", "score", "latency", "decided")
    list_filter = ("rule_id", "is_fallback", "template_id", "intent")
    list_select_related = ("post", "product")
    search_fields = ("post__slug", "post__title", "=product__sku")
    search_help_text = "글의 슬러그와 제목, 상품의 SKU로 찾습니다"
    ordering = ("-decided_at", "-id")
    empty_hint = "준비된 글을 처리하면 글마다 하나씩 생깁니다."
    fieldsets = (
        (None, {"fields": ("post_title", "product_name", "rule", "template_id", "pin")}),
        ("왜 이 상품인가", {"fields": ("why", "inputs", "score", "parts", "others", "fallback_reason")}),
        ("기록", {"fields": ("decided", "ruleset", "revision", "latency", "trace_id", "earlier")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: MatchDecision | None = None) -> Any:
        """The groups; the way to a pin only for who may set one."""
        head = ("post_title", "product_name", "rule", "template_id")
        shown = (*head, "pin") if request.user.has_perm(PERMISSION) else head
        return ((None, {"fields": shown}), *self.fieldsets[1:])

    def get_urls(self) -> list[URLPattern]:
        """The pages, and how matching stands before them."""
        view = self.admin_site.admin_view(self.health_view)
        return [path("health/", view, name="matching_matchdecision_health"), *super().get_urls()]

    def health_view(self, request: HttpRequest) -> HttpResponse:
        """Fallbacks by day and version, and the mix of intents."""
        return show_health(self, request)

    @admin.display(description="글", ordering="post__title")
    def post_title(self, decision: MatchDecision) -> SafeString:
        """The post."""
        return link_to_post(decision.post_id, decision.post.title)

    @admin.display(description="상품", ordering="product__name")
    def product_name(self, decision: MatchDecision) -> SafeString:
        """The product chosen."""
        product = decision.product
        return link_to_product(product.pk, product.name) if product else pill("없음", "bad")

    @admin.display(description="단계", ordering="rule_id")
    def rule(self, decision: MatchDecision) -> str:
        """The stage that decided."""
        return decision.get_rule_id_display()

    @admin.display(description="대체", ordering="is_fallback")
    def fallback(self, decision: MatchDecision) -> SafeString:
        """Whether it is a fallback."""
        return pill("대체", "warn") if decision.is_fallback else pill("일치", "ok")

    @admin.display(description="걸린 시간", ordering="latency_ms")
    def latency(self, decision: MatchDecision) -> SafeString:
        """How long the engine took."""
        return format_html('<span class="num">{} ms</span>', f"{decision.latency_ms:,.1f}")

    @admin.display(description="결정", ordering="decided_at")
    def decided(self, decision: MatchDecision) -> SafeString:
        """When it was decided."""
        return ago(decision.decided_at)

    @admin.display(description="상품 고정")
    def pin(self, decision: MatchDecision) -> SafeString:
        """The way to fix a product."""
        return link_to(reverse("admin:matching_pin_post", args=[decision.post_id]), "이 글에 상품 고정하기")

    @admin.display(description="규칙 판")
    def ruleset(self, decision: MatchDecision) -> str:
        """The version of the rules."""
        return f"{decision.ruleset_version}판" if decision.ruleset_version else NOTHING

    @admin.display(description="점수 구성")
    def parts(self, decision: MatchDecision) -> SafeString | str:
        """The score, taken apart."""
        held = decision.score_parts
        rows: list[tuple[Any, ...]] = [(word, format_number(value)) for word, value in held.get("words", {}).items()]
        if held:
            codes = ", ".join(held.get("rules", ())) or "맞는 규칙 없음"
            rows += [
                ("낱말 점수", format_number(held.get("base", 0))),
                (f"가중치 ({codes})", f"×{held.get('weight', 1):g}"),
            ]
        return make_table(("부분", "값"), rows) if rows else NOTHING

    @admin.display(description="지난 결정")
    def earlier(self, decision: MatchDecision) -> SafeString:
        """The newest decisions about this post."""
        newest = MatchHistory.objects.filter(post_id=decision.post_id).order_by("-id")[:HISTORY_SHOWN]
        rows = [
            (ago(it.decided_at), it.sku or NOTHING, it.get_rule_id_display(), it.template_id, f"{it.ruleset_version}판")
            for it in newest
        ]
        return make_table(("언제", "SKU", "단계", "템플릿", "규칙 판"), rows)

    @admin.display(description="적용된 단계")
    def why(self, decision: MatchDecision) -> str:
        """The rule in words."""
        return RULE_WORDS.get(decision.rule_id, decision.rule_id)

    @admin.display(description="입력")
    def inputs(self, decision: MatchDecision) -> SafeString:
        """What the engine read of the post and the product."""
        rows = ((FEATURE_LABELS.get(name, name), _show_value(value)) for name, value in decision.features.items())
        return format_html('<dl class="facts">{}</dl>', format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows))

    @admin.display(description="다음 후보")
    def others(self, decision: MatchDecision) -> SafeString | str:
        """The products that came next, with their scores."""
        rows = [(held.get("sku", ""), format_number(held.get("score", 0))) for held in decision.runner_ups]
        body = format_html_join("", '<tr><th scope="row">{}</th><td class="num">{}</td></tr>', rows)
        head = '<thead><tr><th scope="col">SKU</th><th scope="col" class="num">점수</th></tr></thead>'
        table = '<table class="grid-table">' + head + "<tbody>{}</tbody></table>"
        return format_html(table, body) if rows else NOTHING


RULE_WORDS = {
    "exact_sku": "글이 이 SKU를 지정했습니다.",
    "pinned": "편집자가 이 글에 이 상품을 고정했습니다.",
    "brand_model": "제목이나 본문에 브랜드와 모델명이 함께 나옵니다.",
    "all_words": "상품이 제목의 낱말을 모두 담고 있습니다.",
    "any_word": "상품이 제목이나 본문의 드문 낱말을 담고 있습니다.",
    "category_best": "맞는 상품이 없어 카테고리의 대표 상품을 골랐습니다.",
    "none": "맞는 상품이 없습니다.",
}


@admin.register(MatchHistory)
class MatchHistoryAdmin(ReadOnlyAdmin[MatchHistory]):
    """Every decision that was news, the newest first."""

    list_display = ("post_title", "sku", "rule_id", "fallback", "template_id", "intent", "ruleset_version", "decided")
    list_filter = ("rule_id", "is_fallback", "intent", "ruleset_version")
    list_select_related = ("post",)
    search_fields = ("post__slug", "post__title", "=sku")
    search_help_text = "글의 슬러그와 제목, SKU로 찾습니다"
    ordering = ("-decided_at", "-id")
    empty_hint = "준비된 글을 처리하면 결정이 바뀔 때마다 하나씩 쌓입니다."

    @admin.display(description="글", ordering="post__title")
    def post_title(self, row: MatchHistory) -> SafeString:
        """The post."""
        return link_to_post(row.post_id, row.post.title)

    @admin.display(description="대체", ordering="is_fallback")
    def fallback(self, row: MatchHistory) -> SafeString:
        """Whether it was a fallback."""
        return pill("대체", "warn") if row.is_fallback else pill("일치", "ok")

    @admin.display(description="결정", ordering="decided_at")
    def decided(self, row: MatchHistory) -> SafeString:
        """When it was decided."""
        return ago(row.decided_at)


@admin.register(WordReading)
class WordReadingAdmin(ReadOnlyAdmin[WordReading]):
    """What the analyser has read in the catalogue's words."""

    list_display = ("word", "reading", "updated")
    search_fields = ("word", "reading")
    search_help_text = "낱말로 찾습니다"
    ordering = ("word",)
    empty_hint = "분석기를 쓰지 않으면 비어 있습니다. 낱말은 상품 이름의 띄어쓰기로 나눕니다."

    @admin.display(description="고친 때", ordering="updated_at")
    def updated(self, row: WordReading) -> SafeString:
        """When it was last read."""
        return ago(row.updated_at)


def _show_value(value: Any) -> str:
    if isinstance(value, bool):
        return "있음" if value else "없음"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NOTHING
    return VALUE_LABELS.get(str(value), str(value))
