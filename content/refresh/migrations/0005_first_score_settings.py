from django.db import migrations
from django.utils import timezone

FIRST = {
    "loss": 350,
    "conv": 200,
    "fresh": 150,
    "stale": 200,
    "value": 100,
    "half_life_price": 30,
    "half_life_guide": 180,
    "half_life_evergreen": 365,
    "cooldown_days": 21,
    "holdout_percent": 10,
    "threshold": 200,
}


def write_first(apps, _editor):
    ScoreSettings = apps.get_model("refresh", "ScoreSettings")
    if not ScoreSettings.objects.exists():
        ScoreSettings.objects.create(
            version=1, note="처음 가중치", is_active=True, created_at=timezone.now(), **FIRST
        )


class Migration(migrations.Migration):

    dependencies = [
        ('refresh', '0004_scores_figures_trials'),
    ]

    operations = [migrations.RunPython(write_first, migrations.RunPython.noop, elidable=False)]
