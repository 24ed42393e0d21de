"""What people asked, and what an officer sees beside a claim."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Business, Invitation, Membership, MembershipProgram, ProgramAccount
from delegation import queries as delegation
from support.models import SupportRequest
from support.rules.planning import Known
from support.rules.requests import is_same_name


def requests_of(user_id: int) -> QuerySet[SupportRequest]:
    """What this person asked, newest first."""
    return SupportRequest.objects.filter(asked_by_id=user_id).order_by("-id")


def request_of(user_id: int, number: str) -> SupportRequest | None:
    """One question of this person with its answer; nobody else's."""
    return (
        SupportRequest.objects.filter(asked_by_id=user_id, number=number)
        .select_related("provider")
        .prefetch_related("program_accounts")
        .first()
    )


def request_by_number(number: str) -> SupportRequest | None:
    """For officers: any question."""
    return (
        SupportRequest.objects.filter(number=number)
        .select_related("asked_by", "provider")
        .prefetch_related("program_accounts")
        .first()
    )


def waiting() -> QuerySet[SupportRequest]:
    """For officers: what waits for an answer, the most urgent first."""
    return (
        SupportRequest.objects.filter(state=SupportRequest.State.WAITING)
        .select_related("asked_by")
        .order_by("answer_due_on", "id")
    )


def closed() -> QuerySet[SupportRequest]:
    """For officers: what was answered, refused or withdrawn, newest first."""
    return (
        SupportRequest.objects.exclude(state=SupportRequest.State.WAITING)
        .select_related("asked_by")
        .order_by("-closed_at", "-id")
    )


def brokers_of(user_id: int, *, on: date) -> list[Business]:
    """The licensed customs brokers to which this person belongs on a day."""
    rows = (
        Membership.objects.filter(
            user_id=user_id,
            state=Membership.State.ACTIVE,
            business__provider_kind=Business.ProviderKind.CUSTOMS_BROKER,
        )
        .select_related("business")
        .order_by("business__legal_name")
    )
    return [row.business for row in rows if delegation.is_licensed_broker(row.business, on=on)]


@dataclass(frozen=True)
class Claim:
    """What somebody claims of a business beside what the record holds; for officers' eyes only."""

    business: Business | None
    is_name_same: bool
    accounts: tuple[ProgramAccount, ...]
    is_member: bool
    #: Of a broker: whether this business lets it act on that day.
    has_delegation: bool

    @property
    def account_ids(self) -> frozenset[int]:
        return frozenset(account.pk for account in self.accounts)


def claim_of(question: SupportRequest, *, on: date) -> Claim:
    of_asker = Membership.objects.filter(
        business=OuterRef("pk"), user_id=question.asked_by_id, state=Membership.State.ACTIVE
    )
    business = (
        Business.objects.filter(bn9=question.bn9).annotate(has_asker=Exists(of_asker)).first() if question.bn9 else None
    )
    if business is None:
        return Claim(business=None, is_name_same=False, accounts=(), is_member=False, has_delegation=False)
    return Claim(
        business=business,
        is_name_same=is_same_name(question.legal_name, business.legal_name, business.operating_name),
        accounts=tuple(delegation.open_program_accounts(business.pk)),
        is_member=business.has_asker,
        has_delegation=question.provider_id is not None
        and delegation.effective(on).filter(provider_id=question.provider_id, client=business).exists(),
    )


# --- A plan that becomes invitations ----------------------------------------------------------------------------------
def known_of(business_id: int, *, user_id: int | None, held: frozenset[int] | None, at: datetime) -> Known:
    """Whom a business has and has invited, and its open program accounts, in three questions."""
    members: set[str] = set()
    own: set[str] = set()
    for row in Membership.objects.filter(business_id=business_id, state=Membership.State.ACTIVE).select_related("user"):
        addresses = {text.casefold() for text in (row.user.email, row.user.contact_email) if text}
        (own if row.user_id == user_id else members).update(addresses)
    waiting = Invitation.objects.filter(business_id=business_id, state=Invitation.State.SENT, expires_at__gt=at)
    return Known(
        own=own,
        members=members,
        waiting={email.casefold() for email in waiting.values_list("email", flat=True)},
        accounts={account.rm: account.pk for account in delegation.open_program_accounts(business_id)},
        held=held,
    )


def managed_by(user_id: int) -> list[Business]:
    """The businesses in which this person may invite others."""
    in_a_program = MembershipProgram.objects.filter(membership_id=OuterRef("pk"), role=Membership.Role.PAM)
    rows = Membership.objects.filter(
        Q(role=Membership.Role.BAM) | Q(Exists(in_a_program)),
        user_id=user_id,
        state=Membership.State.ACTIVE,
        business__registered_at__isnull=False,
    )
    return [row.business for row in rows.select_related("business").order_by("business__legal_name")[:6]]
