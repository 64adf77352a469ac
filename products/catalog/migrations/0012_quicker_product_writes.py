"""What each database does for its lists and references while many products are written (ADR 9)."""

from django.db import migrations

# Words that indexes hold are compared byte by byte: the order of Hangul, and several times quicker than by a locale.
COLLATED = {"name": 300, "sku": 40, "seller_code": 40, "status": 12}
REFERENCES = {"store": "catalog_store", "category": "catalog_category"}
# FOR KEY SHARE is the lock that a foreign key takes: whoever deletes the row meanwhile waits, and is refused.
CHECK = """
    SELECT {column}_id INTO missing FROM {rows} AS row
    WHERE NOT EXISTS (SELECT FROM {table} WHERE id = row.{column}_id FOR KEY SHARE) LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('catalog_product: no {column} with id %%s', missing), TABLE = 'catalog_product',
            CONSTRAINT = 'product_{column}_exists';
    END IF;"""
FUNCTION = """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE missing bigint;
    BEGIN {body}
    RETURN NULL;
    END $$"""
DELETE_CHECK = """
    SELECT id INTO missing FROM gone
    WHERE EXISTS (SELECT FROM catalog_product WHERE {column}_id = gone.id) LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('{table}: products refer to id %%s', missing), TABLE = '{table}',
            CONSTRAINT = 'product_{column}_exists';
    END IF;"""
# SQLite is for small catalogues, whose lists it sorts at once: it keeps no index for these orders.
LIST_INDEXES = {"product_by_name": "name", "product_by_discounted_price": "discounted_price", "product_by_stock": "stock"}


def prepare(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        for index in LIST_INDEXES:
            schema_editor.execute(f"DROP INDEX {index}")
        return
    changes = (f"ALTER COLUMN {name} TYPE varchar({size}) COLLATE \"C\"" for name, size in COLLATED.items())
    schema_editor.execute(f"ALTER TABLE catalog_product {', '.join(changes)}")
    with schema_editor.connection.cursor() as cursor:
        constraints = schema_editor.connection.introspection.get_constraints(cursor, "catalog_product")
    for name, constraint in constraints.items():
        if constraint["foreign_key"]:
            schema_editor.execute(f'ALTER TABLE catalog_product DROP CONSTRAINT "{name}"')
    for kind, rows in (("inserted", "(SELECT DISTINCT store_id, category_id FROM fresh)"), ("moved", "(SELECT NEW.*)")):
        body = "".join(CHECK.format(column=column, table=table, rows=rows) for column, table in REFERENCES.items())
        schema_editor.execute(FUNCTION.format(name=f"catalog_check_{kind}_products", body=body), params=())
    schema_editor.execute(
        "CREATE TRIGGER product_inserted AFTER INSERT ON catalog_product REFERENCING NEW TABLE AS fresh"
        " FOR EACH STATEMENT EXECUTE FUNCTION catalog_check_inserted_products()"
    )
    schema_editor.execute(
        "CREATE TRIGGER product_moved AFTER UPDATE OF store_id, category_id ON catalog_product FOR EACH ROW"
        " WHEN ((OLD.store_id, OLD.category_id) IS DISTINCT FROM (NEW.store_id, NEW.category_id))"
        " EXECUTE FUNCTION catalog_check_moved_products()"
    )
    for column, table in REFERENCES.items():
        body = DELETE_CHECK.format(column=column, table=table)
        schema_editor.execute(FUNCTION.format(name=f"catalog_check_deleted_{column}", body=body), params=())
        schema_editor.execute(
            f"CREATE TRIGGER {column}_deleted AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone"
            f" FOR EACH STATEMENT EXECUTE FUNCTION catalog_check_deleted_{column}()"
        )


def undo(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        for index, column in LIST_INDEXES.items():
            schema_editor.execute(f"CREATE INDEX {index} ON catalog_product ({column}, id)")
        return
    for column, table in REFERENCES.items():
        schema_editor.execute(f"DROP TRIGGER {column}_deleted ON {table}")
        schema_editor.execute(f"DROP FUNCTION catalog_check_deleted_{column}()")
    for kind in ("inserted", "moved"):
        schema_editor.execute(f"DROP TRIGGER product_{kind} ON catalog_product")
        schema_editor.execute(f"DROP FUNCTION catalog_check_{kind}_products()")
    for column, table in REFERENCES.items():
        schema_editor.execute(
            f"ALTER TABLE catalog_product ADD CONSTRAINT catalog_product_{column}_fk FOREIGN KEY ({column}_id)"
            f" REFERENCES {table} DEFERRABLE INITIALLY DEFERRED"
        )
    changes = (f'ALTER COLUMN {name} TYPE varchar({size}) COLLATE "default"' for name, size in COLLATED.items())
    schema_editor.execute(f"ALTER TABLE catalog_product {', '.join(changes)}")


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0011_what_rewordings_count'),
    ]

    operations = [
        migrations.RunPython(prepare, undo),
    ]
