"""Who exists: people, businesses, their program accounts, and the roles people hold in their own business."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.models import Session
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import rules

BN9 = RegexValidator(r"^\d{9}$", _("A business number has nine digits."))
BN15 = RegexValidator(r"^\d{9}RM(?!0000)\d{4}$", _("A program account is nine digits, RM and four digits."))


class Language(models.TextChoices):
    ENGLISH = "en", _("English")
    FRENCH = "fr", _("French")


class User(AbstractUser):
    """A sign-in identity: one method and one subject. Another method makes another identity, as in CARM."""

    class Method(models.TextChoices):
        GCKEY = "gckey", _("GCKey")
        PARTNER = "partner", _("Sign-In Partner")
        STAFF = "staff", _("Staff sign-in")
        NONE = "", _("None")

    method = models.CharField(_("sign-in method"), max_length=10, choices=Method, blank=True, default="")
    telephone = models.CharField(_("telephone"), max_length=20, blank=True)
    extension = models.CharField(_("extension"), max_length=10, blank=True)
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    language = models.CharField(_("preferred language"), max_length=2, choices=Language, default=Language.ENGLISH)
    wants_email = models.BooleanField(_("wants an e-mail for each notification"), default=False)
    email_bounced_at = models.DateTimeField(_("sign-in address bounced"), null=True, blank=True)
    contact_verified_at = models.DateTimeField(_("contact e-mail confirmed"), null=True, blank=True)
    contact_bounced_at = models.DateTimeField(_("contact e-mail bounced"), null=True, blank=True)
    profile_completed_at = models.DateTimeField(_("profile completed"), null=True, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    is_practice_seat = models.BooleanField(_("practice seat"), default=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def get_full_name(self) -> str:
        """The name; before the profile is filled in, the address that receives codes."""
        return super().get_full_name() or self.email

    @property
    def address(self) -> str:
        """Where notices go: the contact e-mail once it is confirmed, until then the one that receives sign-in codes."""
        return self.contact_email if self.has_confirmed_contact else self.email

    @property
    def has_confirmed_contact(self) -> bool:
        """An address that receives the codes needs no second proof."""
        return rules.is_contact_confirmed(self.contact_email, self.email, self.contact_verified_at)

    @property
    def must_mend_email(self) -> bool:
        """Whether an address of this person sends messages back."""
        return self.email_bounced_at is not None or self.contact_bounced_at is not None


class Business(models.Model):
    """A legal entity by its nine-digit business number."""

    class ProviderKind(models.TextChoices):
        NONE = "", _("Importer")
        CUSTOMS_BROKER = "CUSTOMS_BROKER", _("Licensed customs broker")
        TRADE_CONSULTANT = "TRADE_CONSULTANT", _("Trade consultant")
        SURETY = "SURETY", _("Financial security provider")

    bn9 = models.CharField(_("business number"), max_length=9, unique=True, validators=[BN9])
    legal_name = models.CharField(_("legal name"), max_length=175)
    operating_name = models.CharField(_("operating name"), max_length=175, blank=True)
    street = models.CharField(_("street address"), max_length=120)
    city = models.CharField(_("city"), max_length=60)
    region = models.CharField(_("province or state"), max_length=40, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12)
    country = models.CharField(_("country"), max_length=2, default="CA")
    telephone = models.CharField(_("telephone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    mailing_address = models.CharField(_("mailing address"), max_length=rules.MAILING_ADDRESS_LENGTH, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.ENGLISH)
    is_non_resident = models.BooleanField(_("non-resident"), default=False)
    provider_kind = models.CharField(_("kind of provider"), max_length=20, choices=ProviderKind, blank=True, default="")
    licence_number = models.CharField(_("licence number"), max_length=20, blank=True)
    licence_valid_until = models.DateField(_("licence valid until"), null=True, blank=True)
    licence_revoked_on = models.DateField(_("licence revoked"), null=True, blank=True)
    account_security_number = models.CharField(
        _("account security number"), max_length=5, unique=True, null=True, blank=True
    )
    registered_at = models.DateTimeField(_("registered in the portal"), null=True, blank=True)
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("business")
        verbose_name_plural = _("businesses")
        ordering = ("legal_name",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(account_security_number__isnull=True)
                | models.Q(account_security_number__regex=r"^\d{5}$"),
                name="accounts_security_number_digits",
            ),
        )

    def __str__(self) -> str:
        return self.legal_name

    @property
    def name(self) -> str:
        return self.operating_name or self.legal_name

    @property
    def is_provider(self) -> bool:
        return bool(self.provider_kind)


class ProgramAccount(models.Model):
    """The import-export program account (BN15) on which all commercial debt is posted."""

    class Profile(models.TextChoices):
        IMPORTER = "IMPORTER", _("Importer")
        IMPORTER_EXPORTER = "IMPORTER_EXPORTER", _("Importer and exporter")
        EXPORTER = "EXPORTER", _("Exporter")

    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="program_accounts", verbose_name=_("business")
    )
    number = models.CharField(_("program account"), max_length=15, unique=True, validators=[BN15])
    name = models.CharField(_("what it is used for"), max_length=120, blank=True)
    profile = models.CharField(_("profile"), max_length=20, choices=Profile, default=Profile.IMPORTER)
    telephone = models.CharField(_("telephone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    mailing_address = models.CharField(_("mailing address"), max_length=rules.MAILING_ADDRESS_LENGTH, blank=True)
    opened_on = models.DateField(_("opened"))
    closed_on = models.DateField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("program account")
        verbose_name_plural = _("program accounts")
        ordering = ("number",)

    def __str__(self) -> str:
        return self.number

    @property
    def rm(self) -> str:
        return self.number[9:]

    @property
    def imports(self) -> bool:
        return self.profile != self.Profile.EXPORTER


class ContactPerson(models.Model):
    """Whom to reach about a business or about one of its program accounts; they need not be able to sign in."""

    class Place(models.TextChoices):
        MAIN = "main", _("Main contact")
        OTHER = "other", _("Other contact")

    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="contacts", verbose_name=_("business")
    )
    program_account = models.ForeignKey(
        ProgramAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("program account"),
    )
    place = models.CharField(_("place"), max_length=5, choices=Place)
    name = models.CharField(_("name"), max_length=120)
    position = models.CharField(_("position"), max_length=80, blank=True)
    telephone = models.CharField(_("telephone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)

    class Meta:
        verbose_name = _("contact person")
        verbose_name_plural = _("contact people")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "place"),
                condition=models.Q(program_account__isnull=True),
                name="accounts_one_contact_a_place",
            ),
            models.UniqueConstraint(
                fields=("program_account", "place"),
                condition=models.Q(program_account__isnull=False),
                name="accounts_one_program_contact_a_place",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's place in their own business: its manager, or a role in each of some program accounts.

    What somebody may do in a program account says its ``MembershipProgram``. For those who are no managers ``role`` and
    ``added_actions`` keep what they may do in every one of them: all that is asked without naming a program account,
    as what a provider's person does for clients, is answered by that, so no account's role serves in another.
    """

    class Role(models.TextChoices):
        BAM = "BAM", _("Business Account Manager")
        PAM = "PAM", _("Program Account Manager")
        EDITOR = "EDITOR", _("Editor")
        READER = "READER", _("Reader")

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("Active")
        REVOKED = "REVOKED", _("Revoked")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("person"))
    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("business")
    )
    role = models.CharField(_("role"), max_length=8, choices=Role)
    is_primary = models.BooleanField(_("primary manager"), default=False)
    program_accounts = models.ManyToManyField(
        ProgramAccount,
        blank=True,
        related_name="memberships",
        through="MembershipProgram",
        verbose_name=_("program accounts"),
    )
    #: Single permissions on top of the role, by the names of ``delegation.rules.Action``.
    added_actions = models.JSONField(_("single permissions"), default=list, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ACTIVE)
    granted_by = models.CharField(_("granted by"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "business"), condition=models.Q(state="ACTIVE"), name="accounts_one_role_a_business"
            ),
            models.UniqueConstraint(
                fields=("business",),
                condition=models.Q(state="ACTIVE", is_primary=True),
                name="accounts_one_primary_manager",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.business}"

    @property
    def roles_differ(self) -> bool:
        """Whether the program accounts do not all have the same role with the same single permissions."""
        return len({(row.role, *row.added_actions) for row in self.programs.all()}) > 1


