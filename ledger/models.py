"""The book's tables. What was posted is never changed: triggers (``ledger.triggers``) refuse it on both databases."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.money import ZERO
from ledger.rules import Account, Category, EntryKind, ItemKind, Revenue, Side


class LedgerAccount(models.Model):
    """A line of the chart of accounts; the holder stands on the posting, not here."""

    number = models.PositiveSmallIntegerField(_("number"), primary_key=True, choices=Account.choices)
    code = models.CharField(_("code"), max_length=20, unique=True)

    class Meta:
        verbose_name = _("book account")
        verbose_name_plural = _("book accounts")
        ordering = ("number",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.number} {Account(self.number).label}"


class JournalEntry(models.Model):
    """A balanced event. Its postings are inserted first; inserting the entry seals them.

    Identifiers sort by the business moment and then in order of posting; ``recorded_at`` is the database's wall time.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    key = models.CharField(_("key"), max_length=200)
    kind = models.CharField(_("kind"), max_length=16, choices=EntryKind.choices)
    category = models.CharField(_("category"), max_length=13, choices=Category.choices)
    holder_id = models.BigIntegerField(_("holder"))
    submitter_id = models.BigIntegerField(_("submitter"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=100)
    method = models.CharField(_("method"), max_length=20, blank=True)
    memo = models.CharField(_("memo"), max_length=255, blank=True)
    posted_on = models.DateField(_("posted on"))
    billing_on = models.DateField(_("billing date"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    recorded_by = models.CharField(_("recorded by"), max_length=120)
    payload_hash = models.CharField(max_length=64, editable=False)
    posting_count = models.SmallIntegerField(_("number of lines"))
    total_debit = MoneyField(_("total debit"))
    amount = MoneyField(_("effect on the balance"))
    reverses = models.OneToOneField(
        "self", verbose_name=_("reverses"), on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )

    #: The statement box ("B" to "G"): put there by ``queries.statement_entries``.
    box: str

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        ordering = ("-posted_on", "-id")
        default_permissions = ("view",)
        constraints = (models.UniqueConstraint(fields=("key",), name="ledger_entry_key"),)
        indexes = (
            models.Index(fields=("holder_id", "-posted_on", "-id"), name="ledger_entry_by_holder"),
            models.Index(fields=("source",), name="ledger_entry_by_source"),
            models.Index(fields=("posted_on",), name="ledger_entry_by_day"),
        )

    def __str__(self) -> str:
        return self.key


class Posting(models.Model):
    """One signed line (debit positive) of an entry; dates are kept as segments, for sums that need no other table."""

    entry = models.ForeignKey(JournalEntry, verbose_name=_("entry"), on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(
        LedgerAccount,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        # The entry's trigger compares with the chart, at a small part of a key's cost.
        db_constraint=False,
    )
    holder_id = models.BigIntegerField(_("holder"))
    amount = MoneyField(_("amount"))
    revenue = models.CharField(_("revenue class"), max_length=12, choices=Revenue.choices, blank=True)
    category = models.CharField(_("category"), max_length=13, choices=Category.choices)
    posted_segment = models.IntegerField(_("segment of posting"))
    billing_segment = models.IntegerField(_("segment of billing"))

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        default_permissions = ("view",)
        indexes = (
            models.Index(
                fields=("holder_id", "posted_segment", "category", "amount"),
                name="ledger_posting_receivable",
                condition=Q(account=Account.RECEIVABLE),
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount}"


class HolderBalance(models.Model):
    """Where a holder stands now: the signed sums of its postings on the four accounts kept per holder."""

    holder_id = models.BigIntegerField(_("holder"), primary_key=True)
    receivable = MoneyField(_("receivable"), default=ZERO)
    unapplied = MoneyField(_("unapplied credit"), default=ZERO)
    deposits = MoneyField(_("deposits held"), default=ZERO)
    payable = MoneyField(_("disbursements payable"), default=ZERO)

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.holder_id}: {self.receivable + self.unapplied}"


class HolderSegment(models.Model):
    """What moved a holder's balance, by class, in one segment of posting and one segment of billing.

    Both are kept because the yearly review counts by the day a charge became known and the statement by release date.
    """

    holder_id = models.BigIntegerField(_("holder"))
    posted_segment = models.PositiveIntegerField(_("segment of posting"))
    billing_segment = models.PositiveIntegerField(_("segment of billing"))
    charges = MoneyField(_("charges"), default=ZERO)
    penalties = MoneyField(_("penalties"), default=ZERO)
    interest = MoneyField(_("interest"), default=ZERO)
    ctype = MoneyField(_("C-type charges"), default=ZERO)
    credits = MoneyField(_("credits"), default=ZERO)
    payments = MoneyField(_("payments"), default=ZERO)
    ctype_payments = MoneyField(_("C-type payments"), default=ZERO)
    disbursements = MoneyField(_("disbursements"), default=ZERO)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=("holder_id", "posted_segment", "billing_segment"), name="ledger_segment_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.holder_id}: {self.posted_segment}/{self.billing_segment}"


class OpenItem(models.Model):
    """A debt or a credit until it is cleared. Only ``cleared`` ever changes, and only a clearing changes it."""

    entry = models.OneToOneField(JournalEntry, verbose_name=_("entry"), on_delete=models.PROTECT, related_name="item")
    holder_id = models.BigIntegerField(_("holder"))
    submitter_id = models.BigIntegerField(_("submitter"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=100)
    side = models.CharField(_("side"), max_length=6, choices=Side.choices)
    kind = models.CharField(_("kind"), max_length=12, choices=ItemKind.choices)
    amount = MoneyField(_("amount"))
    cleared = MoneyField(_("cleared"), default=ZERO)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    last_day_to_pay = models.DateField(_("last day to pay"), null=True, blank=True)
    billing_on = models.DateField(_("billing date"))
    posted_on = models.DateField(_("posted on"))

    #: What was left at the end of a day, in dollars: put there by ``queries.items_on`` and those built on it.
    remaining: Decimal

    class Meta:
        verbose_name = _("open item")
        verbose_name_plural = _("open items")
        ordering = (F("due_on").asc(nulls_last=True), "posted_on", "id")
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="ledger_item_positive"),
            models.CheckConstraint(
                condition=Q(cleared__gte=0) & Q(cleared__lte=F("amount")), name="ledger_item_not_over_cleared"
            ),
        )
        indexes = (
            models.Index(fields=("holder_id", "posted_on"), name="ledger_item_by_holder"),
            models.Index(fields=("source",), name="ledger_item_by_source"),
            models.Index(
                fields=("holder_id", "side", "due_on"), name="ledger_item_open", condition=Q(cleared__lt=F("amount"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} ({self.source})"


class Clearing(models.Model):
    """An amount of a credit used on a debt; a negative one undoes an earlier clearing."""

    key = models.CharField(_("key"), max_length=200, unique=True)
    entry = models.ForeignKey(JournalEntry, verbose_name=_("entry"), on_delete=models.PROTECT, related_name="clearings")
    debt_item = models.ForeignKey(
        OpenItem, verbose_name=_("debt"), on_delete=models.PROTECT, related_name="clearings_as_debt"
    )
    credit_item = models.ForeignKey(
        OpenItem, verbose_name=_("credit"), on_delete=models.PROTECT, related_name="clearings_as_credit"
    )
    amount = MoneyField(_("amount"))
    cleared_on = models.DateField(_("cleared on"), db_index=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    reverses = models.OneToOneField(
        "self", verbose_name=_("reverses"), on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )

    class Meta:
        verbose_name = _("clearing")
        verbose_name_plural = _("clearings")
        ordering = ("cleared_on", "id")
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(
                condition=Q(amount__gt=0, reverses__isnull=True) | Q(amount__lt=0, reverses__isnull=False),
                name="ledger_clearing_sign",
            ),
        )

    def __str__(self) -> str:
        return self.key
