"""People, their sign-ins and profiles, and the roles they hold in their own business."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import gateway, queries, rules
from accounts.models import Business, Membership, OpenSession, PracticeSeat, ProgramAccount, SignInGuard, User
from accounts.rules import Profile
from accounts.services import inactivity
from accounts.services.archive import require_not_archived
from accounts.services.guard import count_try, locked_guard
from core import audit
from core.actor import Actor
from core.errors import Conflict, Refused, Stranger
from core.sessions import hash_of


@dataclass(frozen=True)
class SeatDraft:
    """A practice person as the sign-in page offers them; the note is data, so it comes in both languages."""

    method: str
    username: str
    name: str
    note_en: str
    note_fr: str


@dataclass(frozen=True)
class BusinessDraft:
    """A legal entity as the register receives it."""

    bn9: str
    legal_name: str
    street: str
    city: str
    region: str
    postal_code: str
    country: str = "CA"
    language: str = "en"
    is_non_resident: bool = False
    operating_name: str = ""
    provider_kind: str = ""
    licence_number: str = ""
    licence_valid_until: date | None = None
    account_security_number: str | None = None


# --- People -----------------------------------------------------------------------------------------------------------
def enter_person(
    *,
    method: str,
    subject: str,
    email: str,
    profile: Profile | None = None,
    roles: Iterable[str] = (),
    is_practice_seat: bool = False,
    actor: Actor,
    at: datetime,
) -> User:
    """A person as their first complete sign-in would leave them: address verified, profile filled in where given.

    For preparing worlds; a credential that is known already keeps its person.
    """
    known = queries.person_by_credential(method=method, subject=subject)
    if known is not None:
        return known
    with transaction.atomic():
        user = User.objects.create(
            username=rules.username_of(method, subject), method=method, email=email, is_practice_seat=is_practice_seat
        )
        user.set_unusable_password()
        user.save(update_fields=("password",))
        gateway.remember_credential(user.pk, method=method, subject=subject)
        gateway.set_email(user.pk, email, is_verified=True)
        give_staff_groups(user=user, groups=rules.staff_groups(method, list(roles)))
        audit.record(
            actor=actor, verb="person.entered", target=queries.target_of(user), after={"method": method}, at=at
        )
        if profile is not None:
            complete_profile(user=user, profile=profile, actor=actor, at=at)
    return user


def give_staff_groups(*, user: User, groups: frozenset[str]) -> None:
    """Officers and trainers are exactly who the staff provider says they are now; nobody else is staff."""
    user.is_staff = bool(groups)
    user.save(update_fields=("is_staff",))
    wanted = [Group.objects.get_or_create(name=name)[0] for name in sorted(groups)]
    other = [group for group in user.groups.filter(name__in=rules.STAFF_GROUPS) if group.name not in groups]
    user.groups.remove(*other)
    user.groups.add(*wanted)


def complete_profile(*, user: User, profile: Profile, actor: Actor, at: datetime) -> User:
    """The profile of the first sign-in; done again it only updates."""
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        _write_profile(row, profile)
        verb = "person.profile_updated" if row.profile_completed_at else "person.profile_completed"
        row.profile_completed_at = row.profile_completed_at or at
        row.save()
        audit.record(actor=actor, verb=verb, target=queries.target_of(row), after=_profile_of(row), at=at)
    return _refreshed(user)


def update_profile(*, user: User, profile: Profile, actor: Actor, at: datetime) -> User:
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        before = _profile_of(row)
        _write_profile(row, profile)
        row.save()
        audit.record(
            actor=actor,
            verb="person.profile_updated",
            target=queries.target_of(row),
            before=before,
            after=_profile_of(row),
            at=at,
        )
    return _refreshed(user)


def enrol_email(*, user: User, email: str, actor: Actor, at: datetime) -> User:
    """The address for sign-in codes; the first right code verifies it."""
    with transaction.atomic():
        gateway.set_email(user.pk, email, is_verified=False)
        user.email, user.email_bounced_at = email, None
        user.save(update_fields=("email", "email_bounced_at"))
        audit.record(actor=actor, verb="person.email_enrolled", target=queries.target_of(user), at=at)
    return user


# --- Signing in -------------------------------------------------------------------------------------------------------
def record_sign_in(*, user: User, method: str, way: str = "", actor: Actor, at: datetime) -> None:
    """``way`` is what stood in the e-mailed code's place; empty where that code was typed."""
    after = {"method": method, **({"second_factor": way} if way else {})}
    audit.record(actor=actor, verb="person.signed_in", target=queries.target_of(user), after=after, at=at)


