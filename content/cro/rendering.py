"""From a post and the catalogue's facts to a page: pure, so that the same input gives the same bytes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from markupsafe import Markup, escape

from content.comparison.dating import date_table, describe_table_time
from content.comparison.selectors import TableFacts
from content.comparison.wording import NOTHING, format_discount, format_won, list_benefits
from content.cro.blocks import describe_deal, list_specs, list_trust, shape_table, write_lede
from content.cro.contexts import Card, Cta, Deal, Page, Picture, Table, TableCell
from content.cro.environment import Target, render_card, render_cta, render_page, render_table
from content.cro.images import ImageBook, ImageRef
from content.cro.markdown import render_markdown
from content.cro.subset import clean_html, clean_page, mark_paid_links
from content.cro.variants import DEFAULT, CtaPosition, Variant
from content.disclosure.claims import DiscountClaim
from content.disclosure.prices import CURRENT_PRICE_LABEL, is_hidden, link_current_price
from content.posts.findings import Finding
from content.posts.placeholders import MATCH_ARGUMENT, ParsedBody, Placeholder
from content.posts.postlinks import find_line as find_link_line
from content.posts.selectors import PostFacts
from products.catalog.selectors import ProductFacts, ProductKey

PAID = frozenset({"affiliate_commission", "sponsored_goods", "paid_ad", "free_sample"})
"""Relationships in which the writer gets something for the links."""
PRICE_KINDS = frozenset({"price", "unit_price"})
"""Kinds of columns that tell a price."""
IMAGE_SCHEME, VIDEO_SCHEME = "image:", "video:"
SOLD_OUT_LABEL = "{name}: 지금은 판매하지 않습니다"
ITEMS_LIMIT = 10
"""Products that a best-of list adds to those of the body."""

_ADDRESS = re.compile(r"\]\(\s*<?([^\s<>()]+)|^\s{0,3}\[[^\]]+\]:\s*<?([^\s<>]+)")
"""A picture's address in Markdown: after its words in brackets, or where a reference to it is defined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Everything that a page is made of. products: {SKU: facts} of those named; compared: {key: facts} of the table's.

    now: aware, what tells whether a sale is over. claims: {product id: whether its discount may be claimed}; a product that
    is missing there claims none.
    """

    post: PostFacts
    parsed: ParsedBody
    template_id: str
    products: Mapping[str, ProductFacts]
    compared: Mapping[ProductKey, ProductFacts]
    match: ProductFacts | None
    table: TableFacts | None
    now: datetime
    target: Target = "package"
    variant: Variant = DEFAULT
    claims: Mapping[int, DiscountClaim] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    """{slug: address} of the posts that the body links to and readers can open."""
    tables: Mapping[str, TableFacts] = field(default_factory=dict)
    """All tables of the post by name, its own under ""."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A page without its disclosure. shown: {product id: facts} of the products it shows, in reading order; table_names: "" of its own
    table; table_times: the sentences that date the prices of its tables.
    """

    html: str
    images: tuple[ImageRef, ...]
    shown: Mapping[int, ProductFacts]
    has_table: bool
    findings: tuple[Finding, ...]
    table_names: frozenset[str] = frozenset()
    table_times: tuple[str, ...] = ()


@dataclass(slots=True)
class Renderer:
    """One rendering at work."""

    source: Source
    book: ImageBook = field(default_factory=ImageBook)
    shown: dict[int, ProductFacts] = field(default_factory=dict)
    carded: set[int] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    placed: set[str] = field(default_factory=set)
    linked: set[CtaPosition] = field(default_factory=set)
    has_table: bool = False
    lines: dict[str, int] | None = None

    table_names: set[str] = field(default_factory=set)
    table_times: list[str] = field(default_factory=list)

    def render(self) -> Rendering:
        """Body, then template, then the cleaning that lets nothing but the target's HTML through."""
        source = self.source
        opening, middle = self.link_at("top"), self.link_at("middle")
        body = render_markdown(
            source.post.body,
            placeholder=self.place,
            image=self.place_image,
            link=self.find_address,
            middle=render_cta(middle, source.target) if middle else None,
        )
        clean = clean_page if source.target == "page" else clean_html
        page = self.build_page(body, opening)
        html, images = self.book.number_images(clean(render_page(source.template_id, page, source.target)))
        if source.target == "page":
            is_paid = source.post.relationship in PAID
            html = mark_paid_links(html, {product.product_url for product in self.shown.values() if is_paid})
        return Rendering(
            html=html.strip() + "\n",
            images=images,
            shown=self.shown,
            has_table=self.has_table,
            findings=tuple(self.findings),
            table_names=frozenset(self.table_names),
            table_times=tuple(self.table_times),
        )

    def build_page(self, body: Markup, opening: Cta | None) -> Page:
        """What the template adds to the body: the match's card and link, the table, pictures not yet placed."""
        source = self.source
        match, template_id, is_page = source.match, source.template_id, source.target == "page"
        has_lead = match is not None and template_id != "cro_best" and not self.is_in_body("product")
        is_compared = template_id == "cro_compare" and not source.parsed.has_table
        table = self.build_table() if is_compared else None
        if match and source.variant.lede in ("price", "benefit"):
            self.shown[match.id] = match
        return Page(
            lede=write_lede(source.variant.lede, match, self.list_named()),
            opening=opening,
            body=body,
            lead=self.build_card(match) if match and has_lead else None,
            table=render_table(table, source.target) if table else None,
            after_table=self.link_at("after_table") if table else None,
            closing=self.build_closing(),
            gallery=self.build_gallery(),
            trust=list_trust(source.variant.trust, match, has_times=is_page) if match else (),
            specs=list_specs(match) if match and template_id == "cro_review" else (),
            items=self.build_items() if template_id == "cro_best" else (),
            deal=self.build_deal(match) if match and template_id == "cro_deal" else None,
        )

    def is_in_body(self, name: str) -> bool:
        """Whether the body itself places this of the match: its card (product) or its link (cta)."""
        match = self.source.match
        names = {MATCH_ARGUMENT, match.sku} if match and self.is_named(match) else {MATCH_ARGUMENT}
        return any(self.source.parsed.has_product(name, argument) for argument in names)

    def is_named(self, product: ProductFacts) -> bool:
        """Whether the product's SKU means it, and not another store's product, in the body."""
        named = self.source.products.get(product.sku)
        return named is not None and named.id == product.id

    def link_at(self, position: CtaPosition) -> Cta | None:
        """The link to the match at this place, when the variant wants one there and the editor placed none by hand."""
        match = self.source.match
        if match is None or position not in self.source.variant.cta_positions or self.is_in_body("cta"):
            return None
        self.linked.add(position)
        return self.build_cta(match)

    def build_closing(self) -> Cta | None:
        """The link at the end: where the variant wants it, and wherever no other place was found."""
        match = self.source.match
        if match is None or self.is_in_body("cta"):
            return None
        is_wanted = "end" in self.source.variant.cta_positions or not self.linked
        return self.build_cta(match) if is_wanted else None

    def list_named(self) -> list[ProductFacts]:
        """The match, the products that the body names, and those of the table; each once."""
        source = self.source
        named = [source.products[sku] for sku in source.parsed.skus if sku in source.products]
        found = [*([source.match] if source.match else []), *named, *source.compared.values()]
        return list({product.id: product for product in found}.values())

    def build_items(self) -> tuple[Card, ...]:
        """The boxes of a best-of list: what can be bought and has no box in the body."""
        chosen = [product for product in self.list_named() if product.is_sellable and product.id not in self.carded]
        return tuple(self.build_card(product) for product in chosen[:ITEMS_LIMIT])

    def build_deal(self, product: ProductFacts) -> Deal:
        """The terms of the match's sale."""
        self.shown[product.id] = product
        is_proven = self.may_claim(product)
        return describe_deal(product, is_proven=is_proven, now=self.source.now)

    def place(self, node: Placeholder) -> Markup:
        """A placeholder's HTML; nothing where what it names is not there."""
        if node.name == "ad":
            return self.place_ad(node)
        if node.name == "table":
            return self.place_table(node.argument)
        product = self.source.match if node.is_match else self.source.products.get(node.argument)
        return self.place_product(node, product) if product else Markup("")

    def place_ad(self, node: Placeholder) -> Markup:
        """An empty slot of our own page. A package is pasted into a blog that brings its own advertising."""
        if self.source.target == "package":
            return Markup("")
        return Markup('<aside data-ad-slot="{}"></aside>\n').format(node.argument)

    def place_table(self, name: str) -> Markup:
        """The post's own table or an editor's by name, with the link after it that the variant wants."""
        table = self.build_table(name)
        if table is None:
            return Markup("")
        link = None if "after_table" in self.linked else self.link_at("after_table")
        after = render_cta(link, self.source.target) if link else Markup("")
        return render_table(table, self.source.target) + after

    def place_product(self, node: Placeholder, product: ProductFacts) -> Markup:
        """Price, card or link of a product; within a sentence a card is its linked name."""
        if node.name == "price":
            self.shown[product.id] = product
            return self.write_price(product)
        if node.name == "discount":
            self.shown[product.id] = product
            return (
                escape(format_discount(product.discount_percent) + " 할인") if self.may_claim(product) else Markup("")
            )
        if node.name == "benefit":
            self.shown[product.id] = product
            return escape(", ".join(list_benefits(product.benefits)))
        if node.name == "product" and node.is_alone:
            self.carded.add(product.id)
            return render_card(self.build_card(product), self.source.target)
        cta = self.build_cta(product)
        if node.name == "cta" and node.is_alone:
            return render_cta(cta, self.source.target)
        label = product.name if node.name == "product" else cta.label
        return Markup('<a href="{}">{}</a>').format(cta.address, label) if cta.address else escape(label)

    def write_price(self, product: ProductFacts) -> Markup:
        """The price now, or the way to it when nobody has checked it for too long."""
        if is_hidden(product.price_checked_at):
            return link_current_price(product.product_url)
        return escape(format_won(product.sale_price))

    def may_claim(self, product: ProductFacts) -> bool:
        """Whether the product's discount is borne out by its own earlier price, and its price is current."""
        claim = self.source.claims.get(product.id)
        return claim is not None and claim.is_allowed and not is_hidden(product.price_checked_at)

    def place_image(self, address: str, alt: str) -> Markup:
        """A picture of the post by `image:POSITION`, a clip by `video:POSITION`; any other address cannot be packed."""
        if not address.startswith((IMAGE_SCHEME, VIDEO_SCHEME)):
            message = (
                f"이미지 '{address[:80]}': 글에 올린 이미지만 담을 수 있습니다. 올린 뒤 ![설명](image:번호)로 쓰세요."
            )
            self.findings.append(Finding("external_image", self.find_line(address), message))
            return Markup("")
        number = address.partition(":")[2]
        word, object_mark = ("동영상", "을") if address.startswith(VIDEO_SCHEME) else ("이미지", "를")
        held = next((each for each in self.list_blocks() if each.block == address), None)
        if held is None:
            message = f"{word} {number[:10]}번: 글에 없습니다. {word}{object_mark} 올리거나 번호를 고치세요."
            self.findings.append(Finding("unknown_image", self.find_line(address), message))
            return Markup("")
        picture = self.add_block(held, alt=alt)
        below = Markup("<br><em>{}</em>").format(picture.caption) if picture.caption else Markup("")
        return Markup('<img src="{}" alt="{}">').format(picture.address, picture.alt) + below

    def list_blocks(self) -> list[ImageRef]:
        """The post's own pictures, then its clips by their posters."""
        post = self.source.post
        images = [
            ImageRef("post", it.name, it.alt, post.slug, "", it.caption, f"{IMAGE_SCHEME}{it.position}")
            for it in post.images
        ]
        return images + [
            ImageRef("video", it.poster, it.alt, post.slug, "", it.caption, f"{VIDEO_SCHEME}{it.position}")
            for it in post.videos
        ]

    def build_gallery(self) -> tuple[Picture, ...]:
        """The post's pictures and clips that its body does not place."""
        return tuple(self.add_block(each) for each in self.list_blocks() if each.block not in self.placed)

    def add_block(self, ref: ImageRef, *, alt: str = "") -> Picture:
        """A picture or clip of the post, told apart by the words of the body or its own."""
        self.placed.add(ref.block)
        words = f"동영상: {alt or ref.alt}" if ref.kind == "video" else alt or ref.alt
        return Picture(self.book.add(replace(ref, alt=words)), words, ref.caption)

    def find_address(self, slug: str) -> str:
        """Where readers find a post that is linked; "" with a finding for one that they cannot open."""
        address = self.source.links.get(slug, "")
        if not address:
            line = find_link_line(self.source.post.body, slug)
            message = f"글 '{slug[:80]}': 게시된 글이 아니어서 링크 없이 낱말만 나갑니다. 게시하거나 링크를 고치세요."
            self.findings.append(Finding("link_target", line, message))
        return address

    def find_line(self, address: str) -> int:
        """The first line of the body that holds this address of a picture; 0 when none does."""
        if self.lines is None:
            self.lines = {}
            for number, line in enumerate(self.source.post.body.split("\n"), start=1):
                for match in _ADDRESS.finditer(line):
                    self.lines.setdefault(match[1] or match[2], number)
        return self.lines.get(address, 0)

    def build_card(self, product: ProductFacts) -> Card:
        """A product's box."""
        self.shown[product.id] = product
        is_reduced = product.discount_percent > 0 and self.may_claim(product)
        picture = None
        if product.image_url:
            ref = ImageRef("product", product.image_url, product.name, product.sku, block=f"product:{product.sku}")
            picture = Picture(self.book.add(ref), product.name)
        return Card(
            name=product.name,
            address=product.product_url,
            price=self.write_price(product),
            list_price=format_won(product.price) if is_reduced else "",
            discount=format_discount(product.discount_percent) if is_reduced else "",
            benefits=tuple(list_benefits(product.benefits)),
            is_sellable=product.is_sellable,
            picture=picture,
        )

    def build_cta(self, product: ProductFacts) -> Cta:
        """The link to buy a product, without an address while it cannot be bought."""
        self.shown[product.id] = product
        if product.is_sellable:
            return Cta(self.source.variant.cta_text.format(name=product.name), product.product_url)
        return Cta(SOLD_OUT_LABEL.format(name=product.name), "")

    def build_table(self, name: str = "") -> Table | None:
        """The newest version of the post's own table or of an editor's; None when there is none or an empty one."""
        facts = self.source.tables.get(name)
        if facts is None or not facts.rows:
            return None
        self.has_table = self.has_table or not name
        self.table_names.add(name)
        kinds = [key.partition(":")[0] for key in facts.keys]
        products = [self.source.compared.get(row.key) for row in facts.rows]
        self.shown |= {product.id: product for product in products if product is not None}
        is_old = [product is not None and is_hidden(product.price_checked_at) for product in products]
        # Who has the lowest price cannot be said while one of the prices is too old to be said.
        reasons = {
            (mark.row, mark.column): mark.reason
            for mark in facts.marks
            if not (kinds[mark.column] in PRICE_KINDS and any(is_old))
        }
        rows = tuple(
            tuple(
                self.write_cell(TableCell(text, mark=reasons.get((at, place), "")), kind, product, is_first=place == 0)
                for place, (kind, text) in enumerate(zip(kinds, row.cells, strict=True))
            )
            for at, (row, product) in enumerate(zip(facts.rows, products, strict=True))
        )
        current = [place for place, is_hidden_now in enumerate(is_old) if not is_hidden_now]
        seen = replace(facts, rows=tuple(facts.rows[place] for place in current))
        as_of = describe_table_time(date_table(seen, [products[place] for place in current])) if current else ""
        if as_of:
            self.table_times.append(as_of)
        return shape_table(Table(facts.columns, rows, as_of), kinds, self.source.variant.table)

    def write_cell(self, cell: TableCell, kind: str, product: ProductFacts | None, *, is_first: bool) -> TableCell:
        """The cell as readers get it: neither a price that is too old nor a discount that nothing bears out."""
        if product is None:
            return cell
        if kind in PRICE_KINDS and is_hidden(product.price_checked_at):
            return TableCell(CURRENT_PRICE_LABEL, product.product_url)
        if kind == "discount" and not self.may_claim(product):
            return TableCell(NOTHING)
        return replace(cell, address=product.product_url) if is_first else cell
