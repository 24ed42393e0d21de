"""The chart of accounts, and the triggers that guard the book."""

from django.db import migrations

from ledger.chart import charting
from ledger.triggers import guarding


class Migration(migrations.Migration):
    dependencies = (("ledger", "0001_initial"),)
    operations = (charting(), guarding())