def record_sign_out(*, user: User, actor: Actor, at: datetime) -> None:
    audit.record(actor=actor, verb="person.signed_out", target=queries.target_of(user), at=at)


def note_open_session(*, user: User, session_key: str, user_agent: str, wall_at: datetime) -> OpenSession:
    """A browser in which the person is signed in from now on; the key itself is not kept."""
    told = user_agent.replace("\x00", "")[: rules.USER_AGENT_LENGTH]
    row, _is_new = OpenSession.objects.update_or_create(
        session_id=hash_of(session_key),
        defaults={"user": user, "method": user.method, "user_agent": told, "started_at": wall_at},
    )
    return row


def end_session(*, user: User, session_id: int, actor: Actor, at: datetime) -> None:
    """One browser of this person is signed out; ``Stranger`` when the session is another's or over."""
    with transaction.atomic():
        row = OpenSession.objects.select_for_update().filter(user=user, pk=session_id).first()
        if row is None:
            raise Stranger(_("This session is over already."), code="session_over")
        told = str(row)
        Session.objects.filter(pk=row.session_id).delete()
        audit.record(
            actor=actor,
            verb="person.session_ended",
            target=queries.target_of(user),
            after={"browser": told, "method": row.method},
            at=at,
        )


def end_other_sessions(*, user: User, session_key: str, actor: Actor, at: datetime) -> int:
    """Every browser of this person but the one at hand is signed out; returns how many."""
    with transaction.atomic():
        rows = OpenSession.objects.select_for_update().filter(user=user).exclude(session_id=hash_of(session_key))
        others = list(rows.values_list("session_id", flat=True))
        Session.objects.filter(pk__in=others).delete()
        audit.record(
            actor=actor,
            verb="person.other_sessions_ended",
            target=queries.target_of(user),
            after={"count": len(others)},
            at=at,
        )
    return len(others)


def note_code_sent(*, user: User, wall_at: datetime) -> None:
    SignInGuard.objects.update_or_create(user=user, defaults={"code_sent_at": wall_at})


def try_code(*, user: User, is_right: bool, actor: Actor, at: datetime, wall_at: datetime) -> datetime | None:
    """Count one try at a code; returns the end of the pause when this person must wait, even with the right code.

    The count is kept with the person, so that many browsers at once have no more tries than one.
    """
    with transaction.atomic():
        guard = locked_guard(user)
        if not rules.is_paused(guard.paused_until, wall_at):
            count_try(guard, is_right=is_right, actor=actor, at=at, wall_at=wall_at)
    return guard.paused_until


def block(*, user: User, reason: str, actor: Actor, at: datetime) -> None:
    """The person cannot sign in, and sessions that are open end with their next request."""
    _set_active(user, False, verb="person.blocked", reason=reason, actor=actor, at=at)


def unblock(*, user: User, reason: str, actor: Actor, at: datetime) -> None:
    _set_active(user, True, verb="person.unblocked", reason=reason, actor=actor, at=at)


def reactivate(*, user: User, reason: str, actor: Actor, at: datetime) -> None:
    """A person who was deactivated for not having signed in may again; their days are counted anew."""
    if not queries.is_dormant(user):
        raise Conflict(
            _("%(person)s was not deactivated for inactivity. To lift a block, choose that action.") % {"person": user},
            code="not_dormant",
        )
    _set_active(user, True, verb="person.reactivated", reason=reason, actor=actor, at=at)


# --- Roles in one's own business --------------------------------------------------------------------------------------
def grant_role(
    *,
    user: User,
    business: Business,
    role: str,
    program_accounts: Iterable[ProgramAccount] = (),
    is_primary: bool = False,
    actor: Actor,
    at: datetime,
) -> Membership:
    """Make a person a member of a business in one role; a role they hold there already is replaced."""
    with transaction.atomic():
        # Always the business first, so that two grants never wait for each other.
        Business.objects.select_for_update().get(pk=business.pk)
        User.objects.select_for_update().get(pk=user.pk)
        if is_primary and _has_primary(business, besides=user):
            raise _already_registered(business)
        active = list(Membership.objects.filter(user=user, business=business, state=Membership.State.ACTIVE))
        before = None
        for row in active:
            before = {"role": row.role}
            if row.is_primary and not is_primary:
                raise Refused(
                    _("The primary manager of a business keeps that role until another person takes it over."),
                    code="primary_manager",
                )
            row.state, row.ended_at = Membership.State.REVOKED, at
            row.save(update_fields=("state", "ended_at"))
        membership = Membership.objects.create(
            user=user, business=business, role=role, is_primary=is_primary, granted_by=actor.name, started_at=at
        )
        accounts = list(program_accounts)
        membership.program_accounts.set(accounts, through_defaults={"role": role})
        audit.record(
            actor=actor,
            verb="role.granted",
            target=f"accounts.Membership:{membership.pk}",
            business_id=business.pk,
            before=before,
            after={
                "person": str(user),
                "role": role,
                "is_primary": is_primary,
                "program_accounts": [account.number for account in accounts],
            },
            at=at,
        )
    return membership


