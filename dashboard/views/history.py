"""Who did, saw and took what in a business's name: its own history, and that of one delegate."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from accounts.models import Business, ProgramAccount
from core import audit
from core.actor import ActorKind
from core.errors import Stranger
from core.models import AuditEvent
from dashboard import facts, verbs
from dashboard.facts import Change, Names
from dashboard.forms import ActivityFilter, HistoryFilter, PeriodFilter
from dashboard.queries import history as queries
from dashboard.verbs import ActKind
from dashboard.views.business import BusinessRequest
from dashboard.views.parts import language
from delegation.access import BusinessSeat, business_page
from delegation.rules import PROVIDERS_FOR_CLIENTS, Action
from documents import csv_file

Accounts = Sequence[ProgramAccount]
_CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True)
class Act:
    """One event as its reader may know it: no officer's name, nothing of another business, no person's own affairs."""

    event: Any
    sentence: str
    who: str
    on_behalf: str
    client: str
    door: str
    kind: ActKind
    room: str
    about: str
    reason: str
    changes: Sequence[Change]

    @property
    def badge(self) -> str:
        return {ActKind.REFUSED: "danger", ActKind.CHANGED: "info"}.get(self.kind, "neutral")


@require_safe
@business_page(to=Action.VIEW_HISTORY)
def history(request: BusinessRequest) -> HttpResponse:
    """The history of the business, newest first."""
    seat = request.seat
    form, sources, accounts = _history(request)
    bn9 = seat.business.bn9
    context = {
        "form": form,
        "clear_url": reverse("dashboard:history", args=(bn9,)),
        "csv_url": f"{reverse('dashboard:history_csv', args=(bn9,))}?{_kept(request, form)}",
        "is_narrow": seat.program_account_ids is not None,
        **_page(request, form, sources, accounts),
    }
    return render(request, "dashboard/history.html", context)


@require_safe
@business_page(to=Action.VIEW_HISTORY)
def history_csv(request: BusinessRequest) -> HttpResponse:
    """The same filter as a file, sent while it is read."""
    _form, sources, accounts = _history(request)
    return _file(request.seat, sources, accounts, f"{request.seat.business.bn9}-history.csv")


@require_safe
@business_page(to=Action.VIEW_HISTORY)
def history_event(request: BusinessRequest, pk: int) -> HttpResponse:
    """One event with everything it holds."""
    seat = request.seat
    event = queries.one(_sources(seat), pk)
    if event is None:
        raise Stranger(_("This event is not in the history of your business. Look in the list."), code="not_found")
    (act,) = _acts(seat, [event], _accounts(seat))
    return render(
        request, "dashboard/history_event.html", {"act": act, "event": event, "seal": audit.seal_of(event.pk)}
    )


# --- One delegate -----------------------------------------------------------------------------------------------------
@require_safe
@business_page(to=Action.VIEW_HISTORY)
def delegate(request: BusinessRequest, other: str) -> HttpResponse:
    """What a third party did, saw and took on behalf of this business."""
    provider = _found(queries.business_of_pair(other, client_id=request.seat.business.pk))
    return _activity(request, provider, client=request.seat.business, provider=provider, name="delegate")


@require_safe
@business_page(to=Action.VIEW_HISTORY)
def delegate_csv(request: BusinessRequest, other: str) -> HttpResponse:
    provider = _found(queries.business_of_pair(other, client_id=request.seat.business.pk))
    return _activity_file(request, client=request.seat.business, provider=provider)


@require_safe
@business_page(to=Action.VIEW_HISTORY)
def client(request: BusinessRequest, other: str) -> HttpResponse:
    """What this provider's own people did, saw and took on behalf of one client."""
    found = _found(queries.business_of_pair(other, provider_id=request.seat.business.pk))
    return _activity(request, found, client=found, provider=request.seat.business, name="client_activity")


@require_safe
@business_page(to=Action.VIEW_HISTORY)
def client_csv(request: BusinessRequest, other: str) -> HttpResponse:
    found = _found(queries.business_of_pair(other, provider_id=request.seat.business.pk))
    return _activity_file(request, client=found, provider=request.seat.business)


