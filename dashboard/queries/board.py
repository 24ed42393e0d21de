"""A provider's board: each program account of each client that one of its people reaches, and how it stands.

What an access does not show is left out here already, before anything is counted, filtered or sorted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.db.models import OuterRef, TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, ProgramAccount
from dashboard.queries import homes
from dashboard.rules import Attention, ClientFacts, attention
from delegation import queries as delegations
from delegation.access import BusinessSeat, delegated
from delegation.models import Delegation
from delegation.rules import Action, Visibility
from ledger import queries as ledger
from security import queries as security
from security.queries import RppStatus
from statements.rules import still_to_pay


class Stand(TextChoices):
    """How far the access to a client has come."""

    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    LATER = "later", _("Starts later")
    ENDED = "ended", _("Ended")


class Show(TextChoices):
    """Which clients the board shows."""

    ATTENTION = "attention", _("Needs attention")
    WAITING = "waiting", _("Waiting")
    ENDING = "ending", _("Ending in 30 days")
    RPP_OFF = "rpp-off", _("Release Prior to Payment off")
    DUE = "due", _("Statement due")


class Order(TextChoices):
    CLIENT = "client", _("Client")
    ATTENTION = "attention", _("What is urgent")
    DUE = "due", _("Last day to pay")
    END = "end", _("End of the access")


@dataclass(frozen=True)
class Row:
    """One program account of a client; without a number while there is no access, or no program account."""

    client: Business
    delegation: Delegation
    stand: Stand
    number: str = ""
    name: str = ""
    visibility: Visibility | None = None
    rpp: RppStatus | None = None
    shows_statements: bool = False
    facts: ClientFacts = field(default_factory=ClientFacts)
    reasons: tuple[Attention, ...] = ()

    @property
    def is_registered(self) -> bool:
        return self.client.registered_at is not None

    @property
    def is_due(self) -> bool:
        return bool(self.facts.statement_left)

    def is_shown_by(self, show: str, on: date) -> bool:
        return {
            "": True,
            Show.ATTENTION: bool(self.reasons),
            Show.WAITING: self.stand == Stand.WAITING,
            Show.ENDING: self.facts.is_ending(on),
            Show.RPP_OFF: self.facts.rpp_is_on is False,
            Show.DUE: self.is_due,
        }[show]

    def says(self, words: str) -> bool:
        """Whether name or number hold what is searched for."""
        wanted = words.casefold()
        digits = "".join(wanted.split())
        names = (self.client.legal_name, self.client.operating_name, self.name)
        number = (self.number or self.client.bn9).casefold()
        return any(wanted in name.casefold() for name in names) or number.startswith(digits)


def board_of(seat: BusinessSeat) -> list[Row]:
    """Every row that the holder of a provider's seat may see, by client and number; five statements at most.

    Requests and ended accesses are for those who may ask for access; everybody sees the clients they reach.
    """
    on = seat.on
    reached = (
        delegations.delegated_program_accounts(user_id=seat.actor.user_id, on=on, provider_id=seat.business.pk)
        .filter(closed_on__isnull=True)
        .annotate(newest_statement=homes.newest_statement_of(cast(Any, OuterRef("pk"))))
    )
    accounts = list(security.rpp_statuses(reached, on=on))
    held = delegations_by_number(seat, {account["delegation_id"] for account, _rpp in accounts})
    billed = [
        account["id"]
        for account, _rpp in accounts
        if Action.VIEW_STATEMENTS in access_of(seat, held[account["delegation_id"]])[1]
    ]
    open_amounts = ledger.open_by_due_date_of(billed) if billed else {}
    rows = [_account_row(seat, account, rpp, held[account["delegation_id"]], open_amounts) for account, rpp in accounts]
    if seat.may(Action.REQUEST_CLIENTS):
        rows += _other_rows(seat, held, {account["delegation_id"] for account, _rpp in accounts})
    return sorted(rows, key=lambda row: (row.client.legal_name.casefold(), row.client.pk, row.number))


def chosen(rows: Sequence[Row], *, show: str, search: str, order: str, on: date) -> list[Row]:
    """The rows of a filter in their order; what is not shown to the reader comes last in each."""
    words = search.strip()
    found = [row for row in rows if row.is_shown_by(show, on) and (not words or row.says(words))]
    if order == Order.ATTENTION:
        urgency = {reason: place for place, reason in enumerate(Attention)}
        return sorted(found, key=lambda row: urgency[row.reasons[0]] if row.reasons else len(urgency))
    if order == Order.DUE:
        return sorted(found, key=lambda row: (not row.is_due, row.facts.last_day_to_pay or date.max))
    if order == Order.END:
        return sorted(found, key=lambda row: row.facts.valid_until or date.max)
    return found


def delegations_by_number(seat: BusinessSeat, reached: set[int]) -> dict[int, Delegation]:
    """The delegations behind the rows; for whoever asks for access, all that were not taken back."""
    rows = Delegation.objects.filter(provider_id=seat.business.pk).select_related("client", "provider")
    if seat.may(Action.REQUEST_CLIENTS):
        rows = rows.exclude(state=Delegation.State.WITHDRAWN)
    else:
        rows = rows.filter(pk__in=reached)
    rows = delegations.with_staff(rows, user_id=seat.actor.user_id)
    return {row.pk: row for row in rows.order_by("-pk")}


def access_of(seat: BusinessSeat, delegation: Delegation) -> tuple[Visibility, frozenset[Action]]:
    return delegated(delegation, on=seat.on)


def _account_row(
    seat: BusinessSeat,
    account: Mapping[str, Any],
    rpp: RppStatus,
    delegation: Delegation,
    open_amounts: Mapping[int, dict[date | None, Decimal]],
) -> Row:
    visibility, actions = access_of(seat, delegation)
    shows_statements = Action.VIEW_STATEMENTS in actions
    shows_security = Action.VIEW_SECURITY in actions and account["profile"] != ProgramAccount.Profile.EXPORTER
    statement = homes.newest_of(account["newest_statement"]) if shows_statements else None
    facts = ClientFacts(
        rpp_is_on=rpp.is_on if shows_security else None,
        is_sufficient=rpp.is_sufficient if shows_security and rpp.is_enrolled else None,
        statement_left=still_to_pay(statement.total, open_amounts.get(account["id"], {}), statement.payment_due_on)
        if statement
        else None,
        last_day_to_pay=statement.last_day_to_pay if statement else None,
        valid_until=delegation.valid_until,
    )
    return Row(
        client=delegation.client,
        delegation=delegation,
        stand=Stand.APPROVED,
        number=account["number"],
        name=account["name"],
        visibility=visibility,
        rpp=rpp if shows_security else None,
        shows_statements=shows_statements,
        facts=facts,
        reasons=attention(facts, on=seat.on),
    )


def _other_rows(seat: BusinessSeat, held: Mapping[int, Delegation], shown: set[int]) -> list[Row]:
    """One row for each client without an account on the board: its newest request or access."""
    seen = {held[pk].client_id for pk in shown}
    rows = []
    for delegation in held.values():
        if delegation.client_id in seen:
            continue
        seen.add(delegation.client_id)
        stand = _stand(delegation, seat.on)
        facts = ClientFacts(
            is_to_answer=stand == Stand.WAITING and delegation.asked_by == Delegation.Side.CLIENT,
            valid_until=delegation.valid_until if stand in (Stand.APPROVED, Stand.LATER) else None,
        )
        rows.append(
            Row(
                client=delegation.client,
                delegation=delegation,
                stand=stand,
                facts=facts,
                reasons=attention(facts, on=seat.on),
            )
        )
    return rows


def _stand(delegation: Delegation, on: date) -> Stand:
    if delegation.state == Delegation.State.REQUESTED:
        return Stand.WAITING
    if delegation.state != Delegation.State.ACTIVE:
        return Stand.ENDED
    if delegation.valid_from is not None and delegation.valid_from > on:
        return Stand.LATER
    return Stand.ENDED if delegation.valid_until is not None and delegation.valid_until < on else Stand.APPROVED