#: The roles that somebody may have in a single program account.
PROGRAM_ROLES = [(value, label) for value, label in Membership.Role.choices if value != Membership.Role.BAM]


class MembershipProgram(models.Model):
    """A person's role in one program account of their business, and the single permissions on top of it there."""

    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="programs", verbose_name=_("membership")
    )
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="+", verbose_name=_("program account")
    )
    role = models.CharField(_("role"), max_length=8, choices=PROGRAM_ROLES)
    added_actions = models.JSONField(_("single permissions"), default=list, blank=True)

    class Meta:
        verbose_name = _("role in a program account")
        verbose_name_plural = _("roles in program accounts")
        ordering = ("program_account__number",)
        constraints = (
            models.UniqueConstraint(
                fields=("membership", "program_account"), name="accounts_one_role_a_program_account"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=("PAM", "EDITOR", "READER")), name="accounts_role_of_a_program_account"
            ),
        )

    def __str__(self) -> str:
        return f"{self.membership_id} {self.role} {self.program_account_id}"


class Invitation(models.Model):
    """A link by which a manager asks a person into the business; it works once, until it expires."""

    class State(models.TextChoices):
        SENT = "SENT", _("Sent")
        ACCEPTED = "ACCEPTED", _("Accepted")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")
        EXPIRED = "EXPIRED", _("Expired")

    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="invitations", verbose_name=_("business")
    )
    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=8, choices=Membership.Role)
    program_accounts = models.ManyToManyField(
        ProgramAccount, blank=True, through="InvitationProgram", verbose_name=_("program accounts")
    )
    added_actions = models.JSONField(_("single permissions"), default=list, blank=True)
    token_hash = models.CharField(_("hash of the link"), max_length=64, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SENT)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("invited by"))
    invited_at = models.DateTimeField(_("invited"))
    expires_at = models.DateTimeField(_("expires"))
    accepted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("accepted by")
    )

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.email} {self.business}"

    @property
    def roles_differ(self) -> bool:
        """Whether the program accounts do not all have the same role with the same single permissions."""
        return len({(row.role, *row.added_actions) for row in self.programs.all()}) > 1


