import django.db.models.deletion
from django.db import migrations, models

import core.fields


#: Which rider made each earlier version, as far as the state and the amount beside those of the one before say it.
KINDS = """
UPDATE security_bondversion SET kind = k.kind FROM (
  SELECT id, CASE
    WHEN before IS NULL THEN CASE WHEN state = 'PENDING_PROVIDER' THEN 'PROPOSED' ELSE 'FILED' END
    WHEN state IN ('REJECTED', 'WITHDRAWN', 'LAPSED') THEN state
    WHEN state IN ('TERMINATED', 'EXPIRED') THEN 'ENDED'
    WHEN amount > amount_before THEN 'INCREASE'
    WHEN amount < amount_before THEN 'DECREASE'
    WHEN state = 'TERMINATION_PENDING' THEN 'TERMINATION_NOTICE'
    WHEN before = 'TERMINATION_PENDING' THEN 'REINSTATEMENT'
    WHEN before = 'SCHEDULED' THEN 'STARTED'
    ELSE 'CONFIRMED' END AS kind
  FROM (SELECT id, state, amount, LAG(state) OVER each_bond AS before, LAG(amount) OVER each_bond AS amount_before
    FROM security_bondversion WINDOW each_bond AS (PARTITION BY bond_id ORDER BY number)) v
) k WHERE k.id = security_bondversion.id
"""
WHOLE = """
UPDATE security_bondversion SET debtor_name = b.debtor_name,
  shares = CAST('{"' || a.number || '": ' || CAST(security_bondversion.amount AS TEXT) || '}' AS %s)
FROM security_bond b JOIN accounts_programaccount a ON a.id = b.program_account_id
WHERE b.id = security_bondversion.bond_id
"""


def fill(apps, schema_editor):
    """Every bond is whole on the account that it was entered for, and was so in each of its versions."""
    schema_editor.execute(
        "UPDATE security_bond SET debtor_name = (SELECT b.legal_name FROM accounts_business b WHERE b.id = debtor_id)"
    )
    schema_editor.execute(
        "INSERT INTO security_bondallocation (bond_id, program_account_id, amount)"
        " SELECT id, program_account_id, amount FROM security_bond"
    )
    schema_editor.execute(KINDS)
    schema_editor.execute(WHOLE % ("jsonb" if schema_editor.connection.vendor == "postgresql" else "TEXT"))
    schema_editor.execute(
        "UPDATE security_demand SET program_account_id ="
        " (SELECT b.program_account_id FROM security_bond b WHERE b.id = bond_id)"
    )


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0009_archived_people"),
        ("security", "0006_keys_proven_by_statement"),
    ]

    operations = [
        migrations.CreateModel(
            name="BondAllocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", core.fields.MoneyField(verbose_name="amount")),
                (
                    "bond",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="security.bond",
                        verbose_name="bond",
                    ),
                ),
                (
                    "program_account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bond_allocations",
                        to="accounts.programaccount",
                        verbose_name="program account",
                    ),
                ),
            ],
            options={
                "verbose_name": "share of a bond",
                "verbose_name_plural": "shares of bonds",
                "ordering": ("program_account__number",),
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(fields=("bond", "program_account"), name="security_bond_shared_once"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="security_bond_share_positive"),
                ],
            },
        ),
        migrations.AddField(
            model_name="bond",
            name="debtor_name",
            field=models.CharField(default="", max_length=175, verbose_name="debtor's name on the agreement"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="bondversion",
            name="kind",
            field=models.CharField(choices=[('PROPOSED', 'Entered by the importer'), ('FILED', 'Filed by the surety'), ('CONFIRMED', 'Confirmed'), ('REJECTED', 'Rejected'), ('WITHDRAWN', 'Withdrawn'), ('LAPSED', 'Lapsed'), ('STARTED', 'Began to cover'), ('INCREASE', 'Increase rider'), ('DECREASE', 'Decrease rider'), ('REALLOCATION', 'Reallocation rider'), ('NAME_CHANGE', 'Name change rider'), ('EXTENSION', 'Extension rider'), ('TERMINATION_NOTICE', 'Notice of termination'), ('REINSTATEMENT', 'Reinstatement'), ('CLAIM_PAID', 'Lower by a paid demand'), ('ENDED', 'Ended')], default="FILED", max_length=20, verbose_name="kind"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="bondversion",
            name="debtor_name",
            field=models.CharField(default="", max_length=175, verbose_name="debtor's name on the agreement"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="bondversion",
            name="shares",
            field=models.JSONField(default=dict, verbose_name="shares, in cents by program account"),
        ),
        migrations.AddField(
            model_name="demand",
            name="program_account",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="demands",
                to="accounts.programaccount",
                verbose_name="program account",
            ),
        ),
        migrations.RemoveConstraint(model_name="demand", name="security_one_open_demand"),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="demand",
            name="program_account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="demands",
                to="accounts.programaccount",
                verbose_name="program account",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("SENT", "REBUTTED", "UPHELD"))),
                fields=("bond", "program_account"),
                name="security_one_open_demand",
            ),
        ),
    ]
