"""The sentences that a new ledger begins with."""

from django.db import migrations

from content.disclosure.texts import DEFAULTS, FIRST_DAY


def write_first(apps, schema_editor):
    version = apps.get_model("disclosure", "DisclosureVersion")
    rows = [
        version(relationship=name, language=language, number=1, sentence=text.sentence, effective_from=FIRST_DAY)
        for language, texts in DEFAULTS.items()
        for name, text in texts.items()
    ]
    version.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [("disclosure", "0001_sentences_and_literals")]

    operations = [migrations.RunPython(write_first, migrations.RunPython.noop)]
