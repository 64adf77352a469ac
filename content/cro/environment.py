"""The templates: compiled once per process, escaping everything, and strict about names that they were not given.

One set of templates serves both targets: what differs is the set of parts (`parts.html`, `parts_page.html`) it is given.
"""

from functools import lru_cache
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from content.cro.contexts import Card, Cta, Page, Table

Target = Literal["package", "page"]
"""package: the small subset that a blog's editor takes over; page: a full fragment for the product's own site."""

TEMPLATE_VERSIONS = {"cro_buy": "3", "cro_compare": "3", "cro_review": "2", "cro_best": "2", "cro_deal": "2"}
"""Every template and its version. A changed file gets a new version, so that packages made of it are built anew."""
TEMPLATE_LABELS = {
    "cro_buy": "구매 안내",
    "cro_compare": "비교",
    "cro_review": "단일 상품 리뷰",
    "cro_best": "추천 목록",
    "cro_deal": "할인 알림",
}
PARTS = {"package": "parts.html", "page": "parts_page.html"}
TAIL = "tail.html"
"""How all templates end."""
TABLES_KEPT = 1_024
TABLE_ROWS_KEPT = 100
"""Larger tables are rendered each time: the memory that the kept ones take stays within some 20 MB."""


@lru_cache(maxsize=1)
def get_environment() -> Environment:
    """The environment with all templates compiled."""
    environment = Environment(
        loader=PackageLoader("content.cro", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in (*(f"{template_id}.html" for template_id in TEMPLATE_VERSIONS), *PARTS.values(), TAIL):
        environment.get_template(name)
    return environment


def render_page(template_id: str, page: Page, target: Target = "package") -> Markup:
    """A post by its template. Raises jinja2.TemplateNotFound for an unknown template."""
    template = get_environment().get_template(f"{template_id}.html")
    return Markup(template.render(page=page, parts=_get_parts(target)))  # noqa: S704


def render_card(card: Card, target: Target = "package") -> Markup:
    """A product's box."""
    return Markup(_get_parts(target).card(card))  # noqa: S704


def render_cta(cta: Cta, target: Target = "package") -> Markup:
    """A link to buy, as a block."""
    return Markup(_get_parts(target).cta(cta))  # noqa: S704


def render_table(table: Table, target: Target = "package") -> Markup:
    """A comparison table; the last of the same content is kept, as long as the process and so the template lives."""
    return _keep_table(table, target) if len(table.rows) <= TABLE_ROWS_KEPT else draw_table(table, target)


def draw_table(table: Table, target: Target = "package") -> Markup:
    """A comparison table rendered now."""
    return Markup(_get_parts(target).table(table))  # noqa: S704


_keep_table = lru_cache(maxsize=TABLES_KEPT)(draw_table)


@lru_cache(maxsize=len(PARTS))
def _get_parts(target: Target) -> Any:
    return get_environment().get_template(PARTS[target]).module
