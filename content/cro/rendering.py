"""From a post and the catalogue's facts to a page: pure, so that the same input gives the same bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup, escape

from content.comparison.dating import date_table, describe_table_time
from content.comparison.selectors import TableFacts
from content.comparison.wording import format_discount, format_won, list_benefits
from content.cro.contexts import Card, Cta, Page, Picture, Table, TableCell
from content.cro.environment import render_card, render_cta, render_page, render_table
from content.cro.images import ImageBook, ImageRef
from content.cro.markdown import render_markdown
from content.cro.subset import clean_html
from content.posts.findings import Finding
from content.posts.placeholders import MATCH_ARGUMENT, ParsedBody, Placeholder
from content.posts.selectors import PostFacts
from products.catalog.selectors import ProductFacts, ProductKey

IMAGE_SCHEME = "image:"
CTA_LABEL = "{name} 보러 가기"
SOLD_OUT_LABEL = "{name}: 지금은 판매하지 않습니다"


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that a page is made of. products: {SKU: facts} of those named; compared: {key: facts} of the table's."""

    post: PostFacts
    parsed: ParsedBody
    template_id: str
    products: Mapping[str, ProductFacts]
    compared: Mapping[ProductKey, ProductFacts]
    match: ProductFacts | None
    table: TableFacts | None
    tables: Mapping[str, TableFacts] = field(default_factory=dict)
    """All tables of the post by name, its own under ""."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A page without its disclosure. shown: {product id: facts} of the products it shows; table_names: "" of its own
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
    findings: list[Finding] = field(default_factory=list)
    placed: set[int] = field(default_factory=set)
    has_table: bool = False
    table_names: set[str] = field(default_factory=set)
    table_times: list[str] = field(default_factory=list)

    def render(self) -> Rendering:
        """Body, then template, then the cleaning that lets nothing but the subset through."""
        body = render_markdown(self.source.post.body, placeholder=self.place, image=self.place_image)
        page = self.build_page(body)
        html, images = self.book.number_images(clean_html(render_page(self.source.template_id, page)))
        return Rendering(
            html=html.strip() + "\n",
            images=images,
            shown=self.shown,
            has_table=self.has_table,
            findings=tuple(self.findings),
            table_names=frozenset(self.table_names),
            table_times=tuple(self.table_times),
        )

    def build_page(self, body: Markup) -> Page:
        """What the template adds to the body: the match's card and link, the table, pictures not yet placed."""
        match, parsed = self.source.match, self.source.parsed
        names = {MATCH_ARGUMENT, match.sku} if match and self.is_named(match) else {MATCH_ARGUMENT}
        has_card = any(parsed.has_product("product", name) for name in names)
        has_cta = any(parsed.has_product("cta", name) for name in names)
        is_compared = self.source.template_id == "cro_compare" and not parsed.has_table
        return Page(
            body=body,
            lead=self.build_card(match) if match and not has_card else None,
            table=self.build_table() if is_compared else None,
            closing=self.build_cta(match) if match and not has_cta else None,
            gallery=tuple(
                self.add_post_image(image.position)
                for image in self.source.post.images
                if image.position not in self.placed
            ),
        )

    def is_named(self, product: ProductFacts) -> bool:
        """Whether the product's SKU means it, and not another store's product, in the body."""
        named = self.source.products.get(product.sku)
        return named is not None and named.id == product.id

    def place(self, node: Placeholder) -> Markup:
        """A placeholder's HTML; nothing where what it names is not there."""
        if node.name == "ad":
            return Markup("")  # a package is pasted into a blog that brings its own advertising
        if node.name == "table":
            table = self.build_table(node.argument)
            return render_table(table) if table else Markup("")
        product = self.source.match if node.is_match else self.source.products.get(node.argument)
        return self.place_product(node, product) if product else Markup("")

    def place_product(self, node: Placeholder, product: ProductFacts) -> Markup:
        """Price, card or link of a product; within a sentence a card is its linked name."""
        if node.name == "price":
            self.shown[product.id] = product
            return escape(format_won(product.sale_price))
        if node.name == "product" and node.is_alone:
            return render_card(self.build_card(product))
        cta = self.build_cta(product)
        if node.name == "cta" and node.is_alone:
            return render_cta(cta)
        label = product.name if node.name == "product" else cta.label
        return Markup('<a href="{}">{}</a>').format(cta.address, label) if cta.address else escape(label)

    def place_image(self, address: str, alt: str) -> Markup:
        """A picture of the post by `image:POSITION`; any other address cannot be packed."""
        number = address.removeprefix(IMAGE_SCHEME)
        if number == address:
            message = (
                f"이미지 '{address[:80]}': 글에 올린 이미지만 담을 수 있습니다. 올린 뒤 ![설명](image:번호)로 쓰세요."
            )
            self.findings.append(Finding("external_image", self.find_line(address), message))
            return Markup("")
        positions = {str(image.position): image.position for image in self.source.post.images}
        if number not in positions:
            message = f"이미지 {number[:10]}번: 글에 없습니다. 이미지를 올리거나 번호를 고치세요."
            self.findings.append(Finding("unknown_image", self.find_line(address), message))
            return Markup("")
        self.placed.add(positions[number])
        picture = self.add_post_image(positions[number], alt=alt)
        return Markup('<img src="{}" alt="{}">').format(picture.address, picture.alt)

    def find_line(self, text: str) -> int:
        """The first line of the body that holds this text; 0 when none does."""
        lines = enumerate(self.source.post.body.split("\n"), start=1)
        return next((number for number, line in lines if text in line), 0)

    def add_post_image(self, position: int, *, alt: str = "") -> Picture:
        """A picture of the post, told apart by the words of the body or its own."""
        image = next(image for image in self.source.post.images if image.position == position)
        words = alt or image.alt
        return Picture(self.book.add(ImageRef("post", image.name, words, self.source.post.slug)), words)

    def build_card(self, product: ProductFacts) -> Card:
        """A product's box."""
        self.shown[product.id] = product
        is_reduced = product.discount_percent > 0
        picture = None
        if product.image_url:
            ref = ImageRef("product", product.image_url, product.name, product.sku)
            picture = Picture(self.book.add(ref), product.name)
        return Card(
            name=product.name,
            address=product.product_url,
            price=format_won(product.sale_price),
            list_price=format_won(product.price) if is_reduced else "",
            discount=format_discount(product.discount_percent),
            benefits=tuple(list_benefits(product.benefits)),
            is_sellable=product.is_sellable,
            picture=picture,
        )

    def build_cta(self, product: ProductFacts) -> Cta:
        """The link to buy a product, without an address while it cannot be bought."""
        self.shown[product.id] = product
        if product.is_sellable:
            return Cta(CTA_LABEL.format(name=product.name), product.product_url)
        return Cta(SOLD_OUT_LABEL.format(name=product.name), "")

    def build_table(self, name: str = "") -> Table | None:
        """The newest version of the post's own table or of an editor's; None when there is none or an empty one."""
        facts = self.source.tables.get(name)
        if facts is None or not facts.rows:
            return None
        self.has_table = self.has_table or not name
        self.table_names.add(name)
        reasons = {(mark.row, mark.column): mark.reason for mark in facts.marks}
        rows = []
        for at, row in enumerate(facts.rows):
            product = self.source.compared.get(row.key)
            if product is not None:
                self.shown[product.id] = product
            address = product.product_url if product else ""
            rows.append(
                tuple(
                    TableCell(text, address if column == 0 else "", reasons.get((at, column), ""))
                    for column, text in enumerate(row.cells)
                )
            )
        as_of = describe_table_time(date_table(facts, [self.source.compared.get(row.key) for row in facts.rows]))
        if as_of:
            self.table_times.append(as_of)
        return Table(facts.columns, tuple(rows), as_of)


@dataclass(frozen=True, slots=True)
class RenderedPost:
    """A page ready to be packed.

    html: fragment of the subset, disclosure first; text: its plain twin; products: {product id: revision shown};
    table_version: 0 without a table; catalogue_revision: the newest of the products shown, 0 without any; as_of: the
    oldest price check among them (aware), None without any; findings: what the editor should mend.
    """

    post_id: int
    slug: str
    title: str
    html: str
    text: str
    images: tuple[ImageRef, ...]
    products: Mapping[int, int]
    template_id: str
    template_version: str
    table_version: int
    disclosure_version: str
    catalogue_revision: int
    as_of: datetime | None
    findings: tuple[Finding, ...]
    table_times: tuple[str, ...] = ()

    @property
    def is_publishable(self) -> bool:
        """Whether nothing keeps it from being packaged."""
        return not any(finding.is_blocking for finding in self.findings)
