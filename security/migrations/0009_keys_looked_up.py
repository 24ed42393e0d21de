"""A join planned on a table believed empty made each part of a review as slow as the square of its accounts."""

from django.db import migrations

from core.keys import look_up_by_key


class Migration(migrations.Migration):
    dependencies = [("security", "0008_deposits_used_and_asked")]

    operations = [
        look_up_by_key("security_annualreview", "program_account_id", "accounts_programaccount"),
        look_up_by_key("security_annualreview", "run_id", "core_jobrun"),
        look_up_by_key("security_securityrequirement", "program_account_id", "accounts_programaccount"),
        look_up_by_key("security_securityrequirement", "review_id", "security_annualreview"),
    ]
