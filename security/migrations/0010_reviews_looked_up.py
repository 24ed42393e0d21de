"""Requirements name reviews that the same job has just written."""

from django.db import migrations

from core.keys import look_up_by_key


class Migration(migrations.Migration):
    dependencies = [("security", "0009_agreements_on_paper")]

    operations = [look_up_by_key("security_securityrequirement", "review_id", "security_annualreview")]
