from django.db import migrations
from django.utils import timezone


def look_again(apps, _editor):
    """Decisions kept a date where rules had seasons: they are tried once more and then know when a season turns."""
    decisions = apps.get_model("matching", "MatchDecision").objects
    decisions.filter(features__has_key="season").update(changes_on=timezone.localdate())


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0004_season_turns'),
    ]

    operations = [migrations.RunPython(look_again, migrations.RunPython.noop, elidable=True)]
