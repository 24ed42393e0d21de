"""Issued billing documents and the interest charged, frozen once made; files made of them; filters that people keep."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Business, ProgramAccount, User
from core.fields import MoneyField
from core.money import ZERO
from statements.report_rules import Every
from statements.rules import FileFormat, FileState, Level, Missing

_BOXES_ADD_UP = models.Q(
    box_h=models.F("box_a")
    + models.F("box_b")
    + models.F("box_c")
    + models.F("box_d")
    + models.F("box_e")
    + models.F("box_f")
    + models.F("box_g")
)


class Statement(models.Model):
    """A statement of account of one program account and billing period; boxes, cut-off, count and hash are frozen."""

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="statements", verbose_name=_("program account")
    )
    period_start = models.DateField(_("period from"))
    period_end = models.DateField(_("period to"))
    statement_on = models.DateField(_("statement date"))
    posted_since = models.DateField(_("postings from"))
    posted_upto = models.DateField(_("postings to"))
    payment_due_on = models.DateField(_("payment due"))
    last_day_to_pay = models.DateField(_("last day to pay"))
    box_a = MoneyField(_("A, previous balance"), default=ZERO)
    box_b = MoneyField(_("B, corrections to it"), default=ZERO)
    box_c = MoneyField(_("C, payments received"), default=ZERO)
    box_d = MoneyField(_("D, disbursements"), default=ZERO)
    box_e = MoneyField(_("E, interest and penalties"), default=ZERO)
    box_f = MoneyField(_("F, charges of the period"), default=ZERO)
    box_g = MoneyField(_("G, credits of the period"), default=ZERO)
    box_h = MoneyField(_("H, total payable"), default=ZERO)
    entry_count = models.PositiveIntegerField(_("entries behind it"), default=0)
    seal = models.CharField(_("hash of the entries"), max_length=64, blank=True)
    issued_at = models.DateTimeField(_("issued"))
    read_at = models.DateTimeField(_("first opened"), null=True, blank=True)

    class Meta:
        verbose_name = _("statement of account")
        verbose_name_plural = _("statements of account")
        ordering = ("-statement_on", "-id")
        constraints = (
            models.UniqueConstraint(fields=("program_account", "period_end"), name="statements_once_a_period"),
            models.CheckConstraint(condition=_BOXES_ADD_UP, name="statements_boxes_add_up"),
        )

    def __str__(self) -> str:
        return f"{self.program_account} {self.statement_on:%Y-%m-%d}"


class LevelStatement(models.Model):
    """The statements of one business and billing period added up: for the legal entity, or for one program type."""

    class Level(models.TextChoices):
        ENTITY = Level.ENTITY.value, _("Legal entity")
        PROGRAM = Level.PROGRAM.value, _("Program type")

    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="level_statements", verbose_name=_("business")
    )
    level = models.CharField(_("level"), max_length=7, choices=Level)
    #: The letters of the program type, "RM"; empty for the legal entity.
    program = models.CharField(_("program type"), max_length=2, blank=True)
    period_start = models.DateField(_("period from"))
    period_end = models.DateField(_("period to"))
    statement_on = models.DateField(_("statement date"))
    payment_due_on = models.DateField(_("payment due"))
    last_day_to_pay = models.DateField(_("last day to pay"))
    box_a = MoneyField(_("A, previous balance"), default=ZERO)
    box_b = MoneyField(_("B, corrections to it"), default=ZERO)
    box_c = MoneyField(_("C, payments received"), default=ZERO)
    box_d = MoneyField(_("D, disbursements"), default=ZERO)
    box_e = MoneyField(_("E, interest and penalties"), default=ZERO)
    box_f = MoneyField(_("F, charges of the period"), default=ZERO)
    box_g = MoneyField(_("G, credits of the period"), default=ZERO)
    box_h = MoneyField(_("H, total payable"), default=ZERO)
    account_count = models.PositiveIntegerField(_("program accounts"))
    entry_count = models.PositiveIntegerField(_("entries behind it"), default=0)
    seal = models.CharField(_("hash of the accounts' hashes"), max_length=64)
    issued_at = models.DateTimeField(_("issued"))
    read_at = models.DateTimeField(_("first opened"), null=True, blank=True)

    class Meta:
        verbose_name = _("statement of a higher level")
        verbose_name_plural = _("statements of a higher level")
        ordering = ("-statement_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "level", "program", "period_end"), name="statements_level_once_a_period"
            ),
            models.CheckConstraint(condition=_BOXES_ADD_UP, name="statements_level_boxes_add_up"),
        )

    def __str__(self) -> str:
        return f"{self.business} {self.program} {self.statement_on:%Y-%m-%d}"


class DailyNotice(models.Model):
    """The notice of one day's postings on a program account; made only when there were any."""

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="daily_notices", verbose_name=_("program account")
    )
    notice_on = models.DateField(_("date"))
    posted_since = models.DateField(_("postings from"))
    posted_upto = models.DateField(_("postings to"))
    entry_count = models.PositiveIntegerField(_("entries"))
    charges = MoneyField(_("charged"), default=ZERO)
    credits = MoneyField(_("credited and paid"), default=ZERO)
    issued_at = models.DateTimeField(_("issued"))
    read_at = models.DateTimeField(_("first opened"), null=True, blank=True)

    class Meta:
        verbose_name = _("daily notice")
        verbose_name_plural = _("daily notices")
        ordering = ("-notice_on", "-id")
        constraints = (
            models.UniqueConstraint(fields=("program_account", "notice_on"), name="statements_one_notice_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.program_account} {self.notice_on:%Y-%m-%d}"


class InterestCharge(models.Model):
    """One part of an interest entry: principal, days and rate, kept so that the amount can be explained."""

    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="interest_charges", verbose_name=_("program account")
    )
    entry_key = models.CharField(_("entry in the book"), max_length=200)
    item_id = models.BigIntegerField(_("late item"), db_index=True)
    item_source = models.CharField(_("late document"), max_length=100)
    due_on = models.DateField(_("was due"))
    last_day_to_pay = models.DateField(_("last day to pay"))
    principal = MoneyField(_("what was late"))
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("through"))
    days = models.PositiveIntegerField(_("days"))
    rate = models.DecimalField(_("yearly rate of the last day"), max_digits=8, decimal_places=6)
    rate_count = models.PositiveSmallIntegerField(_("rates in these days"), default=1)
    rate_is_illustrative = models.BooleanField(_("illustrative rate"), default=False)
    is_prescribed = models.BooleanField(_("prescribed rate"), default=False)
    amount = MoneyField(_("interest"))
    posted_on = models.DateField(_("posted"))

    class Meta:
        verbose_name = _("interest charge")
        verbose_name_plural = _("interest charges")
        ordering = ("-posted_on", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("item_id", "first_day", "last_day", "principal", "posted_on"), name="statements_interest_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.item_source} {self.amount}"


class Paper(models.Model):
    """A file of a statement that could not be made: which, why and when it was tried; kept when it was made at last."""

    class State(models.TextChoices):
        MISSING = "MISSING", pgettext_lazy("file", "Missing")
        MADE = "MADE", pgettext_lazy("file", "Made")

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="papers", null=True, blank=True)
    level_statement = models.ForeignKey(
        LevelStatement, on_delete=models.PROTECT, related_name="papers", null=True, blank=True
    )
    file_format = models.CharField(_("format"), max_length=4, choices=[(name.value, name.value) for name in FileFormat])
    language = models.CharField(_("language"), max_length=2)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.MISSING)
    problem = models.CharField(_("problem"), max_length=10, choices=[(name.value, name.value) for name in Missing])
    #: What the renderer was stopped by, such as the character that no font has.
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    try_count = models.PositiveIntegerField(_("tries"), default=1)
    tried_at = models.DateTimeField(_("last try"))

    class Meta:
        verbose_name = _("file of a statement")
        verbose_name_plural = _("files of statements")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("statement", "level_statement", "file_format", "language"),
                name="statements_one_paper_of_a_kind",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(statement__isnull=False, level_statement__isnull=True)
                | models.Q(statement__isnull=True, level_statement__isnull=False),
                name="statements_paper_of_one",
            ),
        )

    def __str__(self) -> str:
        return f"{self.file_format} {self.language} {self.state}"


