from typing import Any

from django.db import migrations

VARIANTS = (
    ("default", "기본", "none", ["end"], "{name} 보러 가기", "full", []),
    ("early-link", "링크 먼저", "none", ["top", "end"], "{name} 보러 가기", "full", []),
    ("price-first", "가격 먼저", "price", ["after_table", "end"], "{name} 보러 가기", "full", ["delivery", "returns"]),
    (
        "trust-first",
        "신뢰 먼저",
        "benefit",
        ["middle", "end"],
        "{name} 보러 가기",
        "full",
        ["seller", "delivery", "returns"],
    ),
    (
        "short-table",
        "짧은 표",
        "summary",
        ["after_table", "end"],
        "{name} 지금 가격 보기",
        "compact",
        ["delivery", "returns", "checked"],
    ),
)
FIELDS = ("key", "label", "lede", "cta_positions", "cta_text", "table_form", "trust")


def add_rows(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("cro", "TemplateVariant")
    for values in VARIANTS:
        given = dict(zip(FIELDS, values, strict=True))
        rows.objects.get_or_create(key=given.pop("key"), defaults=given)


class Migration(migrations.Migration):
    dependencies = [("cro", "0001_variants")]

    operations = [migrations.RunPython(add_rows, migrations.RunPython.noop)]
