"""An entry is posted by a function that takes a row; no index that nothing reads; conditions before the guards."""

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
                # The entry's trigger compares with the chart, which costs a small part of looking each account up.
                migrations.AlterField(
                    model_name="posting",
                    name="account",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="ledger.ledgeraccount",
                        verbose_name="account",
                    ),
                ),
                # It also asks what these were checked for.
                migrations.AlterField(
                    model_name="journalentry",
                    name="posting_count",
                    field=models.SmallIntegerField(verbose_name="number of lines"),
                ),
                migrations.AlterField(
                    model_name="posting",
                    name="posted_segment",
                    field=models.IntegerField(verbose_name="segment of posting"),
                ),
                migrations.AlterField(
                    model_name="posting",
                    name="billing_segment",
                    field=models.IntegerField(verbose_name="segment of billing"),
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
