"""Officers read the book in the admin; nobody writes it there."""

import pytest
from django.contrib import admin
from django.test import RequestFactory

from accounts.models import User
from ledger.models import Clearing, HolderBalance, JournalEntry, LedgerAccount, OpenItem
from tests.ledger.examples import charge, payment, settle

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [LedgerAccount, JournalEntry, OpenItem, Clearing, HolderBalance])
def test_every_register_is_read_only(model: type, rf: RequestFactory) -> None:
    row = settle(charge(), payment(), "5.00")
    request = rf.get("/")
    request.user = User(username="officer", is_staff=True, is_superuser=True, is_active=True)
    register: admin.ModelAdmin = admin.site.get_model_admin(model)
    assert register.has_view_permission(request)
    assert not register.has_add_permission(request)
    assert not register.has_change_permission(request)
    assert not register.has_delete_permission(request)
    for inline in register.get_inline_instances(request, row.entry):
        assert inline.get_queryset(request).count() == 7
        assert set(inline.get_readonly_fields(request, row.entry)) == set(inline.get_fields(request, row.entry))
    assert register.get_queryset(request).exists()
