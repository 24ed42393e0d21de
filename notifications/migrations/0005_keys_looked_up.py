"""The person of a notice is looked up by key, whatever the database believes of the table's size."""

from django.db import migrations

from core.keys import look_up_by_key


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_keys_proven_by_statement")]

    operations = [look_up_by_key("notifications_notification", "user_id", "accounts_user")]
