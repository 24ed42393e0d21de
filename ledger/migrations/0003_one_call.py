"""The function by which an entry is posted in one call; triggers that judge a whole statement's rows at once."""

from django.db import migrations

from ledger.functions import providing
from ledger.triggers import rebuilding


class Migration(migrations.Migration):
    dependencies = (("ledger", "0002_guards"),)
    operations = (providing(), *rebuilding(()))