def link_primary_manager(*, user: User, business: Business, actor: Actor, at: datetime) -> Membership:
    """The first registration of a business: the person becomes its primary Business Account Manager.

    Of two people at once exactly one does; the other is told whom to ask.
    """
    with transaction.atomic():
        row = Business.objects.select_for_update().get(pk=business.pk)
        if row.registered_at is not None:
            raise _already_registered(row)
        membership = grant_role(user=user, business=row, role=Membership.Role.BAM, is_primary=True, actor=actor, at=at)
        row.registered_at = at
        row.save(update_fields=("registered_at",))
        audit.record(
            actor=actor,
            verb="business.registered",
            target=f"accounts.Business:{row.pk}",
            business_id=row.pk,
            after={"primary_manager": str(user)},
            at=at,
        )
    business.registered_at = row.registered_at
    return membership


# --- The register of businesses ---------------------------------------------------------------------------------------
def record_business(*, draft: BusinessDraft, actor: Actor, at: datetime) -> Business:
    """Enter a legal entity into the register, as the revenue agency hands it over; nobody manages it yet.

    ``Conflict`` when the business number is taken.
    """
    try:
        with transaction.atomic():
            business = Business.objects.create(**asdict(draft))
            audit.record(
                actor=actor,
                verb="business.recorded",
                target=f"accounts.Business:{business.pk}",
                business_id=business.pk,
                after={"bn9": business.bn9, "legal_name": business.legal_name},
                at=at,
            )
    except IntegrityError as clash:
        raise Conflict(
            _("Business number %(number)s is in the register already. Use another one.") % {"number": draft.bn9},
            code="business_number_taken",
            field="bn9",
        ) from clash
    return business


def open_program_account(
    *,
    business: Business,
    rm: str,
    name: str,
    on: date,
    actor: Actor,
    at: datetime,
    profile: str = ProgramAccount.Profile.IMPORTER,
) -> ProgramAccount:
    """Open an import-export program account; ``Conflict`` when the business has this one already."""
    try:
        with transaction.atomic():
            account = ProgramAccount.objects.create(
                business=business, number=business.bn9 + rm, name=name, profile=profile, opened_on=on
            )
            audit.record(
                actor=actor,
                verb="program_account.opened",
                target=f"accounts.ProgramAccount:{account.number}",
                business_id=business.pk,
                program_account_id=account.pk,
                at=at,
            )
    except IntegrityError as clash:
        raise Conflict(
            _("Program account %(number)s exists already. Use the next RM number.") % {"number": business.bn9 + rm},
            code="program_account_taken",
            field="rm",
        ) from clash
    return account


def open_next_program_account(
    *, business_id: int, name: str, profile: str, actor: Actor, on: date, at: datetime
) -> ProgramAccount:
    """Open the business's next import-export program account; of two at once each gets a number of its own.

    ``Refused`` for a business that is closed or not registered here, ``Conflict`` when every number is used.
    """
    with transaction.atomic():
        business = Business.objects.select_for_update().get(pk=business_id)
        if business.registered_at is None or (business.closed_on is not None and business.closed_on <= on):
            raise Refused(
                _("Only a registered business that is not closed can open a program account."), code="business_closed"
            )
        rm = rules.next_rm(number[9:] for number in business.program_accounts.values_list("number", flat=True))
        if rm is None:
            raise Conflict(
                _("Every program account number of this business is in use. Ask an officer."), code="no_number_left"
            )
        return open_program_account(business=business, rm=rm, name=name, profile=profile, on=on, actor=actor, at=at)


