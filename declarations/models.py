"""The Commercial Accounting Declaration: versions, invoices, lines. An accepted version is never changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Business, ProgramAccount
from core.fields import MoneyField
from core.money import ZERO
from declarations.changes.models import ChangeMessage, ChangeRequest, MassCase
from reference.rules.billing import Stream
from releases.models import Release

__all__ = ["ChangeMessage", "ChangeRequest", "Declaration", "DeclarationVersion", "Invoice", "Line", "MassCase"]


class Declaration(models.Model):
    """One declaration under its transaction number; what it says stands in its versions."""

    class Type(models.TextChoices):
        AB = "AB", _("AB, release prior to payment")
        C = "C", _("C, paid at the port")
        F = "F", _("F, courier low value of a month")
        V = "V", _("V, goods that entered without release")

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
    #: None of type F, which accounts for many (see ``ConsolidatedRelease``), and of type V, whose goods had none.
    release = models.OneToOneField(
        Release, on_delete=models.PROTECT, null=True, blank=True, related_name="declaration", verbose_name=_("release")
    )
    submitter = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="declarations_submitted", verbose_name=_("submitted by")
    )
    prepared_by = models.CharField(_("prepared by"), max_length=200, blank=True)
    goods = models.CharField(_("goods"), max_length=200, blank=True)
    office = models.CharField(_("office"), max_length=4, blank=True)
    #: Of type V the day on which the goods entered, of type F that of the month's last release.
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
    hst = MoneyField(_("HST"), default=ZERO)
    provincial_tax = MoneyField(_("provincial tax"), default=ZERO)
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

    @property
    def stream(self) -> Stream:
        """How it is billed; ``release`` has to be loaded where there is one."""
        if self.release is not None:
            return Stream(self.release.stream)
        return Stream.COURIER if self.type == self.Type.F else Stream.AT_RELEASE


class ConsolidatedRelease(models.Model):
    """One of the courier releases that a declaration of type F accounts for; each stands in one declaration only."""

    declaration = models.ForeignKey(
        Declaration, on_delete=models.PROTECT, related_name="consolidated", verbose_name=_("declaration")
    )
    release = models.OneToOneField(
        Release, on_delete=models.PROTECT, related_name="consolidated_in", verbose_name=_("release")
    )

    class Meta:
        verbose_name = _("release of a consolidated declaration")
        verbose_name_plural = _("releases of consolidated declarations")
        ordering = ("declaration", "release")

    def __str__(self) -> str:
        return f"{self.declaration_id}: {self.release_id}"


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

    class Mode(models.TextChoices):
        AIR = "AIR", _("Air")
        HIGHWAY = "HIGHWAY", _("Highway")
        RAIL = "RAIL", _("Rail")
        MARINE = "MARINE", _("Marine")
        PIPE = "PIPE", _("Pipeline or wire")
        MAIL = "MAIL", _("Mail")

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
    transport_mode = models.CharField(_("mode of transport"), max_length=7, choices=Mode, blank=True)
    carrier = models.CharField(_("carrier code"), max_length=4, blank=True)
    unlading_port = models.CharField(_("port of unlading"), max_length=4, blank=True)
    cargo_control_numbers = models.CharField(_("cargo control numbers"), max_length=300, blank=True)

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
    purchaser = models.CharField(_("purchaser"), max_length=120, blank=True)
    time_limit_months = models.PositiveSmallIntegerField(_("time limit in months"), null=True, blank=True)
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

    class SimaSubject(models.TextChoices):
        SUBJECT = "SUBJECT", _("Subject")
        NON_SUBJECT = "NON_SUBJECT", _("Non-subject")
        UNDERTAKING = "UNDERTAKING", _("Under an undertaking")

    class SurtaxGround(models.TextChoices):
        GOODS = "GOODS", _("Not goods of the order")
        QUOTA = "QUOTA", _("Within quota, with a permit")
        REMISSION = "REMISSION", _("Remitted by an order")
        SMALL = "SMALL", _("Declaration of 5,000 dollars or less")
        TRANSIT = "TRANSIT", _("In transit on the order's first day")
        CHAPTER98 = "CHAPTER98", _("Goods of Chapter 98")
        REPAIR = "REPAIR", _("Sent for repair or back from it")
        AEROSPACE = "AEROSPACE", _("For motor vehicles or aerospace")

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
    value_for_duty_code = models.CharField(_("value for duty code"), max_length=2, blank=True)
    special_authority = models.CharField(_("special authority"), max_length=16, blank=True)
    remarks = models.CharField(_("remarks"), max_length=300, blank=True)
    duty_rate_text = models.CharField(_("rate of duty"), max_length=100)
    rate_treatment = models.CharField(_("treatment of the rate"), max_length=6, blank=True)
    rate_is_illustrative = models.BooleanField(_("illustrative rate"), default=False)
    rate_source = models.CharField(_("source of the rate"), max_length=160, blank=True)
    surtax_order = models.CharField(_("surtax order"), max_length=120, blank=True)
    surtax_rate = models.DecimalField(_("surtax rate"), max_digits=6, decimal_places=4, default=0)
    surtax_source = models.CharField(_("source of the surtax"), max_length=200, blank=True)
    surtax_is_illustrative = models.BooleanField(_("illustrative surtax"), default=False)
    #: Of a vehicle under SOR/2025-118 s. 2(2): the Canadian and Mexican content claimed, and what is left to charge.
    surtax_content = MoneyField(_("Canadian and Mexican content"), default=ZERO)
    surtax_base = MoneyField(_("base of the surtax"), null=True, blank=True)
    surtax_is_contested = models.BooleanField(_("not goods of the surtax order"), default=False)
    sima_subject = models.CharField(_("SIMA subject"), max_length=11, choices=SimaSubject, blank=True)
    sima_code = models.CharField(_("SIMA code"), max_length=3, blank=True)
    sima_price = models.DecimalField(_("SIMA invoice price"), max_digits=15, decimal_places=2, null=True, blank=True)
    sima_currency = models.CharField(_("currency of the SIMA price"), max_length=3, blank=True)
    sima_exporter = models.CharField(_("exporter"), max_length=60, blank=True)
    sima_model = models.CharField(_("model"), max_length=60, blank=True)
    sima_measure = models.CharField(_("SIMA measure and arithmetic"), max_length=300, blank=True)
    sima_source = models.CharField(_("source of the SIMA measure"), max_length=200, blank=True)
    sima_is_illustrative = models.BooleanField(_("illustrative SIMA measure"), default=False)
    sima_self_declared = MoneyField(_("self-declared SIMA"), default=ZERO)
    surtax_ground = models.CharField(_("why no surtax"), max_length=9, choices=SurtaxGround, blank=True)
    surtax_reference = models.CharField(_("number of the permit or order"), max_length=30, blank=True)
    #: What the filer gave by itself, where it is not the table's amount; and what the table says.
    excise_duty_declared = MoneyField(_("declared excise duty"), default=ZERO)
    excise_tax_declared = MoneyField(_("declared excise tax"), default=ZERO)
    excise_rate = models.CharField(_("excise rate and arithmetic"), max_length=300, blank=True)
    excise_source = models.CharField(_("source of the excise rate"), max_length=200, blank=True)
    excise_is_illustrative = models.BooleanField(_("illustrative excise rate"), default=False)
    excise_exemption = models.CharField(_("excise exemption"), max_length=4, blank=True)
    gst_exemption = models.CharField(_("GST exemption"), max_length=4, blank=True)
    #: Filled for casual goods only: where they go to, and the rate that was added there.
    province = models.CharField(_("province of casual goods"), max_length=2, blank=True)
    provincial_rate = models.DecimalField(_("rate of HST or provincial tax"), max_digits=6, decimal_places=5, default=0)
    provincial_is_illustrative = models.BooleanField(_("illustrative provincial tax"), default=False)
    value_for_duty = MoneyField(_("value for duty"))
    duty = MoneyField(_("customs duty"))
    sima = MoneyField(_("SIMA"), default=ZERO)
    surtax = MoneyField(_("surtax"), default=ZERO)
    excise_duty = MoneyField(_("excise duty"), default=ZERO)
    excise_tax = MoneyField(_("excise tax"), default=ZERO)
    value_for_tax = MoneyField(_("value for tax"))
    gst = MoneyField(_("GST"))
    hst = MoneyField(_("HST"), default=ZERO)
    provincial_tax = MoneyField(_("provincial tax"), default=ZERO)
    total = MoneyField(_("total"))

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ("invoice", "position")
        constraints = (models.UniqueConstraint(fields=("invoice", "position"), name="declarations_line_once"),)

    def __str__(self) -> str:
        return f"{self.position} {self.classification}"
