"""Requests to release goods and what was decided."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, ProgramAccount
from core.fields import MoneyField
from reference.rules.billing import Stream


class NumberSeries(models.Model):
    """The last sequence given out under a filer's account security number, or of those numbers themselves (ASEC)."""

    prefix = models.CharField(_("account security number"), max_length=5, primary_key=True)
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")

    def __str__(self) -> str:
        return f"{self.prefix}: {self.last}"


class Release(models.Model):
    """One request and its decision, stored whichever way it went; what is due after it is fixed here as dates."""

    class Kind(models.TextChoices):
        PARS = "PARS", _("PARS, before arrival")
        RMD = "RMD", _("RMD, minimum documentation")
        IID = "IID", _("Integrated Import Declaration")
        CSA = "CSA", _("Customs self assessment")
        CLVS = "CLVS", _("Courier low value")
        CONTINUOUS = "CTC", _("Continuous transmission")
        CTYPE = "CTYPE", _("C-type, paid at the port")

    class BillingStream(models.TextChoices):
        RPP = Stream.RPP.value, _("From the 18th to the 17th")
        COURIER = Stream.COURIER.value, _("Courier low value, by calendar month")
        CSA_MONTH = Stream.CSA_MONTH.value, _("Customs self assessment, by calendar month")
        CSA_PERIOD = Stream.CSA_PERIOD.value, _("Customs self assessment, from the 18th to the 17th")
        CONTINUOUS = Stream.CONTINUOUS.value, _("Continuous transmission, by calendar month")
        AT_RELEASE = Stream.AT_RELEASE.value, _("Paid at release")

    class State(models.TextChoices):
        RELEASED = "RELEASED", _("Released")
        REFUSED = "REFUSED", _("Refused")
        AT_PORT = "AT_PORT", _("Waiting for payment at the port")
        AWAITING = "AWAITING", _("Accepted, awaiting arrival")
        EXAMINATION = "EXAMINATION", _("Examination required")
        HELD = "HELD", _("On hold")
        MAY_MOVE = "MAY_MOVE", _("May move, detained at destination")

    class Refusal(models.TextChoices):
        NOT_REGISTERED = "NOT_REGISTERED", _("The importer is not registered")
        NO_DELEGATION = "NO_DELEGATION", _("The importer has not given you access")
        ACCOUNT_CLOSED = "ACCOUNT_CLOSED", _("The program account is closed")
        EXPORTER_ONLY = "EXPORTER_ONLY", _("The program account is for export only")
        NO_RPP = "NO_RPP", _("No Release Prior to Payment")
        NOT_CSA = "NOT_CSA", _("The program account is not admitted to customs self assessment")
        NOT_COURIER = "NOT_COURIER", _("You are not in the courier low value program")
        NOT_CONTINUOUS = "NOT_CONTINUOUS", _("The program account is not admitted to continuous transmission")
        HAS_RPP = "HAS_RPP", _("The importer has Release Prior to Payment")
        NO_CONTINGENCY_PLAN = "NO_CONTINGENCY_PLAN", _("The contingency plan is not in force")
        GOODS_NOT_LISTED = "GOODS_NOT_LISTED", _("The contingency plan is not for these goods")
        NO_CONTINGENCY_ACCOUNT = "NO_CONTINGENCY_ACCT", _("You have no contingency account that can be used")

    class Department(models.TextChoices):
        FOOD = "CFIA", _("Canadian Food Inspection Agency")
        HEALTH = "HC", _("Health Canada")
        ENVIRONMENT = "ECCC", _("Environment and Climate Change Canada")
        TRADE = "GAC", _("Global Affairs Canada")
        RESOURCES = "NRCAN", _("Natural Resources Canada")
        TRANSPORT = "TC", _("Transport Canada")
        NUCLEAR = "CNSC", _("Canadian Nuclear Safety Commission")
        FISHERIES = "DFO", _("Fisheries and Oceans Canada")
        PUBLIC_HEALTH = "PHAC", _("Public Health Agency of Canada")

    class GoodsCategory(models.TextChoices):
        BLOOD = "BLOOD", _("Blood, organs and tissue")
        ISOTOPES = "ISOTOPES", _("Medical isotopes")
        LIVE_ANIMALS = "LIVE_ANIMALS", _("Live animals")
        GENETIC = "GENETIC", _("Semen and embryos")
        PRODUCE = "PRODUCE", _("Fresh or frozen fruit and vegetables")
        SEAFOOD = "SEAFOOD", _("Fish and seafood")
        DAIRY = "DAIRY", _("Dairy products")
        PLANTS = "PLANTS", _("Plants and flowers")
        MEDICAL = "MEDICAL", _("Medical, dental, optical and veterinary supplies")
        OTHER = "OTHER", _("Other goods")

    transaction_number = models.CharField(_("transaction number"), max_length=14, unique=True)
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, null=True, related_name="releases", verbose_name=_("program account")
    )
    asked_for = models.CharField(_("program account asked for"), max_length=15)
    submitter = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="releases_requested", verbose_name=_("submitted by")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    stream = models.CharField(_("billing"), max_length=10, choices=BillingStream, default=BillingStream.RPP)
    cargo_control_number = models.CharField(_("cargo control number"), max_length=25)
    office = models.CharField(_("office"), max_length=4)
    goods = models.CharField(_("goods"), max_length=200)
    estimated_value = MoneyField(_("estimated value"))
    state = models.CharField(_("state"), max_length=12, choices=State)
    refusal = models.CharField(_("reason"), max_length=20, choices=Refusal, blank=True)
    expected_arrival_on = models.DateField(_("expected arrival"), null=True, blank=True)
    department = models.CharField(_("other department"), max_length=6, choices=Department, blank=True)
    permit_number = models.CharField(_("permit or licence"), max_length=30, blank=True)
    goods_category = models.CharField(_("kind of goods"), max_length=12, choices=GoodsCategory, blank=True)
    #: The broker's account under whose security the contingency plan let the goods go; the importer stays liable.
    contingency_account = models.ForeignKey(
        ProgramAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contingency_releases",
        verbose_name=_("contingency account"),
    )
    requested_at = models.DateTimeField(_("requested"))
    released_on = models.DateField(_("released"), null=True, blank=True)
    accounting_due_on = models.DateField(_("account for the goods by"), null=True, blank=True)
    payment_due_on = models.DateField(_("payment due"), null=True, blank=True)
    last_day_to_pay = models.DateField(_("last day to pay"), null=True, blank=True)
    accounted_on = models.DateField(_("accounted for"), null=True, blank=True)
    requested_by = models.CharField(_("person"), max_length=200, blank=True)
    overdue_notice_on = models.DateField(_("overdue notice sent"), null=True, blank=True)
    penalty_decided_on = models.DateField(_("late accounting penalty decided"), null=True, blank=True)
    penalty_waived_on = models.DateField(_("late accounting penalty waived"), null=True, blank=True)

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("program_account", "-id"), name="releases_by_account"),
            models.Index(fields=("submitter", "-id"), name="releases_by_submitter"),
            models.Index(
                fields=("accounting_due_on",),
                condition=models.Q(state="RELEASED", accounted_on__isnull=True),
                name="releases_to_account_for",
            ),
            models.Index(
                fields=("expected_arrival_on",), condition=models.Q(state="AWAITING"), name="releases_to_arrive"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("submitter", "cargo_control_number"),
                condition=~models.Q(state="REFUSED"),
                name="releases_cargo_once",
            ),
        )

    def __str__(self) -> str:
        return self.transaction_number


