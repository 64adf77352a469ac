"""The match decisions on the desk, each with its rule, its inputs and the products that came next."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from content.desk import format_number, link_to_post, link_to_product
from content.matching.models import MatchDecision
from perfhooks.desk import NOTHING, ReadOnlyAdmin, ago, pill

FEATURE_LABELS = {
    "intent": "의도",
    "terms": "찾은 낱말",
    "skus": "글이 지정한 SKU",
    "category": "카테고리",
    "price_band": "가격대(원)",
    "stock": "재고",
}
VALUE_LABELS = {
    "buy": "구매",
    "compare": "비교",
    "howto": "사용법",
    "review": "후기",
    "low": "적음",
    "enough": "충분",
}


@admin.register(MatchDecision)
class MatchDecisionAdmin(ReadOnlyAdmin[MatchDecision]):
    """The newest decision of each post."""

    list_display = ("post_title", "product_name", "rule", "fallback", "template_id", "score", "latency", "decided")
    list_filter = ("rule_id", "is_fallback", "template_id")
    list_select_related = ("post", "product")
    search_fields = ("post__slug", "post__title", "=product__sku")
    search_help_text = "글의 슬러그와 제목, 상품의 SKU로 찾습니다"
    ordering = ("-decided_at", "-id")
    empty_hint = "준비된 글을 처리하면 글마다 하나씩 생깁니다."
    fieldsets = (
        (None, {"fields": ("post_title", "product_name", "rule", "template_id")}),
        ("왜 이 상품인가", {"fields": ("why", "inputs", "others", "score", "fallback_reason")}),
        ("기록", {"fields": ("decided", "revision", "latency", "trace_id")}),
    )

    @admin.display(description="글", ordering="post__title")
    def post_title(self, decision: MatchDecision) -> SafeString:
        """The post."""
        return link_to_post(decision.post_id, decision.post.title)

    @admin.display(description="상품", ordering="product__name")
    def product_name(self, decision: MatchDecision) -> SafeString:
        """The product chosen."""
        product = decision.product
        return link_to_product(product.pk, product.name) if product else pill("없음", "bad")

    @admin.display(description="규칙", ordering="rule_id")
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

    @admin.display(description="적용된 규칙")
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
    "exact_sku": "본문의 자리표시가 이 SKU를 지정했습니다.",
    "brand_model": "제목이나 본문에 브랜드와 모델명이 함께 나옵니다.",
    "all_words": "상품이 제목의 낱말을 모두 담고 있습니다.",
    "any_word": "상품이 제목이나 본문의 드문 낱말을 담고 있습니다.",
    "category_best": "맞는 상품이 없어 카테고리의 대표 상품을 골랐습니다.",
    "none": "맞는 상품이 없습니다.",
}


def _show_value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NOTHING
    return VALUE_LABELS.get(str(value), str(value))
