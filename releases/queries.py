"""Questions about releases."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, DateField, IntegerField, Prefetch, Q, QuerySet, Value, When

from accounts.models import Business, ProgramAccount
from delegation import queries as delegations
from delegation.access import delegated
from delegation.rules import PERMISSIONS, Action, Role, Visibility
from ledger import queries as ledger
from reference.rules.billing import Stream
from releases.models import Admission, Release, ReleaseMessage
from releases.rules import ReleaseKind

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


def with_messages(releases: QuerySet[Release]) -> QuerySet[Release]:
    """The same with the messages of each, the first one first, in one more query."""
    return releases.prefetch_related(Prefetch("messages", ReleaseMessage.objects.order_by("id")))


def release_of_account(number: str, *, program_account_id: int, visibility: Visibility) -> Release | None:
    return releases_of_account(program_account_id, visibility=visibility).filter(transaction_number=number).first()


def open_first(releases: QuerySet[Release]) -> QuerySet[Release]:
    """What is still to be accounted for first, the nearest date on top; then the rest, newest first."""
    rank = Case(When(_OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())
    due = Case(When(_OPEN, then="accounting_due_on"), default=Value(None), output_field=DateField())
    return releases.annotate(open_rank=rank, open_due=due).order_by("open_rank", "open_due", "-id")


def of_accounting(releases: QuerySet[Release], accounting: str, *, on: date) -> QuerySet[Release]:
    """Only what is still to be accounted for (``open``), or is past its day (``overdue``); all for anything else."""
    if accounting == "open":
        return releases.filter(_OPEN)
    return releases.filter(_OPEN, accounting_due_on__lt=on) if accounting == "overdue" else releases


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
            | delegations.worked_by(user_id, provider="submitter_id", client="program_account__business_id")
        )
    return found.select_related("program_account__business", "submitter", "contingency_account").order_by("-id")


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
class Admissions:
    """What of an importer's account, of who asks and of a contingency account an officer has admitted, on a day."""

    csa_option: str = ""
    continuous: bool = False
    courier: bool = False
    contingency: bool = False
    examination: bool = False

    def to(self, kind: ReleaseKind) -> bool:
        """Whether a kind of release that only the admitted use is open."""
        return {
            ReleaseKind.CSA: bool(self.csa_option),
            ReleaseKind.CONTINUOUS: self.continuous,
            ReleaseKind.CLVS: self.courier,
        }[kind]


def admissions_in_force(on: date) -> QuerySet[Admission]:
    return Admission.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on)


def admissions_for(
    account: ProgramAccount | None, *, submitter_id: int, on: date, contingency: ProgramAccount | None = None
) -> Admissions:
    """Everything a decision needs to know of admissions, in one statement."""
    kinds = Admission.Kind
    accounts = [row.pk for row in (account, contingency) if row is not None]
    rows = admissions_in_force(on).filter(
        Q(program_account_id__in=accounts) | Q(kind=kinds.COURIER, business_id=submitter_id)
    )
    found: set[tuple[str, int | None]] = set(rows.values_list("kind", "program_account_id"))
    own = {kind for kind, number in found if account is not None and number == account.pk}
    csa = [str(kind) for kind in (Stream.CSA_MONTH, Stream.CSA_PERIOD) if kind in own]
    return Admissions(
        csa_option=csa[0] if csa else "",
        continuous=kinds.CONTINUOUS in own,
        courier=(kinds.COURIER, None) in found,
        contingency=contingency is not None and (kinds.CONTINGENCY, contingency.pk) in found,
        examination=kinds.EXAMINATION in own
        or (account is not None and kinds.DETENTION in own and bool(indebted([account.pk], on=on))),
    )


def selected_for_examination(program_account_ids: Collection[int | None], *, on: date) -> set[int | None]:
    """The accounts whose goods are examined: selected by an officer, or detained and still in debt."""
    kinds = Admission.Kind
    rows = admissions_in_force(on).filter(
        kind__in=(kinds.EXAMINATION, kinds.DETENTION), program_account_id__in=[pk for pk in program_account_ids if pk]
    )
    found = list(rows.values_list("kind", "program_account_id"))
    selected = {number for kind, number in found if kind == kinds.EXAMINATION}
    detained = [number for kind, number in found if kind == kinds.DETENTION and number]
    return selected | indebted(detained, on=on)


def indebted(program_account_ids: Collection[int], *, on: date) -> set[int | None]:
    """Those of the accounts with something overdue: a detention ends by itself as soon as the debt is paid."""
    wanted = list(program_account_ids)
    return set(ledger.overdue_by_holder(on=on, holders=wanted)) if wanted else set()


def is_detained(release: Release, *, on: date) -> bool:
    """Whether the importer's goods are flagged for detention and its debt is still unpaid."""
    account_id = release.program_account_id
    return (
        account_id is not None and account_id in detentions([account_id], on=on) and bool(indebted([account_id], on=on))
    )


def detained(*, on: date) -> list[int]:
    """Every account whose goods are flagged for detention, indebted or not."""
    rows = admissions_in_force(on).filter(kind=Admission.Kind.DETENTION, program_account__isnull=False)
    return [number for number in rows.values_list("program_account_id", flat=True) if number is not None]


def detentions(program_account_ids: Collection[int], *, on: date) -> dict[int, Admission]:
    """The detention in force of each of the accounts that has one."""
    rows = admissions_in_force(on).filter(
        kind=Admission.Kind.DETENTION, program_account_id__in=list(program_account_ids)
    )
    return {row.program_account_id: row for row in rows if row.program_account_id is not None}


def admissions() -> QuerySet[Admission]:
    """Every admission with its holder, newest first, for the officers' list."""
    return Admission.objects.select_related("business", "program_account").order_by("-id")


def admission_by_id(pk: int) -> Admission | None:
    return admissions().filter(pk=pk).first()


def expected_by(day: date) -> QuerySet[Release]:
    """Accepted requests whose goods arrive on the day or were expected before, for the daily job."""
    found = Release.objects.filter(state=Release.State.AWAITING, expected_arrival_on__lte=day)
    return found.select_related("program_account", "submitter").order_by("id")


def messages_of(release_id: int) -> QuerySet[ReleaseMessage]:
    """The messages of a release, the first one first."""
    return ReleaseMessage.objects.filter(release_id=release_id).order_by("id")


def under_control() -> QuerySet[Release]:
    """What officers have in hand: examined, held, moving or expected; the oldest first."""
    states = Release.State
    found = Release.objects.filter(state__in=(states.EXAMINATION, states.HELD, states.MAY_MOVE, states.AWAITING))
    rank = Case(When(state=states.AWAITING, then=Value(1)), default=Value(0), output_field=IntegerField())
    return (
        found.select_related("program_account__business", "submitter")
        .annotate(rank=rank)
        .order_by("rank", "expected_arrival_on", "id")
    )


def any_release(number: str) -> Release | None:
    """A release by its transaction number or, where one filer has it, the cargo control number; for officers."""
    found = Release.objects.select_related("program_account__business", "submitter", "contingency_account")
    by_number = found.filter(transaction_number=number).first()
    return by_number or found.filter(cargo_control_number=number).order_by("-id").first()


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
