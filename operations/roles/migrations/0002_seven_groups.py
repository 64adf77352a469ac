from django.db import migrations

CODES = ("viewer", "editor", "publisher", "reviewer", "ads", "analyst", "admin")


def make_groups(apps, schema_editor):
    """Make the groups; what they may do is given after every migrate, when the permissions of all apps are there."""
    group = apps.get_model("auth", "Group")
    for code in CODES:
        group.objects.get_or_create(name=code)


class Migration(migrations.Migration):
    dependencies = [("roles", "0001_initial")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
