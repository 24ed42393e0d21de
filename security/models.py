"""Enrolment in release prior to payment, what it requires, the instruments that cover it, and the yearly review."""

from datetime import date
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from accounts.models import Business, ProgramAccount
from core.fields import MoneyField
from core.models import JobRun
from core.money import ZERO
from security.deposit_requests import DepositRequest as DepositRequest
from security.endorsements import Endorsement as Endorsement
from security.rules import (
    BondState,
    CaseState,
    DemandState,
    DepositState,
    Level,
    NudgeKind,
    Pattern,
    RequirementSource,
    ReviewOutcome,
    RppState,
    SuspensionReason,
    VersionKind,
    paper_form,
)


class RppEnrolment(models.Model):
    """One program account's enrolment; its history stands in the audit trail."""

    program_account = models.OneToOneField(
        ProgramAccount, on_delete=models.PROTECT, related_name="rpp_enrolment", verbose_name=_("program account")
    )
    state = models.CharField(_("state"), max_length=16, choices=RppState.choices)
    reason = models.CharField(_("reason"), max_length=16, choices=SuspensionReason.choices, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    enrolled_on = models.DateField(_("enrolled"))
    changed_on = models.DateField(_("in this state since"))
    estimate = MoneyField(_("estimated highest month"), null=True, blank=True)
    pattern = models.CharField(
        _("how it imports"),
        max_length=10,
        choices=Pattern.choices,
        default=Pattern.YEAR_ROUND,
        db_default=Pattern.YEAR_ROUND,
    )
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    end_warned_on = models.DateField(_("warned of the end"), null=True, blank=True, editable=False)
    nudge_level = models.PositiveSmallIntegerField(
        _("use it was told of"), choices=Level.choices, default=Level.QUIET, db_default=Level.QUIET
    )

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        ordering = ("program_account__number",)
        default_permissions = ("view", "change")
        indexes = (
            models.Index(fields=("state",), name="security_rpp_state"),
            models.Index(fields=("ends_on",), name="security_rpp_end", condition=models.Q(ends_on__isnull=False)),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state="SUSPENDED") & ~models.Q(reason="")
                | ~models.Q(state="SUSPENDED") & models.Q(reason=""),
                name="security_rpp_reason_when_suspended",
            ),
        )

    def __str__(self) -> str:
        return f"{self.program_account_id} {self.state}"


class Nudge(models.Model):
    """A warning in good time that an importer was given: of the use of its security, or of a low estimate."""

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="nudges", verbose_name=_("program account")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=NudgeKind.choices)
    told_on = models.DateField(_("told"))
    amount = MoneyField(_("owed, or charged in the month"))
    limit = MoneyField(_("covered, or estimated"))
    month_end = models.DateField(_("month ends"), null=True, blank=True)

    class Meta:
        verbose_name = _("nudge")
        verbose_name_plural = _("nudges")
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=("program_account", "month_end"),
                condition=models.Q(month_end__isnull=False),
                name="security_estimate_nudge_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.program_account_id} {self.kind}"


