"""Questions about releases."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, DateField, IntegerField, Q, QuerySet, Value, When

from accounts.models import Business, ProgramAccount
from delegation import queries as delegations
from delegation.access import delegated
from delegation.rules import PERMISSIONS, Action, Role, Visibility
from releases.models import Release

ROWS = 25
_OPEN = Q(state=Release.State.RELEASED, accounted_on__isnull=True)


def may_request_release(
    *,
    account: ProgramAccount,
    submitter: Business,
    staff_actions: frozenset[Action],
    on: date,
    held: Collection[int] | None = None,
    user_id: int | None = None,
) -> bool:
    """Whether this business may ask for release on the account: its own, or a licensed broker's with a delegation.

    ``held`` are the program accounts that a person's role in the own business reaches; ``None`` is all of them.
    ``user_id`` is the broker's person who asks: only clients that this person works for and may ask for.
    """
    if Action.REQUEST_RELEASE not in staff_actions:
        return False
    if account.business_id == submitter.pk:
        return held is None or account.pk in held
    if not delegations.is_licensed_broker(submitter, on=on):
        return False
    in_force = delegations.effective(on) if user_id is None else delegations.reaching(user_id=user_id, on=on)
    given = in_force.filter(
        Q(all_programs=True) | Q(program_accounts=account), provider=submitter, client_id=account.business_id
    )
    found = given.select_related("provider").first()
    if found is None:
        return False
    allowed = PERMISSIONS[Role(found.access)] if user_id is None else delegated(found, on=on)[1]
    return Action.REQUEST_RELEASE in allowed


def releases_of_account(program_account_id: int, *, visibility: Visibility) -> QuerySet[Release]:
    """The account's releases that the seat may see, newest first."""
    return (
        Release.objects.filter(delegations.seen(visibility), program_account_id=program_account_id)
        .select_related("submitter", "program_account__business")
        .order_by("-id")
    )


def release_of_account(number: str, *, program_account_id: int, visibility: Visibility) -> Release | None:
    return releases_of_account(program_account_id, visibility=visibility).filter(transaction_number=number).first()


def open_first(releases: QuerySet[Release]) -> QuerySet[Release]:
    """What is still to be accounted for first, the nearest date on top; then the rest, newest first."""
    rank = Case(When(_OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())
    due = Case(When(_OPEN, then="accounting_due_on"), default=Value(None), output_field=DateField())
    return releases.annotate(open_rank=rank, open_due=due).order_by("open_rank", "open_due", "-id")


def releases_of_submitter(
    business_id: int, *, held: Collection[int] | None = None, user_id: int | None = None
) -> QuerySet[Release]:
    """Everything a filer asked for, for whichever importer, newest first.

    ``held`` narrows its own program accounts to those a person's role reaches, ``user_id`` a provider's clients to
    those for whom this person works.
    """
    found = Release.objects.filter(submitter_id=business_id)
    if held is not None:
        found = found.filter(
            Q(program_account__isnull=True)
            | Q(program_account_id__in=held)
            | ~Q(program_account__business_id=business_id)
        )
    if user_id is not None:
        found = found.filter(
            Q(program_account__isnull=True)
            | Q(program_account__business_id=business_id)
            | Q(delegations.worked_by(user_id, provider="submitter_id", client="program_account__business_id"))
        )
    return found.select_related("program_account__business", "submitter").order_by("-id")


def release_by_number(
    number: str, *, submitter_id: int, held: Collection[int] | None = None, user_id: int | None = None
) -> Release | None:
    found = releases_of_submitter(submitter_id, held=held, user_id=user_id)
    return found.filter(transaction_number=number).first()


def earlier_release_of_cargo(cargo_control_number: str, *, submitter_id: int) -> Release | None:
    """The release, or the C-type waiting at the port, that this filer has for the cargo already."""
    return (
        Release.objects.filter(submitter_id=submitter_id, cargo_control_number=cargo_control_number)
        .exclude(state=Release.State.REFUSED)
        .first()
    )


@dataclass(frozen=True)
class KeysetPage:
    """One page of a list kept in order of number, with the numbers from which the neighbours begin."""

    rows: Sequence[Release]
    older: int | None
    newer: int | None


def keyset_page(releases: QuerySet[Release], *, before: int | None = None, after: int | None = None) -> KeysetPage:
    """The rows older than ``before``, newer than ``after``, or the newest; one query whatever the place in the list."""
    if after is not None:
        found = list(releases.filter(pk__gt=after).order_by("id")[: ROWS + 1])
        rows, has_newer = found[:ROWS][::-1], len(found) > ROWS
        return KeysetPage(rows, older=rows[-1].pk if rows else None, newer=rows[0].pk if rows and has_newer else None)
    if before is not None:
        releases = releases.filter(pk__lt=before)
    found = list(releases[: ROWS + 1])
    rows = found[:ROWS]
    return KeysetPage(
        rows,
        older=rows[-1].pk if len(found) > ROWS else None,
        newer=rows[0].pk if rows and before is not None else None,
    )


def to_account_for(program_account_id: int, *, visibility: Visibility) -> QuerySet[Release]:
    """Released goods without a declaration, the nearest date first."""
    return (
        releases_of_account(program_account_id, visibility=visibility).filter(_OPEN).order_by("accounting_due_on", "id")
    )


def courier_to_account_for(program_account_id: int, *, visibility: Visibility) -> QuerySet[Release]:
    """Courier releases that nobody has begun to account for, the oldest first."""
    waiting = to_account_for(program_account_id, visibility=visibility)
    return waiting.filter(stream=Release.BillingStream.COURIER, declaration=None, consolidated_in=None).order_by(
        "released_on", "id"
    )


def overdue_for_accounting(*, on: date, since: date | None = None) -> QuerySet[Release]:
    """Releases whose accounting day has passed without a declaration; set-based, for the daily job."""
    found = Release.objects.filter(_OPEN, accounting_due_on__lt=on).exclude(kind=Release.Kind.CTYPE)
    return found.filter(accounting_due_on__gte=since) if since else found


def due_for_accounting_on(day: date) -> QuerySet[Release]:
    """Released goods that are to be accounted for on the day and still are not."""
    return Release.objects.filter(_OPEN, accounting_due_on=day)


def days_left(due_on: date, *, on: date) -> int:
    return (due_on - on) // timedelta(days=1)
