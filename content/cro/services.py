"""Composing a post: its words, the catalogue's facts, the match, the table and the disclosure become one page."""

from collections.abc import Iterable
from datetime import datetime

from content.clusters.targets import list_live_targets
from content.comparison.drafting import build_cells
from content.comparison.selectors import TableFacts, get_tables
from content.cro.description import describe_body
from content.cro.environment import TEMPLATE_VERSIONS, Target
from content.cro.plaintext import write_text
from content.cro.ports import post_address_port
from content.cro.rendered import RenderedPost
from content.cro.rendering import Renderer, Rendering, Source
from content.cro.selectors import get_variant
from content.cro.structured import describe_products
from content.cro.subset import AFFILIATE_LINK
from content.cro.variants import DEFAULT, Variant, VariantError
from content.disclosure.prices import is_hidden, judge_discounts, observe_ages
from content.disclosure.services import insert_disclosure
from content.matching.intents import TEMPLATE_BUY
from content.matching.selectors import get_decision
from content.posts.findings import Finding, unique_findings
from content.posts.markup import find_markup
from content.posts.placeholders import MATCH_ARGUMENT, parse_body
from content.posts.postlinks import list_slugs
from content.posts.selectors import get_post
from content.posts.services import explain_unknown_sku
from perfhooks.clock import business_now
from perfhooks.spans import span
from products.catalog.selectors import ProductFacts, ProductKey, get_facts_by_id, get_facts_by_key, get_facts_by_sku

PAID_IN_MONEY = frozenset({"affiliate_commission", "paid_ad"})
"""Relationships whose disclosure says that the writer gets money."""


def compose_post(
    *, post_id: int, target: Target = "package", variant: Variant | str | None = None, template_id: str = ""
) -> RenderedPost:
    """Render a post by its newest match and table and the catalogue as it is now. Writes nothing.

    target: what it is for, see `environment.Target`; only a page has JSON-LD and a description. variant: how its blocks are
    filled, by value or key, None for the one that the post names; template_id: in place of the one that matching chose. Raises
    Post.DoesNotExist, and VariantError for a key or template that is not there. Faults of the post come back as findings:
    `is_publishable` says whether it may be packaged.
    """
    with span("post_render_seconds", content_id=post_id):
        return _compose(read_source(post_id, target=target, variant=variant, template_id=template_id), target)


def _compose(source: Source, target: Target) -> RenderedPost:
    post_id = source.post.id
    tags = source.variant.log_tags
    with span("template_render_seconds", template=source.template_id, content_id=post_id, **tags):
        rendering = Renderer(source).render()
    observe_ages(rendering.shown.values())
    as_of = find_oldest_check(rendering.shown.values())
    placed = insert_disclosure(rendering.html, relationship=source.post.relationship, as_of=as_of)
    hidden = [Finding("disclosure_hidden", 0, problem.message) for problem in placed.problems]
    is_page = target == "page"
    return RenderedPost(
        post_id=post_id,
        slug=source.post.slug,
        title=source.post.title,
        html=placed.html,
        text=write_text(placed.html),
        images=rendering.images,
        products=list_revisions(rendering, source),
        template_id=source.template_id,
        template_version=TEMPLATE_VERSIONS[source.template_id],
        table_version=source.table.number if source.table and rendering.has_table else 0,
        disclosure_version=placed.version,
        catalogue_revision=max((product.revision for product in rendering.shown.values()), default=0),
        as_of=as_of,
        findings=unique_findings([*inspect_source(source, rendering), *rendering.findings, *hidden]),
        table_times=rendering.table_times,
        target=target,
        variant=source.variant,
        description=describe_body(source.post.body) if is_page else "",
        json_ld=describe_products(rendering.shown.values(), title=source.post.title, now=source.now) if is_page else (),
    )


