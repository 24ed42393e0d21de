"""A quarter of the yearly review was the row by row proof of these keys."""

from django.db import migrations

from core.keys import prove_by_statement


class Migration(migrations.Migration):
    dependencies = [
        ("security", "0005_deposits_taken_back"),
        ("accounts", "0009_archived_people"),
        ("core", "0005_message_states"),
    ]

    operations = [
        prove_by_statement("security_annualreview", "program_account_id", "accounts_programaccount"),
        prove_by_statement("security_annualreview", "run_id", "core_jobrun"),
        prove_by_statement("security_securityrequirement", "program_account_id", "accounts_programaccount"),
        prove_by_statement("security_securityrequirement", "review_id", "security_annualreview"),
    ]