class AnnualReview(models.Model):
    """What one yearly review found for one program account; written once."""

    cycle = models.CharField(_("cycle"), max_length=20)
    year = models.PositiveSmallIntegerField(_("year"))
    program_account = models.ForeignKey(
        ProgramAccount,
        on_delete=models.PROTECT,
        related_name="reviews",
        verbose_name=_("program account"),
        db_index=False,
    )
    run = models.ForeignKey(JobRun, on_delete=models.PROTECT, related_name="+", verbose_name=_("run"), db_index=False)
    window_start = models.DateField(_("window from"))
    window_end = models.DateField(_("window to"))
    due_on = models.DateField(_("due"))
    suspend_on = models.DateField(_("suspension from"))
    old_amount = MoneyField(_("requirement before"), null=True, blank=True)
    new_amount = MoneyField(_("new requirement"))
    driving_month_end = models.DateField(_("highest month ended"), null=True, blank=True)
    months = models.JSONField(_("twelve months, in cents"), default=list)
    covered = MoneyField(_("covered on the day"), default=ZERO)
    shortfall = MoneyField(_("not covered"), default=ZERO)
    outcome = models.CharField(_("outcome"), max_length=14, choices=ReviewOutcome.choices)
    note = models.CharField(_("note"), max_length=500, blank=True)
    notified_at = models.DateTimeField(_("notified"), null=True, blank=True)
    reminded_on = models.DateField(_("last reminded"), null=True, blank=True)

    class Meta:
        verbose_name = _("yearly review")
        verbose_name_plural = _("yearly reviews")
        ordering = ("-year", "-id")
        default_permissions = ("view", "change")
        constraints = (
            models.UniqueConstraint(fields=("program_account", "cycle", "year"), name="security_reviewed_once"),
        )
        indexes = (
            models.Index(
                fields=("due_on", "program_account"), name="security_review_risen", condition=models.Q(outcome="RISEN")
            ),
        )

    def __str__(self) -> str:
        return f"{self.cycle} {self.year}: {self.program_account_id}"


class SecurityRequirement(models.Model):
    """A version of the requirement: the 100 % figure, from a day on. The latest effective one holds; none changes."""

    program_account = models.ForeignKey(
        ProgramAccount,
        on_delete=models.PROTECT,
        related_name="security_requirements",
        verbose_name=_("program account"),
        db_index=False,
    )
    amount = MoneyField(_("requirement"))
    source = models.CharField(_("source"), max_length=10, choices=RequirementSource.choices)
    driving_month_end = models.DateField(_("highest month ended"), null=True, blank=True)
    effective_on = models.DateField(_("effective"))
    computed_on = models.DateField(_("computed"))
    review = models.OneToOneField(
        AnnualReview,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="requirement",
        verbose_name=_("yearly review"),
    )

    class Meta:
        verbose_name = _("security requirement")
        verbose_name_plural = _("security requirements")
        ordering = ("-effective_on", "-id")
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=("program_account", "-effective_on", "-id"), name="security_requirement_latest"),
            models.Index(fields=("effective_on",), name="security_requirement_day"),
        )
        constraints = (models.CheckConstraint(condition=models.Q(amount__gte=0), name="security_requirement_positive"),)

    def __str__(self) -> str:
        return f"{self.program_account_id}: {self.amount}"


class Bond(models.Model):
    """A written security agreement with the seven elements of FSR s. 5(2); its versions keep every change."""

    class Channel(models.TextChoices):
        PORTAL = "PORTAL", _("Portal")
        API = "API", _("API")
        PAPER = "PAPER", pgettext_lazy("channel of a bond", "Paper")

    agreement_number = models.CharField(_("agreement number"), max_length=40)
    provider = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="bonds_given", verbose_name=_("surety"), db_index=False
    )
    debtor = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="bonds_held", verbose_name=_("debtor"))
    debtor_name = models.CharField(_("debtor's name on the agreement"), max_length=175)
    #: The account that it was entered for; what it covers stands in its allocations.
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="bonds", verbose_name=_("program account")
    )
    program = models.CharField(_("program"), max_length=60, default="Release Prior to Payment", editable=False)
    legislative_authority = models.CharField(
        _("legislative authority"),
        max_length=120,
        default=gettext_noop("Customs Act s. 35; SOR/86-1062 s. 11"),
        editable=False,
    )
    amount = MoneyField(_("amount"))
    validity_start = models.DateField(_("valid from"))
    validity_end = models.DateField(_("valid until"), null=True, blank=True)
    terminates_on = models.DateField(_("terminates"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=20, choices=BondState.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    asked_amount = MoneyField(_("amount the debtor asks for"), null=True, blank=True)
    channel = models.CharField(_("filed through"), max_length=6, choices=Channel, default=Channel.PORTAL)
    proposed_on = models.DateField(_("proposed"))
    decided_on = models.DateField(_("answered"), null=True, blank=True)
    signed_on = models.DateField(_("signed on paper"), null=True, blank=True)
    approval_reference = models.CharField(
        _("prior approval of the paper"), max_length=40, blank=True, default="", db_default=""
    )

    #: What of it covers the program account that a query was asked about.
    share: Decimal

    class Meta:
        verbose_name = _("bond")
        verbose_name_plural = _("bonds")
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=("provider", "agreement_number"),
                condition=~models.Q(state__in=("REJECTED", "WITHDRAWN", "LAPSED")),
                name="security_agreement_once",
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="security_bond_positive"),
            models.CheckConstraint(
                condition=~models.Q(channel="PAPER")
                | (models.Q(signed_on__isnull=False) & ~models.Q(approval_reference="")),
                name="security_bond_paper_approved",
            ),
        )
        indexes = (
            models.Index(fields=("state", "program_account"), name="security_bond_state"),
            models.Index(fields=("-id",), name="security_bond_on_paper", condition=models.Q(channel="PAPER")),
        )

    def __str__(self) -> str:
        return self.agreement_number

    @property
    def ends_on(self) -> date | None:
        """The last day in sight: that of a notice, or else the end of a fixed term."""
        return self.terminates_on or self.validity_end

    @property
    def is_on_paper(self) -> bool:
        return self.channel == self.Channel.PAPER

    @property
    def paper_form(self) -> str:
        """The form of an agreement on paper, by the day of its signature; empty for any other."""
        return paper_form(self.signed_on) if self.signed_on is not None else ""

    @property
    def covers(self) -> bool:
        return self.state in (BondState.ACTIVE, BondState.TERMINATION_PENDING)


