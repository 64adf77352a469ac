"""Reading the admin's pages as far as a load needs it: by pattern, since a parser would cost the generator its time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_FORM = re.compile(r'<form id="changelist-form".*?</form>', re.S)
_INPUT = re.compile(r"<input\s[^>]*>")
_ATTRIBUTE = re.compile(r'\s(name|value|type)="([^"]*)"')
_UNCHECKED = re.compile(r'<input(?=[^>]*\stype="checkbox")(?![^>]*\schecked)[^>]*>')
_SKU = re.compile(r'class="field-sku[^"]*"[^>]*>([^<]+)<')
_NAME = re.compile(r'class="field-title[^"]*"[^>]*><a[^>]*>([^<]+)<')
_CATEGORY = re.compile(r"[?&;]category=(\d+)")
_PAGE = re.compile(r"[?&;]p=(\d+)")
_DETAIL = re.compile(r'href="(/admin/catalog/product/\d+/change/)')
_ROW = re.compile(r"form-(\d+)-id")
SAVE = ("_save", "저장")


@dataclass(frozen=True, slots=True)
class ListPage:
    """What an editor sees on one page of the product list, and the form as a browser would send it."""

    text: str

    @property
    def skus(self) -> list[str]:
        """The SKUs of the rows."""
        return [unescape(sku) for sku in _SKU.findall(self.text)]

    @property
    def names(self) -> list[str]:
        """The names of the rows' products."""
        return [unescape(name) for name in _NAME.findall(self.text)]

    @property
    def categories(self) -> list[str]:
        """The categories that the filter offers."""
        return sorted(set(_CATEGORY.findall(self.text)))

    @property
    def last_page(self) -> int:
        """The number of the last page; 1 where all rows are on this one."""
        return max(map(int, _PAGE.findall(self.text)), default=1)

    @property
    def details(self) -> list[str]:
        """The addresses of the rows' products."""
        return sorted(set(_DETAIL.findall(self.text)))

    def read_form(self) -> dict[str, str]:
        """Return the fields of the list's form by name, without its buttons; empty where the page has no rows."""
        form = _FORM.search(self.text)
        if form is None:
            return {}
        inputs = [dict(_ATTRIBUTE.findall(found)) for found in _INPUT.findall(_UNCHECKED.sub("", form.group()))]
        return {
            unescape(field["name"]): unescape(field.get("value", ""))
            for field in inputs
            if "name" in field and field.get("type") != "submit"
        }


def list_products(form: dict[str, str]) -> dict[int, int]:
    """Return {row number: product id} of a list's form."""
    rows = ((_ROW.fullmatch(name), value) for name, value in form.items())
    return {int(row[1]): int(value) for row, value in rows if row is not None and value.isdigit()}


def set_priority(form: dict[str, str], row: int, priority: int) -> dict[str, str]:
    """Return the form with another priority in one row, as the button 저장 sends it."""
    return {**form, f"form-{row}-priority": str(priority), SAVE[0]: SAVE[1]}


def read_login_token(page: str) -> str:
    """Return the CSRF token of a page's form; ValueError where it has none."""
    token = _TOKEN.search(page)
    if token is None:
        raise ValueError("the page holds no csrfmiddlewaretoken: is this the admin's login page?")
    return token[1]
