"""An entry is posted by a function of plain arguments; no index that nothing reads; conditions before the guards."""

from django.db import migrations, models

from ledger.functions import providing
from ledger.triggers import rebuilding


class Migration(migrations.Migration):
    dependencies = (("ledger", "0004_transfers"),)
    operations = (
        *rebuilding(
            (
                migrations.AddConstraint(
                    model_name="journalentry",
                    constraint=models.UniqueConstraint(fields=("key",), name="ledger_entry_key"),
                ),
                # Each of these had a second index of its own, for searches by the beginning that nobody makes.
                migrations.AlterField(
                    model_name="journalentry",
                    name="key",
                    field=models.CharField(max_length=200, verbose_name="key"),
                ),
                migrations.AlterField(
                    model_name="journalentry",
                    name="source",
                    field=models.CharField(max_length=100, verbose_name="source"),
                ),
                migrations.AlterField(
                    model_name="openitem",
                    name="source",
                    field=models.CharField(max_length=100, verbose_name="source"),
                ),
                migrations.AddIndex(
                    model_name="journalentry",
                    index=models.Index(fields=["source"], name="ledger_entry_by_source"),
                ),
                migrations.AddIndex(
                    model_name="openitem",
                    index=models.Index(fields=["source"], name="ledger_item_by_source"),
                ),
            )
        ),
        providing(),
    )
