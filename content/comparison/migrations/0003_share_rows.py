"""Rows that versions kept as copies of their own are kept once, by the fingerprint of their content."""

import hashlib

import msgspec
from django.db import migrations

KEYS = {"상품": "name", "브랜드": "brand", "가격": "price", "할인": "discount", "혜택": "benefits", "재고": "stock"}
BASE_COLUMNS = 6
VERSIONS_AT_ONCE = 500


def hash_row(row):
    parts = [row["sku"], row.get("store_code", ""), row["origin_product_no"], list(row["cells"])]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def name_keys(columns):
    """The first six columns are the usual ones; whatever follows is an attribute."""
    first = [KEYS.get(label, f"attr:{label}") for label in columns[:BASE_COLUMNS]]
    return [*first, *(f"attr:{label}" for label in columns[BASE_COLUMNS:])]


def share_rows(apps, schema_editor):
    version_model = apps.get_model("comparison", "TableVersion")
    content_model = apps.get_model("comparison", "TableRowContent")
    table_model = apps.get_model("comparison", "ComparisonTable")
    batch = []

    def write():
        contents = {
            hash_row(row): content_model(
                hash=hash_row(row),
                sku=row["sku"],
                store_code=row.get("store_code", ""),
                origin_product_no=row["origin_product_no"],
                cells=list(row["cells"]),
            )
            for version in batch
            for row in version.rows
        }
        content_model.objects.bulk_create(contents.values(), ignore_conflicts=True, batch_size=VERSIONS_AT_ONCE)
        version_model.objects.bulk_update(batch, ["row_hashes", "keys"], batch_size=VERSIONS_AT_ONCE)
        batch.clear()

    newest = {}
    for version in version_model.objects.order_by("table_id", "number").iterator(chunk_size=VERSIONS_AT_ONCE):
        version.row_hashes = [hash_row(row) for row in version.rows]
        version.keys = name_keys(version.columns)
        newest[version.table_id] = (version.number, version.built_at)
        batch.append(version)
        if len(batch) >= VERSIONS_AT_ONCE:
            write()
    write()
    for table_id, (number, built_at) in newest.items():
        table_model.objects.filter(pk=table_id).update(number=number, checked_at=built_at)
    fill_links(apps)
    for table in table_model.objects.iterator():
        table_model.objects.filter(pk=table.pk).update(rule_category=str(table.spec.get("category", ""))[:400])


def fill_links(apps):
    """What the newest versions show, so that the next change of a product finds its tables."""
    table_model = apps.get_model("comparison", "ComparisonTable")
    version_model = apps.get_model("comparison", "TableVersion")
    content_model = apps.get_model("comparison", "TableRowContent")
    link_model = apps.get_model("comparison", "TableLink")
    product_model = apps.get_model("catalog", "Product")
    for table in table_model.objects.filter(number__gt=0).iterator():
        version = version_model.objects.get(table_id=table.pk, number=table.number)
        found = set()
        for content in content_model.objects.filter(hash__in=version.row_hashes):
            named = product_model.objects.filter(origin_product_no=content.origin_product_no)
            named = named.filter(store__code=content.store_code) if content.store_code else named.filter(sku=content.sku)
            for product_id, sku in named.values_list("id", "sku"):
                if product_id not in found:
                    found.add(product_id)
                    link_model.objects.create(
                        table_id=table.pk, product_id=product_id, sku=sku, revision=version.revision
                    )


def copy_rows(apps, schema_editor):
    """Back: every version gets its rows again."""
    version_model = apps.get_model("comparison", "TableVersion")
    content_model = apps.get_model("comparison", "TableRowContent")
    for version in version_model.objects.iterator(chunk_size=VERSIONS_AT_ONCE):
        kept = content_model.objects.in_bulk(version.row_hashes)
        version.rows = [
            {
                "sku": kept[key].sku,
                "store_code": kept[key].store_code,
                "origin_product_no": kept[key].origin_product_no,
                "cells": kept[key].cells,
            }
            for key in version.row_hashes
        ]
        version.save(update_fields=["rows"])


class Migration(migrations.Migration):

    dependencies = [
        ("comparison", "0002_named_tables"),
        ("catalog", "0001_initial"),
    ]

    operations = [migrations.RunPython(share_rows, copy_rows)]
