"""Authority given by a business to a service provider."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import BN9, Business, Membership, ProgramAccount, User


class Delegation(models.Model):
    """One request and, once approved, one grant: which programs, which management, which transactions are visible."""

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", _("Requested")
        ACTIVE = "ACTIVE", _("Active")
        REJECTED = "REJECTED", _("Rejected")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")
        REVOKED = "REVOKED", _("Revoked")
        ENDED = "ENDED", _("Ended")
        EXPIRED = "EXPIRED", _("Expired")

    class Side(models.TextChoices):
        PROVIDER = "PROVIDER", _("Service provider")
        CLIENT = "CLIENT", _("Client")

    class Access(models.TextChoices):
        BUSINESS_MANAGEMENT = "BUSINESS_MANAGEMENT", _("Business Management")
        PROGRAM_MANAGEMENT = "PROGRAM_MANAGEMENT", _("Program Management")

    provider = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="delegations_held", verbose_name=_("service provider")
    )
    client = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="delegations_given", verbose_name=_("client")
    )
    asked_by = models.CharField(_("asked by"), max_length=8, choices=Side)
    asked_by_name = models.CharField(_("name of the person who asked"), max_length=200, blank=True)
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    access = models.CharField(_("access"), max_length=20, choices=Access, default=Access.PROGRAM_MANAGEMENT)
    all_programs = models.BooleanField(_("all programs"), default=False)
    program_accounts = models.ManyToManyField(
        ProgramAccount, blank=True, related_name="delegations", verbose_name=_("program accounts")
    )
    sees_client = models.BooleanField(_("sees what the client submitted"), default=False)
    sees_others = models.BooleanField(_("sees what other third parties submitted"), default=False)
    requested_at = models.DateTimeField(_("requested"))
    request_expires_on = models.DateField(_("request expires"))
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_until = models.DateField(_("until"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by_name = models.CharField(_("decided by"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("provider", "client"),
                condition=models.Q(state__in=("REQUESTED", "ACTIVE")),
                name="delegation_one_open_a_pair",
            ),
            models.CheckConstraint(condition=~models.Q(provider=models.F("client")), name="delegation_not_to_oneself"),
        )

    def __str__(self) -> str:
        return f"{self.provider} → {self.client}"


class Signature(models.Model):
    """A declaration signed with a grant: who, with which title, under which text, and what was given by it. Kept."""

    class Occasion(models.TextChoices):
        APPROVED = "APPROVED", _("Approved")
        NOMINATED = "NOMINATED", _("Named")
        ACCEPTED = "ACCEPTED", _("Accepted")
        EDITED = "EDITED", _("Changed")
        RENEWED = "RENEWED", _("Renewed")

    delegation = models.ForeignKey(
        Delegation, on_delete=models.PROTECT, related_name="signatures", verbose_name=_("delegation")
    )
    occasion = models.CharField(_("occasion"), max_length=10, choices=Occasion)
    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="signatures", verbose_name=_("signed for")
    )
    signer = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="signatures", verbose_name=_("person"), null=True, blank=True
    )
    name = models.CharField(_("name as signed"), max_length=200)
    title = models.CharField(_("title in the business"), max_length=100)
    text_dated = models.DateField(_("declaration of"))
    scope = models.JSONField(_("what was given"))
    signed_at = models.DateTimeField(_("signed"))

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name}, {self.title}"


class ProviderBlock(models.Model):
    """A client takes no more requests from a provider; its reason stays with the client."""

    client = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="provider_blocks", verbose_name=_("client")
    )
    provider = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="blocked_by", verbose_name=_("service provider")
    )
    reason = models.CharField(_("reason"), max_length=500)
    blocked_at = models.DateTimeField(_("blocked"))
    blocked_by_name = models.CharField(_("blocked by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("blocked provider")
        verbose_name_plural = _("blocked providers")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("client", "provider"), name="delegation_one_block_a_pair"),
            models.CheckConstraint(condition=~models.Q(provider=models.F("client")), name="delegation_block_not_self"),
        )

    def __str__(self) -> str:
        return f"{self.client} ⊘ {self.provider}"


class PrimaryHandover(models.Model):
    """The primary manager offers the primary role to another manager, who accepts or declines; one open a business."""

    class State(models.TextChoices):
        OFFERED = "OFFERED", _("Waiting for an answer")
        ACCEPTED = "ACCEPTED", _("Accepted")
        DECLINED = "DECLINED", _("Declined")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")
        EXPIRED = "EXPIRED", _("Expired")

    business = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="primary_handovers", verbose_name=_("business")
    )
    offered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("offered by"))
    offered_to = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("offered to"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OFFERED)
    offered_at = models.DateTimeField(_("offered"))
    expires_at = models.DateTimeField(_("expires"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("offer of the primary role")
        verbose_name_plural = _("offers of the primary role")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("business",), condition=models.Q(state="OFFERED"), name="delegation_one_open_handover"
            ),
        )

    def __str__(self) -> str:
        return f"{self.offered_by.user} → {self.offered_to.user}"


class UnmatchedRequest(models.Model):
    """A person's request to an employer that is not registered here: it reads the same as one that is, and waits."""

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="unmatched_requests", verbose_name=_("person")
    )
    bn9 = models.CharField(_("business number"), max_length=9, validators=[BN9])
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    requested_at = models.DateTimeField(_("requested"))

    class Meta:
        verbose_name = _("request to an unregistered employer")
        verbose_name_plural = _("requests to unregistered employers")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("user", "bn9"), name="delegation_one_unmatched_request"),)

    def __str__(self) -> str:
        return f"{self.user} → {self.bn9}"