def read_source(
    post_id: int, *, target: Target = "package", variant: Variant | str | None = None, template_id: str = ""
) -> Source:
    """Everything that the page is made of, in at most eleven queries.

    One more each for a variant of the desk's own and for links to posts.
    """
    if template_id and template_id not in TEMPLATE_VERSIONS:
        names = ", ".join(TEMPLATE_VERSIONS)
        raise VariantError("template_id", f"템플릿: '{template_id}' 대신 {names} 가운데 고르세요.")
    post = get_post(post_id)
    parsed = parse_body(post.body)
    decision = get_decision(post_id)
    tables = get_tables(post_id, parsed.table_names)
    match_id = decision.product_id if decision else None
    products = get_facts_by_sku(parsed.skus) if parsed.skus else {}
    match = get_facts_by_id([match_id]).get(match_id) if match_id else None
    compared = read_compared(tables.values())
    return Source(
        post=post,
        parsed=parsed,
        template_id=template_id or (decision.template_id if decision else TEMPLATE_BUY),
        products=products,
        compared=compared,
        match=match,
        table=tables.get(""),
        tables=tables,
        now=business_now(),
        target=target,
        links=read_links(post.body, target=target),
        variant=variant if isinstance(variant, Variant) else get_variant(variant or post.variant or DEFAULT.key),
        claims=judge_discounts([*products.values(), *compared.values(), *([match] if match else [])]),
    )


def read_links(body: str, *, target: Target = "package") -> dict[str, str]:
    """{slug: address} of the posts that the body links to; one query when it links to any.

    A page links to our own site, a package to the post at Naver where it stands there too.
    """
    slugs = list_slugs(body)
    if not slugs:
        return {}
    return {
        found.slug: (target == "package" and found.posted_url) or post_address_port.call(found.slug)
        for found in list_live_targets(slugs)
    }


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
    parsed, lines = source.parsed, source.parsed.list_lines()
    yield from parsed.findings
    yield from find_markup(source.post.body)
    for sku in parsed.skus:
        product, line = source.products.get(sku), lines[sku]
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
    yield from inspect_links(source)
    yield from inspect_prices(source, rendering)


def inspect_links(source: Source) -> Iterable[Finding]:
    """A link of an affiliate network in a post whose disclosure does not say that money is paid."""
    body, relationship = source.post.body, source.post.relationship
    link = None if relationship in PAID_IN_MONEY else AFFILIATE_LINK.search(body)
    if link:
        message = (
            f"제휴 링크 '{link[0]}': 고지가 수수료를 말하지 않습니다. "
            "판매자와의 관계를 '판매 수수료'로 바꾸거나 링크를 빼세요."
        )
        yield Finding("disclosure_hidden", body.count("\n", 0, link.start()) + 1, message)


def inspect_prices(source: Source, rendering: Rendering) -> Iterable[Finding]:
    """What is wrong with the prices shown: never checked, checked too long ago, a discount that nothing bears out."""
    lines = source.parsed.list_lines()
    asked = {node.argument for node in source.parsed.placeholders if node.name == "discount"}
    for product in rendering.shown.values():
        line, claim = lines.get(product.sku, 0), source.claims.get(product.id)
        is_asked = not asked.isdisjoint(name_product(product, source))
        if is_hidden(product.price_checked_at):
            message = f"SKU '{product.sku}': 가격을 확인한 지 오래되어 숫자 대신 링크가 나갑니다. 동기화를 실행하세요."
            yield Finding("price_hidden", line, message, product.sku)
        if is_asked and (claim is None or not claim.is_allowed):
            reason = claim.reason if claim else "지금 가격이 판매가보다 낮지 않습니다."
            message = f"SKU '{product.sku}': 할인을 쓰지 않았습니다. {reason} 판매가나 가격 이력을 확인하세요."
            yield Finding("discount_refused", line, message, product.sku)
        if product.price_checked_at is None:
            message = f"SKU '{product.sku}': 가격을 확인한 동기화가 아직 없습니다. 동기화를 끝까지 실행하세요."
            yield Finding("price_unchecked", line, message, product.sku)


def name_product(product: ProductFacts, source: Source) -> tuple[str, ...]:
    """What placeholders may call this product."""
    is_match = source.match is not None and source.match.id == product.id
    return (product.sku, MATCH_ARGUMENT) if is_match else (product.sku,)


def find_oldest_check(products: Iterable[ProductFacts]) -> datetime | None:
    """The oldest time at which one of the prices that are shown was checked; None when none ever was."""
    checked = (product.price_checked_at for product in products)
    return min((when for when in checked if when and not is_hidden(when)), default=None)


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
