"""Building comparison tables. The same content makes no new version."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from content.comparison.drafting import ROW_LIMIT, TableDraft, choose_products, draft_table
from content.comparison.models import ComparisonTable, TableVersion
from content.matching.intents import TEMPLATE_COMPARE
from content.matching.selectors import get_decision
from content.posts.placeholders import ParsedBody, parse_body
from content.posts.selectors import get_post, hold_post
from perfhooks.clock import business_now
from perfhooks.spans import span
from perfhooks.trace import current_trace_id
from products.catalog.selectors import ProductFacts, get_facts_by_id, get_facts_by_sku, list_category_best


@dataclass(frozen=True, slots=True)
class TableOutcome:
    """What a building did. number: the newest version, 0 for a post without a table; rows: products compared."""

    post_id: int
    number: int
    rows: int
    is_new: bool


def build_table(*, post_id: int) -> TableOutcome:
    """Build the table of a post that asks for one, or whose template compares; others are left alone.

    Raises Post.DoesNotExist.
    """
    parsed = parse_body(get_post(post_id).body)
    decision = get_decision(post_id)
    template_id = decision.template_id if decision else ""
    if not parsed.has_table and template_id != TEMPLATE_COMPARE:
        return TableOutcome(post_id, 0, 0, is_new=False)
    with span("comparison_table_render_seconds", content_id=post_id):
        spec, products = _choose(parsed, decision.product_id if decision else None)
        return _store(post_id, spec, draft_table(products))


def _choose(parsed: ParsedBody, match_id: int | None) -> tuple[dict[str, Any], list[ProductFacts]]:
    """The table's plan and its products: those named, the match, then the best of its category."""
    by_sku = get_facts_by_sku(parsed.skus) if parsed.skus else {}
    named = [by_sku[sku] for sku in parsed.skus if sku in by_sku]
    match = list(get_facts_by_id([match_id]).values()) if match_id else []
    first = next(iter([*match, *named]), None)
    # Twice the rows: some of the best may be named already.
    best = list_category_best(first.category_id, ROW_LIMIT * 2) if first else []
    spec = {
        "named": [product.sku for product in named],
        "match": match[0].sku if match else "",
        "category": first.category_path if first else "",
    }
    return spec, choose_products([named, match, best])


@transaction.atomic
def _store(post_id: int, spec: dict[str, Any], draft: TableDraft) -> TableOutcome:
    hold_post(post_id)
    table, _is_first = ComparisonTable.objects.get_or_create(post_id=post_id, defaults={"spec": spec})
    table = ComparisonTable.objects.select_for_update(no_key=True).get(pk=table.pk)
    if table.spec != spec:
        table.spec = spec
        table.save(update_fields=["spec"])
    newest = table.versions.order_by("-number").values_list("number", "content_hash").first()
    number, held_hash = newest or (0, "")
    if held_hash == draft.content_hash or (number == 0 and not draft.rows):
        return TableOutcome(post_id, number, len(draft.rows), is_new=False)
    TableVersion.objects.create(
        table=table,
        number=number + 1,
        revision=draft.revision,
        columns=list(draft.columns),
        rows=[asdict(row) for row in draft.rows],
        content_hash=draft.content_hash,
        trace_id=current_trace_id(),
        built_at=business_now(),
    )
    return TableOutcome(post_id, number + 1, len(draft.rows), is_new=True)
