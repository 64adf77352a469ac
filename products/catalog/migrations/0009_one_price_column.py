"""The list shows one price column less: saved views keep their order, and the order by list price has no index."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db import migrations

PATH = "/admin/catalog/product/"
MOVED = {"6": "5", "7": "6", "8": "7"}
"""A column's number before and after; 5, the list price, became part of the column of what a buyer pays."""


def move_orders(apps: Any, schema_editor: Any) -> None:
    """Give the orders of saved views the numbers that their columns have now."""
    for view in apps.get_model("perfhooks", "SavedView").objects.filter(path=PATH):
        pairs = [(name, move(value) if name == "o" else value) for name, value in parse_qsl(view.querystring, True)]
        if (query := urlencode(pairs)) != view.querystring:
            view.querystring = query
            view.save(update_fields=["querystring"])


def move(order: str) -> str:
    """An order such as -7.2 in the new numbers, each column once."""
    moved: dict[str, str] = {}
    for part in order.split("."):
        number = part.lstrip("-")
        new = MOVED.get(number, number)
        moved.setdefault(new, ("-" if part.startswith("-") else "") + new)
    return ".".join(moved.values())


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_batches_are_worked_on"),
        ("perfhooks", "0004_saved_views"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="product", name="product_by_price"),
        migrations.RunPython(move_orders, migrations.RunPython.noop),
    ]
