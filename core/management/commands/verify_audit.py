"""``manage.py verify_audit``: prove the hash chain of the audit trail."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import audit
from core.models import AuditSeal


class Command(BaseCommand):
    help = "Prove the hash chain of the audit trail; exits non-zero and names the seals that no longer hold."

    def handle(self, *args: Any, **options: Any) -> None:
        audit.seal_pending()
        broken = audit.broken_seals()
        for seal in broken:
            self.stderr.write(f"seal {seal.pk}: events {seal.first_event_id} to {seal.last_event_id} were changed")
        if broken:
            raise CommandError(f"{len(broken)} broken seals.")
        self.stdout.write(f"Audit trail intact: {AuditSeal.objects.count()} seals.")
