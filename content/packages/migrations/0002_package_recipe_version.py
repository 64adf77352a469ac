from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('packages', '0001_initial'),
    ]

    operations = [
        # All packages so far were made by the first recipe.
        migrations.AddField(
            model_name='package',
            name='recipe_version',
            field=models.CharField(default='1', max_length=12, verbose_name='구성 판'),
            preserve_default=False,
        ),
    ]