def _activity(
    request: BusinessRequest, other: Business, *, client: Business, provider: Business, name: str
) -> HttpResponse:
    seat = request.seat
    form = ActivityFilter(request.GET)
    sources = _acts_of(seat, form, client=client, provider=provider)
    here = (seat.business.bn9, other.bn9)
    tallies = queries.tallies(sources[0])
    context = {
        "form": form,
        "other": other,
        "is_own": provider == seat.business,
        "tallies": [{"name": tally.name, "counts": _counts(tally), "total": tally.total} for tally in tallies],
        "kinds": [kind.label for kind in _COUNTED],
        "clear_url": reverse(f"dashboard:{name}", args=here),
        "csv_url": f"{reverse(f'dashboard:{name}_csv', args=here)}?{_kept(request, form)}",
        **_page(request, form, sources, _accounts(seat)),
    }
    return render(request, "dashboard/activity.html", context)


_COUNTED = (ActKind.CHANGED, ActKind.VIEWED, ActKind.DOWNLOADED, ActKind.REFUSED)


def _counts(tally: queries.Tally) -> list[dict[str, Any]]:
    return [{"label": kind.label, "count": tally.counts.get(kind, 0)} for kind in _COUNTED]


def _activity_file(request: BusinessRequest, *, client: Business, provider: Business) -> HttpResponse:
    sources = _acts_of(request.seat, ActivityFilter(request.GET), client=client, provider=provider)
    return _file(request.seat, sources, _accounts(request.seat), f"{client.bn9}-{provider.bn9}-activity.csv")


def _acts_of(seat: BusinessSeat, form: ActivityFilter, *, client: Business, provider: Business) -> list[Any]:
    """A program manager of the client sees what concerns their own programs; one of the provider sees nothing."""
    return queries.acts_of_delegate(
        client_id=client.pk, provider_id=provider.pk, held=seat.program_account_ids, wanted=form.wanted
    )


def _found(row: Business | None) -> Business:
    if row is None:
        raise Stranger(
            _("No access between that business and yours was ever approved. Choose one from the list."),
            code="not_found",
        )
    return row


# --- What all of them share -------------------------------------------------------------------------------------------
def _history(request: BusinessRequest) -> tuple[HistoryFilter, list[Any], Accounts]:
    seat = request.seat
    accounts = _accounts(seat)
    form = HistoryFilter(request.GET, accounts=accounts, is_provider=_serves_clients(seat))
    return form, _sources(seat, form), accounts


def _accounts(seat: BusinessSeat) -> Accounts:
    return queries.accounts_of(seat.business.pk, held=seat.program_account_ids)


def _sources(seat: BusinessSeat, form: HistoryFilter | None = None) -> list[Any]:
    return queries.sources_of(
        seat.business.pk,
        held=seat.program_account_ids,
        is_provider=_serves_clients(seat),
        wanted=form.wanted if form is not None else queries.ALL,
    )


def _serves_clients(seat: BusinessSeat) -> bool:
    return seat.business.provider_kind in PROVIDERS_FOR_CLIENTS


def _page(request: BusinessRequest, form: PeriodFilter, sources: list[Any], accounts: Accounts) -> dict[str, Any]:
    """One page by cursor: its rows, the address of the newer page and that of the older one."""
    before, after = _cursor(request.GET.get("before", "")), _cursor(request.GET.get("after", ""))
    found = queries.newest(sources, before=before, after=after, limit=queries.PAGE + 1)
    has_more = len(found) > queries.PAGE
    if after is not None:
        rows, has_newer, has_older = found[-queries.PAGE :], has_more, True
    else:
        rows, has_newer, has_older = found[: queries.PAGE], before is not None, has_more
    kept = _kept(request, form)
    return {
        "acts": _acts(request.seat, rows, accounts),
        "is_filtered": form.is_filtered,
        "newer": f"?{kept}&after={rows[0].pk}" if rows and has_newer else "",
        "older": f"?{kept}&before={rows[-1].pk}" if rows and has_older else "",
    }


