from django.db import migrations
from django.utils import timezone

from content.matching.defaults import DEFAULT_INTENTS, DEFAULT_NAME, FIRST_VERSION


def write_first(apps, _editor):
    Ruleset = apps.get_model("matching", "Ruleset")
    Intent = apps.get_model("matching", "Intent")
    if Ruleset.objects.exists():
        return
    ruleset = Ruleset.objects.create(
        version=FIRST_VERSION, name=DEFAULT_NAME, note="처음 규칙", is_active=True, created_at=timezone.now()
    )
    Intent.objects.bulk_create(
        Intent(
            ruleset=ruleset,
            position=position,
            code=intent.code,
            name=intent.name,
            words=list(intent.words),
            template_id=intent.template_id,
            takes_tables=intent.takes_tables,
        )
        for position, intent in enumerate(DEFAULT_INTENTS, start=1)
    )


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0002_rulesets'),
    ]

    operations = [migrations.RunPython(write_first, migrations.RunPython.noop, elidable=False)]