class BondAllocation(models.Model):
    """The share of a bond that covers one program account; every bond has one at least."""

    bond = models.ForeignKey(
        Bond, on_delete=models.PROTECT, related_name="allocations", verbose_name=_("bond"), db_index=False
    )
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="bond_allocations", verbose_name=_("program account")
    )
    amount = MoneyField(_("amount"))

    class Meta:
        verbose_name = _("share of a bond")
        verbose_name_plural = _("shares of bonds")
        ordering = ("program_account__number",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=("bond", "program_account"), name="security_bond_shared_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="security_bond_share_positive"),
        )

    def __str__(self) -> str:
        return f"{self.bond_id}: {self.program_account_id} {self.amount}"


class BondVersion(models.Model):
    """What a bond said after one change, whole."""

    bond = models.ForeignKey(Bond, on_delete=models.PROTECT, related_name="versions", verbose_name=_("bond"))
    number = models.PositiveSmallIntegerField(_("version"))
    kind = models.CharField(_("kind"), max_length=20, choices=VersionKind.choices)
    debtor_name = models.CharField(_("debtor's name on the agreement"), max_length=175)
    shares = models.JSONField(_("shares, in cents by program account"), default=dict)
    state = models.CharField(_("state"), max_length=20, choices=BondState.choices)
    amount = MoneyField(_("amount"))
    validity_start = models.DateField(_("valid from"))
    validity_end = models.DateField(_("valid until"), null=True, blank=True)
    terminates_on = models.DateField(_("terminates"), null=True, blank=True)
    effective_on = models.DateField(_("effective"))
    recorded_at = models.DateTimeField(_("recorded"))
    recorded_by = models.CharField(_("recorded by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("version of a bond")
        verbose_name_plural = _("versions of bonds")
        ordering = ("-number",)
        default_permissions = ("view",)
        constraints = (models.UniqueConstraint(fields=("bond", "number"), name="security_bond_version_once"),)

    def __str__(self) -> str:
        return f"{self.bond_id} v{self.number}"


class Demand(models.Model):
    """A written demand that a surety pay what its debtor did not (FSR s. 8 and 9)."""

    bond = models.ForeignKey(Bond, on_delete=models.PROTECT, related_name="demands", verbose_name=_("bond"))
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="demands", verbose_name=_("program account")
    )
    asked = MoneyField(_("demanded"))
    amount = MoneyField(_("to be paid"))
    state = models.CharField(_("state"), max_length=10, choices=DemandState.choices, default=DemandState.SENT)
    reason = models.CharField(_("reason"), max_length=300)
    sent_on = models.DateField(_("sent"))
    answer_by = models.DateField(_("answer by"))
    rebuttal = models.TextField(_("rebuttal"), max_length=2000, blank=True)
    rebutted_on = models.DateField(_("rebutted"), null=True, blank=True)
    decision = models.CharField(_("reasons of the decision"), max_length=300, blank=True)
    decided_on = models.DateField(_("decided"), null=True, blank=True)
    paid_on = models.DateField(_("paid"), null=True, blank=True)
    reference = models.CharField(_("reference of the payment"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("demand")
        verbose_name_plural = _("demands")
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=("bond", "program_account"),
                condition=models.Q(state__in=("SENT", "REBUTTED", "UPHELD")),
                name="security_one_open_demand",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0) & models.Q(amount__lte=models.F("asked")),
                name="security_demand_amount",
            ),
        )

    def __str__(self) -> str:
        return f"{self.bond} {self.asked}"


