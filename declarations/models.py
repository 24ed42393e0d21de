"""The Commercial Accounting Declaration: versions, invoices, lines. An accepted version is never changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Business, ProgramAccount
from core.fields import MoneyField
from core.money import ZERO
from declarations.changes.models import ChangeMessage, ChangeRequest, MassCase
from releases.models import Release

__all__ = ["ChangeMessage", "ChangeRequest", "Declaration", "DeclarationVersion", "Invoice", "Line", "MassCase"]


class Declaration(models.Model):
    """One declaration under its transaction number; what it says stands in its versions."""

    class Type(models.TextChoices):
        AB = "AB", _("AB, release prior to payment")
        C = "C", _("C, paid at the port")

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        READY = "READY", _("Ready for the port")
        ACCEPTED = "ACCEPTED", _("Accepted")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("declaration", "Withdrawn")

    number = models.CharField(_("declaration number"), max_length=14, unique=True)
    type = models.CharField(_("type"), max_length=2, choices=Type, default=Type.AB)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.DRAFT)
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="declarations", verbose_name=_("program account")
    )
    release = models.OneToOneField(
        Release, on_delete=models.PROTECT, related_name="declaration", verbose_name=_("release")
    )
    submitter = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="declarations_submitted", verbose_name=_("submitted by")
    )
    prepared_by = models.CharField(_("prepared by"), max_length=200, blank=True)
    released_on = models.DateField(_("released"))
    accounting_due_on = models.DateField(_("account for the goods by"))
    payment_due_on = models.DateField(_("payment due"))
    last_day_to_pay = models.DateField(_("last day to pay"))
    created_at = models.DateTimeField(_("created"))
    saved_at = models.DateTimeField(_("saved"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    #: Copied from the newest accepted version, so that lists and totals need no join.
    vendor = models.CharField(_("vendor"), max_length=120, blank=True)
    value_for_duty = MoneyField(_("value for duty"), default=ZERO)
    duty = MoneyField(_("customs duty"), default=ZERO)
    sima = MoneyField(_("SIMA"), default=ZERO)
    surtax = MoneyField(_("surtax"), default=ZERO)
    excise = MoneyField(_("excise"), default=ZERO)
    gst = MoneyField(_("GST"), default=ZERO)
    total = MoneyField(_("total payable"), default=ZERO)
    version_count = models.PositiveSmallIntegerField(_("accepted versions"), default=0)

    class Meta:
        verbose_name = _("declaration")
        verbose_name_plural = _("declarations")
        ordering = ("-released_on", "-id")
        indexes = (
            models.Index(fields=("program_account", "-released_on", "-id"), name="declarations_by_account"),
            models.Index(fields=("submitter", "-id"), name="declarations_by_submitter"),
        )

    def __str__(self) -> str:
        return self.number


class DeclarationVersion(models.Model):
    """What was declared at one time: the draft being written, then every accepted version in turn."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        UNDER_REVIEW = "UNDER_REVIEW", _("Under review")
        ACCEPTED = "ACCEPTED", _("Accepted")
        REJECTED = "REJECTED", _("Rejected")

    class Kind(models.TextChoices):
        ORIGINAL = "ORIGINAL", _("Original")
        CORRECTION = "CORRECTION", _("Correction")
        ADJUSTMENT = "ADJUSTMENT", _("Adjustment")
        REFUND = "REFUND", _("Refund claim")
        REDETERMINATION = "REDETERMINATION", _("Re-determination")
        APPEAL = "APPEAL", _("Appeal")

    declaration = models.ForeignKey(
        Declaration, on_delete=models.PROTECT, related_name="versions", verbose_name=_("declaration")
    )
    number = models.PositiveSmallIntegerField(_("version"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.ORIGINAL)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.DRAFT)
    reason = models.CharField(_("reason"), max_length=1000, blank=True)
    reason_code = models.CharField(_("reason code"), max_length=16, blank=True)
    submitter = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+", verbose_name=_("submitted by"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    entry_key = models.CharField(_("entry in the book"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("version of a declaration")
        verbose_name_plural = _("versions of declarations")
        ordering = ("declaration", "number")
        constraints = (
            models.UniqueConstraint(fields=("declaration", "number"), name="declarations_version_once"),
            models.UniqueConstraint(
                fields=("declaration",), condition=models.Q(state="DRAFT"), name="declarations_one_draft"
            ),
        )

    def __str__(self) -> str:
        return f"{self.declaration_id} v{self.number}"

    @property
    def is_request(self) -> bool:
        """Whether an officer has to approve it; a correction comes into force by itself."""
        return self.kind in (self.Kind.ADJUSTMENT, self.Kind.REFUND)