class InvitationProgram(models.Model):
    """The role that an invitation gives in one program account, and the single permissions on top of it there."""

    invitation = models.ForeignKey(
        Invitation, on_delete=models.CASCADE, related_name="programs", verbose_name=_("invitation")
    )
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="+", verbose_name=_("program account")
    )
    role = models.CharField(_("role"), max_length=8, choices=PROGRAM_ROLES)
    added_actions = models.JSONField(_("single permissions"), default=list, blank=True)

    class Meta:
        verbose_name = _("role in an invitation")
        verbose_name_plural = _("roles in invitations")
        ordering = ("program_account__number",)
        constraints = (
            models.UniqueConstraint(fields=("invitation", "program_account"), name="accounts_one_invited_role"),
            models.CheckConstraint(
                condition=models.Q(role__in=("PAM", "EDITOR", "READER")), name="accounts_invited_role"
            ),
        )

    def __str__(self) -> str:
        return f"{self.invitation_id} {self.role} {self.program_account_id}"


class EmployeeRequest(models.Model):
    """A person asks to join an employer that is already registered."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        APPROVED = "APPROVED", _("Approved")
        REJECTED = "REJECTED", _("Rejected")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="employee_requests", verbose_name=_("person"))
    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="employee_requests", verbose_name=_("business")
    )
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    requested_at = models.DateTimeField(_("requested"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("employee request")
        verbose_name_plural = _("employee requests")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("user", "business"),
                condition=models.Q(state="WAITING"),
                name="accounts_one_open_request",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} → {self.business}"


class SignInGuard(models.Model):
    """Wrong codes of one person and when the last code left, on wall time; it outlives sessions and browsers."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="sign_in_guard", verbose_name=_("person"))
    failure_count = models.PositiveSmallIntegerField(_("wrong codes in a row"), default=0)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    code_sent_at = models.DateTimeField(_("last code sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("sign-in guard")
        verbose_name_plural = _("sign-in guards")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.failure_count}"


class OneTimeCode(models.Model):
    """A code that proves a person once, on wall time. Only its keyed hash is kept."""

    class Purpose(models.TextChoices):
        CONFIRMATION = "CONFIRMATION", _("Confirmation before a sensitive change")
        EMERGENCY = "EMERGENCY", _("Emergency code of an officer")

    class State(models.TextChoices):
        OPEN = "OPEN", _("Open")
        USED = "USED", _("Used")
        SPENT = "SPENT", _("Too many wrong tries")
        REPLACED = "REPLACED", _("Replaced by a newer one")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="one_time_codes", verbose_name=_("person"))
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    code_hash = models.CharField(_("hash of the code"), max_length=64)
    made_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("valid until"))
    failure_count = models.PositiveSmallIntegerField(_("wrong tries"), default=0)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    issued_by = models.CharField(_("issued by"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("one-time code")
        verbose_name_plural = _("one-time codes")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("user", "purpose"), condition=models.Q(state="OPEN"), name="accounts_one_open_code"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.user}"


class OpenSession(models.Model):
    """A browser in which a person is signed in, as they are shown it; it goes when its session goes."""

    session = models.OneToOneField(
        Session, on_delete=models.CASCADE, related_name="open_session", verbose_name=_("session")
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="open_sessions", verbose_name=_("person"))
    method = models.CharField(_("sign-in method"), max_length=10, choices=User.Method, blank=True)
    user_agent = models.CharField(_("browser"), max_length=rules.USER_AGENT_LENGTH, blank=True)
    started_at = models.DateTimeField(_("started"))

    class Meta:
        verbose_name = _("open session")
        verbose_name_plural = _("open sessions")
        ordering = ("-started_at", "-id")

    def __str__(self) -> str:
        return " ".join(part for part in self.browser if part) or "?"

    @property
    def browser(self) -> tuple[str, str]:
        return rules.browser_of(self.user_agent)

    @property
    def last_seen_at(self) -> datetime:
        """On the wall clock, as exact as ``SESSION_SAVED_EVERY``."""
        return rules.last_seen(self.session.expire_date, timedelta(seconds=settings.SESSION_COOKIE_AGE))


class EmailChange(models.Model):
    """An address that waits for its code, or what became of it; the old one is in use until then. On wall time."""

    class Purpose(models.TextChoices):
        SIGN_IN = "SIGN_IN", _("E-mail for sign-in codes")
        CONTACT = "CONTACT", _("Contact e-mail")

    class State(models.TextChoices):
        PENDING = "PENDING", _("Waiting for its code")
        CONFIRMED = "CONFIRMED", _("Confirmed")
        CANCELLED = "CANCELLED", _("Cancelled")
        LAPSED = "LAPSED", _("Lapsed")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="email_changes", verbose_name=_("person"))
    purpose = models.CharField(_("which address"), max_length=8, choices=Purpose)
    old_email = models.EmailField(_("address until then"), blank=True)
    new_email = models.EmailField(_("new address"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    code_hash = models.CharField(_("keyed hash of the code"), max_length=64, blank=True)
    code_sent_at = models.DateTimeField(_("last code sent"))
    code_count = models.PositiveSmallIntegerField(_("codes sent"), default=1)
    failure_count = models.PositiveSmallIntegerField(_("wrong tries at the newest code"), default=0)
    asked_at = models.DateTimeField(_("asked"))
    expires_at = models.DateTimeField(_("lapses"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("change of e-mail")
        verbose_name_plural = _("changes of e-mail")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("user", "purpose"), condition=models.Q(state="PENDING"), name="accounts_one_pending_change"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.new_email}"


class LastActivity(models.Model):
    """The business day of a person's last sign-in, and which warning of the inactivity rule they have had since."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="last_activity", verbose_name=_("person"))
    active_on = models.DateField(_("last active"))
    warned_days = models.PositiveSmallIntegerField(_("warned so many days before"), null=True, blank=True)
    warned_on = models.DateField(_("warned"), null=True, blank=True)
    deactivated_on = models.DateField(_("deactivated"), null=True, blank=True)

    class Meta:
        verbose_name = _("last activity")
        verbose_name_plural = _("last activities")
        indexes = (models.Index(fields=("active_on",), name="accounts_last_active"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.active_on}"


class PracticeSeat(models.Model):
    """A fictional person offered on the sign-in page of a practice world, by their user name at their provider."""

    method = models.CharField(_("sign-in method"), max_length=10, choices=User.Method)
    username = models.CharField(_("user name at the provider"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    note_en = models.CharField(_("seat in English"), max_length=120)
    note_fr = models.CharField(_("seat in French"), max_length=120)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("practice seat")
        verbose_name_plural = _("practice seats")
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("method", "username"), name="accounts_one_seat_a_credential"),)

    def __str__(self) -> str:
        return self.name

    @property
    def note(self) -> str:
        return self.note_fr if (get_language() or "").startswith("fr") else self.note_en