def _cursor(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def _kept(request: BusinessRequest, form: PeriodFilter) -> str:
    """The filter as it stands in the address, without the place in the list."""
    return urlencode({name: request.GET[name] for name in form.fields if request.GET.get(name)})


def _file(seat: BusinessSeat, sources: list[Any], accounts: Accounts, name: str) -> HttpResponse:
    words = language()
    headings = [
        _("When"),
        _("What"),
        _("Kind"),
        _("Who"),
        _("On behalf of"),
        _("Business"),
        _("Program account"),
        _("Door"),
        _("Concerns"),
        _("Before and after"),
        _("Reason"),
        _("Request"),
    ]

    parts_read = queries.every(sources)
    # The newest part is read before the door records the download, so that a file doesn't tell of itself.
    first = next(parts_read, [])

    def parts() -> Iterator[Iterable[Sequence[Any]]]:
        for events in chain([first], parts_read):
            with override(words):
                yield [_cells(act) for act in _acts(seat, events, accounts)]

    response = StreamingHttpResponse(csv_file.stream(headings, parts()), content_type=_CSV)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response  # type: ignore[return-value]


def _cells(act: Act) -> list[Any]:
    event = act.event
    return [
        event.business_at.isoformat(timespec="seconds"),
        act.sentence,
        act.kind.label,
        act.who,
        act.on_behalf,
        event.concerned_name or "",
        event.account_number or "",
        act.door,
        " ".join(part for part in (act.room, act.about) if part),
        "; ".join(str(change) for change in act.changes),
        act.reason,
        event.request_id,
    ]


def _acts(seat: BusinessSeat, events: Sequence[Any], accounts: Accounts) -> list[Act]:
    """Events as their reader may know them."""
    names = {account.pk: account.rm for account in accounts}
    return [_act(seat, event, names) for event in events]


def _act(seat: BusinessSeat, event: Any, accounts: Mapping[int, str]) -> Act:
    kind = verbs.kind_of(event.verb)
    who = _who(event)
    is_access = event.verb.startswith("access.")
    is_own_affair = event.verb.startswith("person.") or event.verb in verbs.NAMELESS
    page = event.after or {} if is_access else {}
    return Act(
        event=event,
        sentence=verbs.sentence(event.verb, who),
        who=who,
        on_behalf=event.acting_name if event.acting_name and event.actor_business_id != seat.business.pk else "",
        client=event.concerned_name if event.business_id not in (None, seat.business.pk) else "",
        door=str(verbs.DOORS.get(event.channel, event.channel)),
        kind=kind,
        room=str(verbs.room_of(page["page"])) if page.get("page") else "",
        about=_about(event, page),
        reason="" if is_own_affair else str(verbs.REFUSALS.get(event.reason, event.reason)),
        changes=()
        if is_access or is_own_affair
        else facts.changes_of(
            event.verb,
            event.before,
            event.after,
            names=Names(accounts, provider=event.provider_name or "", person=event.person_name or ""),
            language=language(),
        ),
    )


def _who(event: AuditEvent) -> str:
    if event.actor_kind == ActorKind.OFFICER:
        return _("An officer")
    if event.actor_kind == ActorKind.SYSTEM:
        return _("The portal")
    if event.verb in verbs.NAMELESS:
        return _("Somebody")
    return event.actor_name or event.client_id or _("Somebody")


def _about(event: Any, page: dict[str, Any]) -> str:
    """What an act was about: the number in the address of a page, the person, or the document of the event."""
    if page:
        return ", ".join(str(value) for name, value in page.items() if name not in _NOT_TELLING)
    person = queries.person_of(event)
    if person is not None:
        return event.person_name or "" if person != event.user_id else ""
    label, _colon, rest = event.target.partition(":")
    return rest.rpartition(":")[2] if label in _NUMBERED else ""


#: In the address of a page, what the list tells anyway or what is only a number of the database.
_NOT_TELLING = frozenset({"page", "number", "bn9", "pk", "kind"})
#: The objects whose identifier is a number that people use.
_NUMBERED = frozenset({"releases.Release", "declarations.Declaration", "payments.Payment", "statements.Statement"})