class Invoice(models.Model):
    """A vendor's invoice; its day of direct shipment decides the exchange rate."""

    version = models.ForeignKey(
        DeclarationVersion, on_delete=models.CASCADE, related_name="invoices", verbose_name=_("version")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    number = models.CharField(_("invoice number"), max_length=35)
    dated_on = models.DateField(_("invoice date"))
    vendor = models.CharField(_("vendor"), max_length=120)
    vendor_country = models.CharField(_("vendor's country"), max_length=2)
    shipped_on = models.DateField(_("direct shipment"))
    shipped_from = models.CharField(_("place of export"), max_length=60, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    total = models.DecimalField(_("invoice total"), max_digits=15, decimal_places=2)
    exchange_rate = models.DecimalField(_("exchange rate"), max_digits=14, decimal_places=6)
    exchange_rate_on = models.DateField(_("rate of"))
    exchange_rate_source = models.CharField(_("source of the rate"), max_length=120)
    exchange_rate_is_illustrative = models.BooleanField(_("illustrative rate"), default=False)

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ("version", "position")
        constraints = (models.UniqueConstraint(fields=("version", "position"), name="declarations_invoice_once"),)

    def __str__(self) -> str:
        return self.number


class Line(models.Model):
    """One commodity line with the rates that were in force and the amounts they gave."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines", verbose_name=_("invoice"))
    position = models.PositiveSmallIntegerField(_("line"))
    classification = models.CharField(_("classification number"), max_length=13)
    description = models.CharField(_("description"), max_length=200)
    origin = models.CharField(_("country of origin"), max_length=2)
    treatment = models.CharField(_("tariff treatment"), max_length=6)
    quantity = models.DecimalField(_("quantity"), max_digits=15, decimal_places=3)
    unit = models.CharField(_("unit"), max_length=4)
    value = models.DecimalField(_("value in the invoice's currency"), max_digits=15, decimal_places=2)
    origin_proof = models.CharField(_("proof of origin"), max_length=60, blank=True)
    duty_rate_text = models.CharField(_("rate of duty"), max_length=100)
    rate_treatment = models.CharField(_("treatment of the rate"), max_length=6, blank=True)
    rate_is_illustrative = models.BooleanField(_("illustrative rate"), default=False)
    surtax_order = models.CharField(_("surtax order"), max_length=120, blank=True)
    surtax_rate = models.DecimalField(_("surtax rate"), max_digits=6, decimal_places=4, default=0)
    surtax_is_contested = models.BooleanField(_("not goods of the surtax order"), default=False)
    gst_exemption = models.CharField(_("GST exemption"), max_length=4, blank=True)
    value_for_duty = MoneyField(_("value for duty"))
    duty = MoneyField(_("customs duty"))
    sima = MoneyField(_("SIMA"), default=ZERO)
    surtax = MoneyField(_("surtax"), default=ZERO)
    excise_duty = MoneyField(_("excise duty"), default=ZERO)
    excise_tax = MoneyField(_("excise tax"), default=ZERO)
    value_for_tax = MoneyField(_("value for tax"))
    gst = MoneyField(_("GST"))
    total = MoneyField(_("total"))

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ("invoice", "position")
        constraints = (models.UniqueConstraint(fields=("invoice", "position"), name="declarations_line_once"),)

    def __str__(self) -> str:
        return f"{self.position} {self.classification}"