class StaffRole(models.TextChoices):
    """What a provider's people may do for the clients that they are given (assumed: CARM's pEditor and pReader)."""

    EDITOR = "EDITOR", _("Editor")
    READER = "READER", _("Reader")


class ClientGroup(models.Model):
    """Clients of a provider together with the staff who work for them, named by the provider's manager."""

    provider = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="client_groups", verbose_name=_("service provider")
    )
    name = models.CharField(_("name"), max_length=80)
    name_key = models.CharField(_("name as it is compared"), max_length=160)
    role = models.CharField(_("role of its staff"), max_length=8, choices=StaffRole, default=StaffRole.EDITOR)
    clients = models.ManyToManyField(Business, blank=True, related_name="+", verbose_name=_("clients"))
    staff = models.ManyToManyField(Membership, blank=True, related_name="client_groups", verbose_name=_("staff"))
    created_at = models.DateTimeField(_("created"))
    created_by_name = models.CharField(_("created by"), max_length=200, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    class Meta:
        verbose_name = _("client group")
        verbose_name_plural = _("client groups")
        ordering = ("name_key",)
        # Deleted groups are kept, so that their names are never used again.
        constraints = (models.UniqueConstraint(fields=("provider", "name_key"), name="delegation_one_group_a_name"),)

    def __str__(self) -> str:
        return self.name


class ClientAssignment(models.Model):
    """One client given to one person of a provider, without a group."""

    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="client_assignments", verbose_name=_("person")
    )
    client = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+", verbose_name=_("client"))
    role = models.CharField(_("role"), max_length=8, choices=StaffRole)
    assigned_at = models.DateTimeField(_("assigned"))
    assigned_by_name = models.CharField(_("assigned by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("client assignment")
        verbose_name_plural = _("client assignments")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("membership", "client"), name="delegation_one_assignment_a_client"),
        )

    def __str__(self) -> str:
        return f"{self.membership_id} → {self.client}"


class GroupRequest(models.Model):
    """A provider's person asks its manager for a group or for one client."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        APPROVED = "APPROVED", _("Approved")
        REJECTED = "REJECTED", _("Rejected")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="group_requests", verbose_name=_("person")
    )
    group = models.ForeignKey(
        ClientGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("group")
    )
    client = models.ForeignKey(
        Business, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("client")
    )
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    requested_at = models.DateTimeField(_("requested"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by_name = models.CharField(_("decided by"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("group request")
        verbose_name_plural = _("group requests")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(group__isnull=True) ^ models.Q(client__isnull=True),
                name="delegation_group_or_client",
            ),
            models.UniqueConstraint(
                fields=("membership", "group"),
                condition=models.Q(state="WAITING"),
                name="delegation_one_waiting_a_group",
            ),
            models.UniqueConstraint(
                fields=("membership", "client"),
                condition=models.Q(state="WAITING"),
                name="delegation_one_waiting_a_client",
            ),
        )

    def __str__(self) -> str:
        return f"{self.membership_id} → {self.wanted}"

    @property
    def wanted(self) -> str:
        """The name of the group or of the client."""
        return self.group.name if self.group is not None else str(self.client)


class RequestBatch(models.Model):
    """Requests that a provider sent as one list, and what became of each row."""

    provider = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="request_batches", verbose_name=_("service provider")
    )
    sent_at = models.DateTimeField(_("sent"))
    sent_by_name = models.CharField(_("sent by"), max_length=200, blank=True)
    sent_count = models.PositiveIntegerField(_("requests sent"))
    rows = models.JSONField(_("rows"))

    class Meta:
        verbose_name = _("list of requests")
        verbose_name_plural = _("lists of requests")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.provider} {self.sent_at:%Y-%m-%d}"
