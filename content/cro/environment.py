"""The templates: compiled once per process, escaping everything, and strict about names that they were not given."""

from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from content.cro.contexts import Card, Cta, Page, Table

TEMPLATE_VERSIONS = {"cro_buy": "2", "cro_compare": "2"}
"""Every template and its version. A changed file gets a new version, so that packages made of it are built anew."""


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
    for template_id in TEMPLATE_VERSIONS:
        environment.get_template(f"{template_id}.html")
    return environment


def render_page(template_id: str, page: Page) -> Markup:
    """A post by its template. Raises jinja2.TemplateNotFound for an unknown template."""
    return Markup(get_environment().get_template(f"{template_id}.html").render(page=page))  # noqa: S704


def render_card(card: Card) -> Markup:
    """A product's box."""
    return _render_part("card", card)


def render_cta(cta: Cta) -> Markup:
    """A link to buy, as a block."""
    return _render_part("cta", cta)


def render_table(table: Table) -> Markup:
    """A comparison table."""
    return _render_part("table", table)


@lru_cache(maxsize=1)
def _get_parts() -> Any:
    return get_environment().get_template("parts.html").module


def _render_part(name: str, value: object) -> Markup:
    return Markup(getattr(_get_parts(), name)(value))  # noqa: S704
