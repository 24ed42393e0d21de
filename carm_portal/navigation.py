"""The navigation of each seat: at most six items, made from what the seat may do."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from accounts.access import OfficerSeat
from accounts.models import Business
from delegation.access import BusinessSeat, Seat
from delegation.rules import PROVIDERS_FOR_CLIENTS, Action

MOST = 6
LAST_ACCOUNT = "last_account"


def items(request: HttpRequest) -> list[dict[str, Any]]:
    """What stands in the row under the account bar; empty where nobody acts for anybody."""
    seat = getattr(request, "seat", None)
    if isinstance(seat, Seat):
        entries = _of_account(seat.program_account_number, seat.business.bn9, seat, is_own=not seat.is_delegated)
    elif isinstance(seat, BusinessSeat):
        entries = _of_business(request, seat)
    elif isinstance(seat, OfficerSeat):
        entries = _of_officer()
    else:
        return []
    shown = [(label, url, prefixes) for label, url, prefixes in entries if url][:MOST]
    current = _current(request.path, shown)
    return [{"label": label, "url": url, "current": url == current} for label, url, _prefixes in shown]


_Entry = tuple[str, str, tuple[str, ...]]


def _url(*names: str, args: Iterable[Any] = ()) -> str:
    """The first of these pages that this portal has; empty where it has none."""
    for name in names:
        try:
            return reverse(name, args=tuple(args))
        except NoReverseMatch:
            continue
    return ""


def _entry(label: str, url: str, *also: str) -> _Entry:
    """An item is current on its own page, on those below it and on those below ``also``."""
    return label, url, tuple(prefix for prefix in (url, *also) if prefix)


def _of_account(number: str, bn9: str, seat: Seat | BusinessSeat, *, is_own: bool) -> list[_Entry]:
    here = (number,)
    entries = [_entry(_("Home"), _url("dashboard:home", args=here))]
    declarations = _url("declarations:list", args=here) if seat.may(Action.VIEW_TRANSACTIONS) else ""
    entries.append(_entry(_("Declarations"), declarations, _url("declarations:changes", args=here)))
    statements = _url("statements:list", args=here) if seat.may(Action.VIEW_STATEMENTS) else ""
    payments = _url("payments:list", args=here) if seat.may(Action.VIEW_TRANSACTIONS) else ""
    pay = _url("payments:pay", args=here) if seat.may(Action.PAY) else ""
    standing = _url("standing:detail", args=here) if seat.may(Action.VIEW_STATEMENTS) else ""
    also = [_url(f"statements:{name}", args=here) for name in ("history", "notices", "files")]
    also.append(_url("payments:credits", args=here))
    also += [_url(f"dashboard:{name}", args=here) for name in ("reconciliation", "as_of")]
    # The explanation of any number stands under statements, but that of the requirement under security.
    also.append(_url("dashboard:explain", args=(number, "balance")).removesuffix("balance/"))
    also.append(_url("statements:levels", args=(bn9,)))
    first = statements or payments or pay
    entries.append(_entry(_("Statements and payments"), first, payments, pay, standing, *also))
    security = _url("security:overview", args=here) if seat.may(Action.VIEW_SECURITY) else ""
    requirement = _url("dashboard:explain", args=(number, "requirement")) if security else ""
    lines = _url("security:business_lines", args=(bn9,)) if is_own and security else ""
    entries.append(_entry(_("Financial security"), security, requirement, lines))
    if is_own:
        entries.append(_people(bn9, seat))
    releases = _url("releases:account_list", args=here) if seat.may(Action.VIEW_TRANSACTIONS) else ""
    ask = _url("releases:list", args=(bn9,)) if is_own and seat.may(Action.REQUEST_RELEASE) else ""
    entries.append(_entry(_("Releases"), releases, ask))
    return entries


def _board(here: tuple[str, ...]) -> _Entry:
    return _entry(_("Client board"), _url("dashboard:board", args=here), _url("dashboard:client_statements", args=here))


def _of_business(request: HttpRequest, seat: BusinessSeat) -> list[_Entry]:
    """A provider's own items; an importer keeps those of the program account it came from."""
    bn9 = seat.business.bn9
    here = (bn9,)
    if seat.is_delegated:
        return []
    session = getattr(request, "session", None) or {}
    last = str(session.get(LAST_ACCOUNT, ""))
    if last.startswith(bn9) and not seat.business.is_provider:
        return _of_account(last, bn9, seat, is_own=True)
    is_filer = seat.business.provider_kind in PROVIDERS_FOR_CLIENTS
    is_surety = seat.business.provider_kind == Business.ProviderKind.SURETY
    entries = [_entry(_("Home"), _url("dashboard:business", args=here) if seat.may(Action.VIEW) else "")]
    if is_filer and seat.may(Action.VIEW):
        entries.append(_board(here))
    if is_filer and seat.may(Action.REQUEST_CLIENTS):
        groups, mine = _url("delegation:client_groups", args=here), _url("delegation:my_clients", args=here)
        entries.append(_entry(_("Clients"), _url("delegation:clients", args=here), groups, mine))
    elif is_filer and seat.may(Action.VIEW):
        entries.append(_entry(_("Clients"), _url("delegation:my_clients", args=here)))
    if is_surety and seat.may(Action.VIEW_SECURITY):
        lines = _url("security:business_lines", args=here)
        entries.append(_entry(_("Bonds"), _url("security:desk", args=here), lines))
    if not is_surety and seat.may(Action.VIEW_TRANSACTIONS):
        entries.append(_entry(_("Releases"), _url("releases:list", args=here)))
    entries.append(_people(bn9, seat))
    return entries


def _people(bn9: str, seat: Seat | BusinessSeat) -> _Entry:
    people = _url("delegation:people", args=(bn9,)) if seat.may(Action.MANAGE_PEOPLE) else ""
    parties = _url("delegation:third_parties", args=(bn9,)) if seat.may(Action.MANAGE_THIRD_PARTIES) else ""
    history = _url("dashboard:history", args=(bn9,)) if people or parties else ""
    return _entry(_("People and access"), people or parties, parties, history)


def _of_officer() -> list[_Entry]:
    return [
        _entry(_("Overview"), _url("dashboard:officer")),
        _entry(_("Applications"), _url("registration:desk")),
        _entry(_("Requests"), _url("support:desk")),
        _entry(_("Jobs"), _url("dashboard:jobs")),
        _entry(_("Clock"), _url("simulation:clock")),
        _entry(_("Registers"), _url("admin:index")),
    ]


def _current(path: str, entries: Iterable[_Entry]) -> str:
    """The item whose page is the longest beginning of the address; home, the first, is current on itself only."""
    best, found = 0, ""
    for place, (_label, url, prefixes) in enumerate(entries):
        for prefix in prefixes:
            is_here = path == prefix if place == 0 else path.startswith(prefix)
            if is_here and len(prefix) > best:
                best, found = len(prefix), url
    return found