def recognise_provider(
    *,
    business: Business,
    provider_kind: str,
    licence_number: str,
    licence_valid_until: date | None,
    actor: Actor,
    at: datetime,
) -> Business:
    """Enter into the register that a business acts for others, with its licence where its kind has one.

    ``Conflict`` when it is known as a provider of another kind.
    """
    with transaction.atomic():
        row = Business.objects.select_for_update().get(pk=business.pk)
        if row.provider_kind not in ("", provider_kind):
            raise Conflict(
                _("%(business)s is known as another kind of provider. One business number has one kind.")
                % {"business": row.legal_name},
                code="provider_kind",
            )
        row.provider_kind, row.licence_number = provider_kind, licence_number
        # A new licence is in force whatever became of an earlier one.
        row.licence_valid_until, row.licence_revoked_on = licence_valid_until, None
        row.save(update_fields=("provider_kind", "licence_number", "licence_valid_until", "licence_revoked_on"))
        audit.record(
            actor=actor,
            verb="business.recognised_as_provider",
            target=f"accounts.Business:{row.pk}",
            business_id=row.pk,
            after={"kind": provider_kind, "licence": licence_number, "valid_until": licence_valid_until},
            at=at,
        )
    return row


def enrol_in_importer_program(*, program_account: ProgramAccount, actor: Actor, at: datetime) -> ProgramAccount:
    """An exporter's program account may import as well from now on (CN 24-37); done twice it changes nothing.

    ``Conflict`` when the account is closed.
    """
    with transaction.atomic():
        row = ProgramAccount.objects.select_for_update().get(pk=program_account.pk)
        if row.closed_on is not None:
            raise Conflict(
                _("This program account is closed. Open another one of the business."), code="account_closed"
            )
        if row.imports:
            return row
        before, row.profile = row.profile, ProgramAccount.Profile.IMPORTER_EXPORTER
        row.save(update_fields=("profile",))
        audit.record(
            actor=actor,
            verb="program_account.enrolled_as_importer",
            target=f"accounts.ProgramAccount:{row.number}",
            business_id=row.business_id,
            program_account_id=row.pk,
            before={"profile": before},
            after={"profile": row.profile},
            at=at,
        )
    return row


def release_business(*, business: Business, actor: Actor, at: datetime) -> Business:
    """Take a practice business away from its people, so that a newcomer may register it; its history stays."""
    with transaction.atomic():
        row = Business.objects.select_for_update().get(pk=business.pk)
        Membership.objects.filter(business=row, state=Membership.State.ACTIVE).update(
            state=Membership.State.REVOKED, ended_at=at
        )
        row.registered_at = None
        row.save(update_fields=("registered_at",))
        audit.record(
            actor=actor,
            verb="business.released_for_practice",
            target=f"accounts.Business:{row.pk}",
            business_id=row.pk,
            at=at,
        )
    return row


# --- Practice ---------------------------------------------------------------------------------------------------------
def place_practice_seats(*, seats: Iterable[SeatDraft]) -> None:
    """What the sign-in page offers, in this order; seats no longer named disappear."""
    with transaction.atomic():
        kept = []
        for position, seat in enumerate(seats):
            row, _is_new = PracticeSeat.objects.update_or_create(
                method=seat.method,
                username=seat.username,
                defaults={
                    "name": seat.name,
                    "note_en": seat.note_en,
                    "note_fr": seat.note_fr,
                    "position": position,
                },
            )
            kept.append(row.pk)
        PracticeSeat.objects.exclude(pk__in=kept).delete()


def _has_primary(business: Business, *, besides: User) -> bool:
    active = Membership.objects.filter(business=business, state=Membership.State.ACTIVE, is_primary=True)
    return active.exclude(user=besides).exists()


def _already_registered(business: Business) -> Conflict:
    return Conflict(
        _(
            "%(business)s is already registered in the portal. Request access from one of its Business Account "
            "Managers instead."
        )
        % {"business": business.legal_name},
        code="already_registered",
    )


def _set_active(user: User, is_active: bool, *, verb: str, reason: str, actor: Actor, at: datetime) -> None:
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        require_not_archived(row)
        if row.is_active == is_active:
            return
        row.is_active = is_active
        row.save(update_fields=("is_active",))
        if is_active:
            inactivity.begin_anew(user=row, on=at.date())
        audit.record(actor=actor, verb=verb, target=queries.target_of(row), reason=reason, at=at)


def _write_profile(user: User, profile: Profile) -> None:
    if not rules.is_same_address(user.contact_email, profile.contact_email):
        user.contact_verified_at = user.contact_bounced_at = None
    for name, value in vars(profile).items():
        setattr(user, name, value)


def _profile_of(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in Profile.__dataclass_fields__}


def _refreshed(user: User) -> User:
    user.refresh_from_db()
    return user
