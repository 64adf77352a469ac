"""Composing a post: its words, the catalogue's facts, the match, the table and the disclosure become one page."""

from collections.abc import Iterable
from datetime import datetime

from content.comparison.drafting import build_cells
from content.comparison.selectors import TableFacts, get_tables
from content.cro.environment import TEMPLATE_VERSIONS
from content.cro.plaintext import write_text
from content.cro.rendering import RenderedPost, Renderer, Rendering, Source
from content.disclosure.services import insert_disclosure
from content.matching.intents import TEMPLATE_BUY
from content.matching.selectors import get_decision
from content.posts.findings import Finding, unique_findings
from content.posts.placeholders import parse_body
from content.posts.selectors import get_post
from content.posts.services import explain_unknown_sku
from perfhooks.spans import span
from products.catalog.selectors import ProductFacts, ProductKey, get_facts_by_id, get_facts_by_key, get_facts_by_sku


def compose_post(*, post_id: int) -> RenderedPost:
    """Render a post by its newest match and table and the catalogue as it is now. Writes nothing.

    Raises Post.DoesNotExist. Faults of the post come back as findings: `is_publishable` says whether it may be packaged.
    """
    source = read_source(post_id)
    with span("template_render_seconds", template=source.template_id, content_id=post_id):
        rendering = Renderer(source).render()
    as_of = find_oldest_check(rendering.shown.values())
    html, disclosure_version = insert_disclosure(rendering.html, relationship=source.post.relationship, as_of=as_of)
    return RenderedPost(
        post_id=post_id,
        slug=source.post.slug,
        title=source.post.title,
        html=html,
        text=write_text(html),
        images=rendering.images,
        products=list_revisions(rendering, source),
        template_id=source.template_id,
        template_version=TEMPLATE_VERSIONS[source.template_id],
        table_version=source.table.number if source.table and rendering.has_table else 0,
        disclosure_version=disclosure_version,
        catalogue_revision=max((product.revision for product in rendering.shown.values()), default=0),
        as_of=as_of,
        findings=unique_findings([*inspect_source(source, rendering), *rendering.findings]),
        table_times=rendering.table_times,
    )


def read_source(post_id: int) -> Source:
    """Everything that the page is made of, in at most eight queries."""
    post = get_post(post_id)
    parsed = parse_body(post.body)
    decision = get_decision(post_id)
    tables = get_tables(post_id, parsed.table_names)
    match_id = decision.product_id if decision else None
    return Source(
        post=post,
        parsed=parsed,
        template_id=decision.template_id if decision else TEMPLATE_BUY,
        products=get_facts_by_sku(parsed.skus) if parsed.skus else {},
        compared=read_compared(tables.values()),
        match=get_facts_by_id([match_id]).get(match_id) if match_id else None,
        table=tables.get(""),
        tables=tables,
    )


def read_compared(tables: Iterable[TableFacts]) -> dict[ProductKey, ProductFacts]:
    """{key of the row: facts} of the tables' products."""
    rows = [row for table in tables for row in table.rows]
    marked = {row.key for row in rows if row.store_code}
    compared = get_facts_by_key(marked) if marked else {}
    unmarked = [row for row in rows if not row.store_code]
    by_sku = get_facts_by_sku(row.sku for row in unmarked) if unmarked else {}
    for row in unmarked:
        product = by_sku.get(row.sku)
        if product is not None and product.origin_product_no == row.origin_product_no:
            compared[row.key] = product
    return compared


def inspect_source(source: Source, rendering: Rendering) -> Iterable[Finding]:
    """What is wrong with the post: its placeholders, the SKUs they name, and what they ask for in vain."""
    parsed = source.parsed
    yield from parsed.findings
    for sku in parsed.skus:
        product, line = source.products.get(sku), parsed.line_of(sku)
        if product is None:
            yield explain_unknown_sku(sku, line)
        elif not product.is_sellable:
            yield Finding(
                "not_sellable", line, f"SKU '{sku}': 지금 판매하지 않는 상품입니다. 다른 상품을 쓰거나 빼세요.", sku
            )
    for node in parsed.placeholders:
        if node.is_match and source.match is None:
            message = "match: 매칭된 상품이 없습니다. SKU를 직접 쓰거나 제목을 고치세요."
            yield Finding("no_match", node.line, message)
        if node.name == "table" and node.argument not in rendering.table_names:
            yield Finding("no_table", node.line, explain_no_table(node.argument))
    for product in rendering.shown.values():
        if product.price_checked_at is None:
            message = f"SKU '{product.sku}': 가격을 확인한 동기화가 아직 없습니다. 동기화를 끝까지 실행하세요."
            yield Finding("price_unchecked", parsed.line_of(product.sku), message, product.sku)


def find_oldest_check(products: Iterable[ProductFacts]) -> datetime | None:
    """The oldest time at which one of these prices was checked; None when none ever was."""
    return min((product.price_checked_at for product in products if product.price_checked_at), default=None)


def list_revisions(rendering: Rendering, source: Source) -> dict[int, int]:
    """{product id: revision shown}.

    A table is built before the page. A row of it that no longer says what the catalogue says counts as one revision
    older, so that the post is seen to be overtaken and is processed again.
    """
    shown = {product.id: product.revision for product in rendering.shown.values()}
    overtaken: set[int] = set()
    for table in source.tables.values():
        if table.name in rendering.table_names:
            pairs = ((row, source.compared.get(row.key)) for row in table.rows)
            overtaken |= {it.id for row, it in pairs if it is not None and row.cells != build_cells(it, table.keys)}
    return {key: revision - (key in overtaken) for key, revision in shown.items()}


def explain_no_table(name: str) -> str:
    """Why a table's place stays empty, and what to do."""
    if not name:
        return "{{ table }}: 비교할 상품이 없습니다. 본문에 상품을 넣거나 자리표시를 빼세요."
    return f"table:{name}: 이 이름의 비교표가 없거나 비어 있습니다. 비교표를 만들거나 이름을 고치세요."