class Deposit(models.Model):
    """Cash security. The money itself stands in the book (security deposits held)."""

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="deposits", verbose_name=_("program account")
    )
    amount = MoneyField(_("amount"))
    returned = MoneyField(_("returned"), default=ZERO)
    applied = MoneyField(_("used for debts"), default=ZERO, db_default=ZERO)
    payment_reference = models.CharField(_("payment reference"), max_length=60, unique=True)
    state = models.CharField(_("state"), max_length=16, choices=DepositState.choices, default=DepositState.ACTIVE)
    active_on = models.DateField(_("active"))
    ended_on = models.DateField(_("nothing left of it since"), null=True, blank=True)

    class Meta:
        verbose_name = _("deposit")
        verbose_name_plural = _("deposits")
        ordering = ("id",)
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="security_deposit_positive"),
            models.CheckConstraint(
                condition=models.Q(returned__gte=0)
                & models.Q(applied__gte=0)
                & models.Q(amount__gte=models.F("returned") + models.F("applied")),
                name="security_deposit_not_over_used",
            ),
        )

    def __str__(self) -> str:
        return self.payment_reference

    @property
    def held(self) -> Decimal:
        return self.amount - self.returned - self.applied


class ReductionCase(models.Model):
    """An importer asks for a lower requirement; an officer decides. One open case a program account."""

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="reduction_cases", verbose_name=_("program account")
    )
    requirement = MoneyField(_("requirement when asked"))
    proposed_amount = MoneyField(_("proposed amount"))
    justification = models.TextField(_("justification"), max_length=2000)
    state = models.CharField(_("state"), max_length=20, choices=CaseState.choices, default=CaseState.SUBMITTED)
    submitted_at = models.DateTimeField(_("submitted"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)
    approved_amount = MoneyField(_("approved amount"), null=True, blank=True)
    decision_note = models.CharField(_("reasons of the decision"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("reduction request")
        verbose_name_plural = _("reduction requests")
        ordering = ("-id",)
        default_permissions = ("view", "change")
        constraints = (
            models.UniqueConstraint(
                fields=("program_account",), condition=models.Q(state="SUBMITTED"), name="security_one_open_case"
            ),
        )

    def __str__(self) -> str:
        return f"{self.program_account_id} {self.proposed_amount}"


class SuretyEvent(models.Model):
    """Something that a surety's software is told; kept for thirty days."""

    provider = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="+", verbose_name=_("provider"), db_index=False
    )
    bond = models.ForeignKey(Bond, on_delete=models.PROTECT, related_name="events", verbose_name=_("bond"))
    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(_("key"), max_length=60, null=True, unique=True, editable=False)  # noqa: DJ001
    data = models.JSONField(_("content"), default=dict)
    business_at = models.DateTimeField(_("business time"))
    created_at = models.DateTimeField(_("created"), db_index=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)

    class Meta:
        verbose_name = _("event for a surety")
        verbose_name_plural = _("events for sureties")
        ordering = ("-id",)
        indexes = (models.Index(fields=("provider", "id"), name="security_event_provider"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
