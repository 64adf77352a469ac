from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("comparison", "0003_share_rows"),
    ]

    operations = [
        migrations.RemoveField(model_name="tableversion", name="rows"),
    ]
