import django.db.models.deletion
from django.db import migrations, models

ROLES = [("PAM", "Program Account Manager"), ("EDITOR", "Editor"), ("READER", "Reader")]
CHUNK = 2_000


def _copy(apps, holder, row):
    """One row an account, with the role and the single permissions that held in all of them."""
    Holder, Row = apps.get_model("accounts", holder), apps.get_model("accounts", row)
    name = f"{holder.lower()}_id"
    held = dict(Holder.objects.exclude(role="BAM").values_list("pk", "role"))
    added = dict(Holder.objects.values_list("pk", "added_actions"))
    through = Holder.program_accounts.through.objects.values_list(name, "programaccount_id")
    rows = [
        Row(**{name: pk}, program_account_id=account_id, role=held[pk], added_actions=added[pk])
        for pk, account_id in through
        if pk in held
    ]
    Row.objects.bulk_create(rows, batch_size=CHUNK)


def _copy_back(apps, holder, row):
    Holder, Row = apps.get_model("accounts", holder), apps.get_model("accounts", row)
    name = f"{holder.lower()}_id"
    through = Holder.program_accounts.through
    pairs = Row.objects.values_list(name, "program_account_id")
    through.objects.bulk_create(
        [through(**{name: pk}, programaccount_id=account_id) for pk, account_id in pairs], batch_size=CHUNK
    )


def forward(apps, schema_editor):
    _copy(apps, "Membership", "MembershipProgram")
    _copy(apps, "Invitation", "InvitationProgram")


def backward(apps, schema_editor):
    _copy_back(apps, "Membership", "MembershipProgram")
    _copy_back(apps, "Invitation", "InvitationProgram")


def _rows(holder, verbose_name, verbose_name_plural, one, role):
    return migrations.CreateModel(
        name=f"{holder}Program",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("role", models.CharField(choices=ROLES, max_length=8, verbose_name="role")),
            ("added_actions", models.JSONField(blank=True, default=list, verbose_name="single permissions")),
            (
                holder.lower(),
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="programs",
                    to=f"accounts.{holder.lower()}",
                    verbose_name=holder.lower(),
                ),
            ),
            (
                "program_account",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.programaccount",
                    verbose_name="program account",
                ),
            ),
        ],
        options={
            "verbose_name": verbose_name,
            "verbose_name_plural": verbose_name_plural,
            "ordering": ("program_account__number",),
            "constraints": [
                models.UniqueConstraint(fields=(holder.lower(), "program_account"), name=one),
                models.CheckConstraint(condition=models.Q(("role__in", ("PAM", "EDITOR", "READER"))), name=role),
            ],
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_profiles"),
    ]

    operations = [
        _rows(
            "Membership",
            "role in a program account",
            "roles in program accounts",
            "accounts_one_role_a_program_account",
            "accounts_role_of_a_program_account",
        ),
        _rows(
            "Invitation",
            "role in an invitation",
            "roles in invitations",
            "accounts_one_invited_role",
            "accounts_invited_role",
        ),
        migrations.RunPython(forward, backward),
        migrations.RemoveField(model_name="membership", name="program_accounts"),
        migrations.RemoveField(model_name="invitation", name="program_accounts"),
        migrations.AddField(
            model_name="membership",
            name="program_accounts",
            field=models.ManyToManyField(
                blank=True,
                related_name="memberships",
                through="accounts.MembershipProgram",
                to="accounts.programaccount",
                verbose_name="program accounts",
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="program_accounts",
            field=models.ManyToManyField(
                blank=True,
                through="accounts.InvitationProgram",
                to="accounts.programaccount",
                verbose_name="program accounts",
            ),
        ),
    ]