class ReleaseMessage(models.Model):
    """One notice in the life of a release, as the release notification system sends them; kept as it was sent."""

    class Code(models.TextChoices):
        AWAITING_ARRIVAL = "AWAITING_ARRIVAL", _("Accepted, awaiting arrival of the goods")
        AT_PORT = "AT_PORT", _("Accepted, awaiting payment at the port")
        ARRIVED = "ARRIVED", _("Arrival certified")
        EXAMINATION = "EXAMINATION", _("Examination required")
        HELD = "HELD", _("Goods on hold")
        LET_GO = "LET_GO", _("Examination or hold ended")
        MAY_MOVE = "MAY_MOVE", _("Goods may move, detained at destination")
        RELEASED = "RELEASED", _("Goods released")
        CSA_DELIVER = "CSA_DELIVER", _("Authorized to deliver under customs self assessment")
        REFUSED = "REFUSED", _("Request refused")
        IMPORTER_CORRECTED = "IMPORTER_CORRECTED", _("Program account of the importer corrected")

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="messages", verbose_name=_("release"))
    code = models.CharField(_("message"), max_length=20, choices=Code)
    sent_at = models.DateTimeField(_("sent"))
    office = models.CharField(_("office"), max_length=4)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("release message")
        verbose_name_plural = _("release messages")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.release_id} {self.code}"


class Admission(models.Model):
    """What an officer has admitted a program account, or a business as a whole, to: from one day, until another."""

    class Kind(models.TextChoices):
        CSA_MONTH = Stream.CSA_MONTH.value, _("Customs self assessment, by calendar month")
        CSA_PERIOD = Stream.CSA_PERIOD.value, _("Customs self assessment, from the 18th to the 17th")
        CONTINUOUS = "CONTINUOUS", _("Continuous transmission")
        COURIER = "COURIER", _("Courier low value program")
        CONTINGENCY = "CONTINGENCY", _("Contingency account of a broker")
        EXAMINATION = "EXAMINATION", _("Selected for examination")
        DETENTION = "DETENTION", _("Detained for unpaid debts")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="release_admissions", verbose_name=_("business")
    )
    program_account = models.ForeignKey(
        ProgramAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="release_admissions",
        verbose_name=_("program account"),
    )
    starts_on = models.DateField(_("since"))
    #: The first day on which it no longer holds.
    ends_on = models.DateField(_("ended"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300)

    class Meta:
        verbose_name = _("admission")
        verbose_name_plural = _("admissions")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("program_account", "kind"), name="admissions_by_account"),
            models.Index(fields=("business", "kind"), name="admissions_by_business"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.program_account_id or self.business_id}"