class FileRequest(models.Model):
    """A file that somebody asked for and a job makes: older statements, or a history too long for a page."""

    class Kind(models.TextChoices):
        STATEMENTS = "STATEMENTS", _("Statements")
        HISTORY = "HISTORY", _("Transaction history")

    class State(models.TextChoices):
        REQUESTED = FileState.REQUESTED.value, pgettext_lazy("file", "Requested")
        RUNNING = FileState.RUNNING.value, pgettext_lazy("file", "Being made")
        READY = FileState.READY.value, pgettext_lazy("file", "Ready")
        FAILED = FileState.FAILED.value, pgettext_lazy("file", "Missing")
        EXPIRED = FileState.EXPIRED.value, pgettext_lazy("file", "Expired")

    public_id = models.UUIDField(_("identifier"), unique=True, default=uuid.uuid4, editable=False)
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="file_requests", verbose_name=_("program account")
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="file_requests", verbose_name=_("person"))
    #: The business that the person acted from, and whose transactions they were shown: both decide who may have it.
    business_id = models.BigIntegerField(_("acting business"))
    scope = models.CharField(_("what is seen"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    file_format = models.CharField(_("format"), max_length=4, choices=[(name.value, name.value) for name in FileFormat])
    language = models.CharField(_("language"), max_length=2)
    parameters = models.JSONField(_("what was asked for"), default=dict)
    fingerprint = models.CharField(max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.REQUESTED)
    problem = models.CharField(
        _("problem"), max_length=10, choices=[(name.value, name.value) for name in Missing], blank=True
    )
    name = models.CharField(_("name of the file"), max_length=120, blank=True)
    media_type = models.CharField(_("kind of file"), max_length=100, blank=True)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    requested_at = models.DateTimeField(_("requested"))
    #: Wall time of the last try, so that a lost one is taken up again.
    tried_at = models.DateTimeField(_("last try"), null=True, blank=True)
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    expires_on = models.DateField(_("kept through"), null=True, blank=True)
    read_at = models.DateTimeField(_("first taken"), null=True, blank=True)

    class Meta:
        verbose_name = _("requested file")
        verbose_name_plural = _("requested files")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("program_account", "user", "business_id", "fingerprint"),
                condition=models.Q(state__in=("REQUESTED", "RUNNING")),
                name="statements_file_asked_for_once",
            ),
        )
        indexes = (
            models.Index(fields=("program_account", "user", "-id"), name="statements_files_of_person"),
            models.Index(
                fields=("id",), condition=models.Q(state__in=("REQUESTED", "RUNNING")), name="statements_files_to_make"
            ),
            models.Index(fields=("expires_on",), condition=models.Q(state="READY"), name="statements_files_kept"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.file_format} {self.state}"


class SavedFilter(models.Model):
    """A filter of the transaction history that a person keeps, as it stands in the address."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_filters", verbose_name=_("person"))
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="saved_filters", verbose_name=_("program account")
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("filter"), max_length=500)
    saved_at = models.DateTimeField(_("saved"))
    #: How often a file of it is made by itself; for the business that its person acts from, in their language.
    every = models.CharField(_("how often"), max_length=9, choices=Every, blank=True)
    wanted = models.JSONField(_("what is looked for"), default=dict, blank=True)
    file_format = models.CharField(
        _("format"), max_length=4, choices=[(name.value, name.value) for name in FileFormat], blank=True
    )
    language = models.CharField(_("language"), max_length=2, blank=True)
    business_id = models.BigIntegerField(_("acting business"), null=True, blank=True)
    made_on = models.DateField(_("last made"), null=True, blank=True)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("user", "program_account", "name"), name="statements_filter_name_once"),
        )
        indexes = (models.Index(fields=("every",), condition=~models.Q(every=""), name="statements_reports"),)

    def __str__(self) -> str:
        return self.name
