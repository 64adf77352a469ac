"""The rows of an admin list, written in one go: the cells that Django writes, at a third of their processor time.

What a column is gets worked out once a list, not once a cell. A list with a column of a kind that is rare on the desk (a
callable, a property of the model, an icon) is left to Django.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.templatetags.admin_list import items_for_result
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_field, display_for_value
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateField, Field, ForeignKey, TimeField
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList

Read = Callable[[Any], Any]
BETWEEN_ROWS = mark_safe("</tr>\n<tr>")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what its cell of a row says, and whether that leads to the row's page."""

    name: str
    css: str
    read: Read
    is_link: bool


def render_rows(changes: ChangeList) -> SafeString:
    """All rows of the list's page as the inside of one `<tr>`, with the ends of the others in between."""
    forms = changes.formset.forms if changes.formset else [None] * len(changes.result_list)
    columns = read_columns(changes)
    lead = None if columns is None else _make_lead(changes)
    rows = []
    for row, form in zip(changes.result_list, forms, strict=True):
        if form is not None and form.non_field_errors():
            rows.append(format_html('<td colspan="{}">{}</td>', len(changes.list_display), form.non_field_errors()))
        cells = items_for_result(changes, row, form) if columns is None else _iter_cells(columns, row, form, lead)
        rows.append(mark_safe("".join(cells)))  # noqa: S308 - joins what was escaped cell by cell
    return mark_safe(BETWEEN_ROWS.join(rows))  # noqa: S308 - each of them is safe


def read_columns(changes: ChangeList) -> list[Column] | None:
    """The columns of the list; None where one of them is of a kind that only Django writes."""
    if changes.is_popup or changes.to_field or changes.list_display_links is None:
        return None
    columns: list[Column] = []
    for name in changes.list_display:
        is_first = not any(column.is_link for column in columns)
        is_link = name in changes.list_display_links or (is_first and not changes.list_display_links)
        column = _read_column(changes, name, is_link=is_link) if isinstance(name, str) else None
        if column is None:
            return None
        columns.append(column)
    return columns


def _read_column(changes: ChangeList, name: str, *, is_link: bool) -> Column | None:
    desk = changes.model_admin
    empty = desk.get_empty_value_display()
    try:
        field = changes.lookup_opts.get_field(name)
    except FieldDoesNotExist:
        method = getattr(desk, name, None) if name != "__str__" else None
        if not callable(method) or getattr(method, "boolean", False):
            return None
        css = "action-checkbox" if name == "action_checkbox" else f"field-{name}"
        return Column(name, css, _show_value(method, getattr(method, "empty_value_display", empty)), is_link)
    css = f"field-{name} nowrap" if isinstance(field, DateField | TimeField | ForeignKey) else f"field-{name}"
    if isinstance(field, ForeignKey):
        return Column(name, css, lambda row: display_for_value(getattr(row, name), empty), is_link)
    if field.is_relation or not isinstance(field, Field) or field.auto_created:
        return None
    return Column(
        name, css, lambda row: display_for_field(getattr(row, name), field, empty, avoid_link=is_link), is_link
    )


def _show_value(method: Read, empty: str) -> Read:
    def show(row: Any) -> Any:
        value = method(row)
        if isinstance(value, str) and not value.strip():
            value = ""
        elif isinstance(value, SafeString):
            return value
        return value if isinstance(value, datetime.date | datetime.time) else display_for_value(value, empty)

    return show


def _make_lead(changes: ChangeList) -> Callable[[Any], str]:
    """The address of a row's page, with the list's filters to come back to; of numbered rows resolved only once."""
    context: dict[str, Any] = {"preserved_filters": changes.preserved_filters, "opts": changes.opts}

    def resolve(row: Any) -> str:
        return str(add_preserved_filters(context, changes.url_for_result(row)))

    first = next(iter(changes.result_list), None)
    if first is None or not isinstance(first.pk, int):
        return resolve
    before, mark, after = resolve(first).partition(f"/{first.pk}/change/")
    return (lambda row: f"{before}/{row.pk}/change/{after}") if mark else resolve


def _iter_cells(columns: list[Column], row: Any, form: Any, lead: Callable[[Any], str] | None) -> Iterator[str]:
    is_first = True
    for column in columns:
        if form is not None and not column.is_link and column.name in form.fields:
            bound = form[column.name]
            yield f'<td class="{column.css}">{bound.errors}{bound}</td>'
            continue
        shown = column.read(row)
        css = column.css
        if isinstance(shown, datetime.date | datetime.time):
            shown, css = display_for_value(shown, ""), f"{css} nowrap"
        text = conditional_escape(shown)
        if column.is_link and lead is not None:
            tag = "th" if is_first else "td"
            is_first = False
            yield f'<{tag} class="{css}"><a href="{conditional_escape(lead(row))}">{text}</a></{tag}>'
        else:
            yield f'<td class="{css}">{text}</td>'
