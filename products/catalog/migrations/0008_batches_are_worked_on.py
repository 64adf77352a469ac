from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0007_words_of_batches'),
    ]

    operations = [
        migrations.AddField(
            model_name='changebatch',
            name='worked_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='마지막 진행'),
        ),
        migrations.AlterField(
            model_name='changebatch',
            name='state',
            field=models.CharField(choices=[('draft', '확인 전'), ('applying', '적용 중'), ('applied', '적용됨'), ('undoing', '되돌리는 중'), ('undone', '되돌림')], default='draft', max_length=8, verbose_name='상태'),
        ),
    ]
