"""The home of one program account: what needs somebody today, how the account stands, what is due and by when."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from core import charts, clock
from core import format as formats
from core.money import ZERO
from dashboard.queries import homes
from dashboard.queries.homes import AccountHome
from dashboard.rules import CalendarEvent, calendar_file
from dashboard.views.parts import Due, Task, address, day, language, money, monthly_chart, task
from declarations.models import Declaration
from delegation.access import Seat, account_page
from delegation.rules import Action
from payments import queries as payments
from reference.queries import payment_due_on
from releases.models import Release
from security.queries import RppStatus
from security.rules import PERIOD_DAYS, Level, ReviewOutcome, RppState, Shortfall, StatusReason, shortfall
from standing.queries import STEP_LABELS
from standing.rules import Step
from statements.rules import next_statement_period

LAST_ACCOUNT = "last_account"
#: How many accounting dates one calendar file holds.
CALENDAR_RELEASES = 50


class AccountRequest(HttpRequest):
    seat: Seat


@require_safe
@account_page(to=Action.VIEW)
def home(request: AccountRequest) -> HttpResponse:
    """The whole account for whoever sees all of it; for a delegate with less, what it may see and no sums."""
    seat, today = request.seat, clock.today()
    request.session[LAST_ACCOUNT] = seat.program_account.number
    if not seat.may(Action.VIEW_STATEMENTS):
        return _limited(request, today)
    account = homes.account_home(seat.program_account, visibility=seat.visibility, on=today)
    tasks = _with_primary(sorted(_tasks(seat, account, today), key=lambda row: row.on))
    lack = _later_lack(account)
    context = {
        "today": today,
        "home": account,
        "tasks": tasks,
        "summary": _summary(tasks, today),
        "more_url": _more_url(seat, account.releases),
        "actions": _actions(seat),
        "tiles": _tiles(seat, account, today),
        "coverage_badge": _coverage_badge(account, lack),
        "chart": _chart(account),
        "bar": _bar(account, lack) if account.rpp.is_enrolled else None,
        "required_later": account.facts.upcoming if lack is not None else None,
        "plan_url": address("security:review" if account.facts.upcoming else "security:overview", args=_number(seat)),
        "due": _due(seat, account, today),
        "notices_url": address("dashboard:notices", args=_number(seat)) if seat.may(Action.READ_NOTICES) else "",
        "importer_url": _importer_url(seat),
    }
    return render(request, "dashboard/home.html", context)


def _limited(request: AccountRequest, today: date) -> HttpResponse:
    seat = request.seat
    rows = homes.to_account_for(seat.program_account.pk, visibility=seat.visibility)
    tasks = sorted(_release_tasks(seat, rows, today), key=lambda row: row.on)
    context = {
        "today": today,
        "tasks": tasks,
        "summary": _summary(tasks, today),
        "more_url": _more_url(seat, rows),
        "actions": _actions(seat),
        "declarations": homes.newest_declarations(seat.program_account.pk, visibility=seat.visibility)
        if seat.may(Action.VIEW_TRANSACTIONS)
        else [],
        "has_declaration_pages": bool(address("declarations:list", args=_number(seat))),
    }
    return render(request, "dashboard/home_limited.html", context)


@require_safe
@account_page(to=Action.VIEW)
def calendar(request: AccountRequest) -> HttpResponse:
    """What is due as a calendar file; a delegate with less than everything gets its own accounting dates only."""
    seat, today = request.seat, clock.today()
    account = None
    if seat.may(Action.VIEW_STATEMENTS):
        account = homes.account_home(seat.program_account, visibility=seat.visibility, on=today)
    releases = homes.to_account_for(seat.program_account.pk, visibility=seat.visibility, limit=CALENDAR_RELEASES)
    number = formats.bn(seat.program_account.number)
    events = [
        CalendarEvent(
            key=f"{seat.program_account.number}-accounting-{release.transaction_number}",
            on=release.accounting_due_on,
            title=_("Account for release %(number)s") % {"number": release.transaction_number},
            text=f"{seat.business_name}, {number}",
        )
        for release in releases
        if release.accounting_due_on
    ]
    for row in _due(seat, account, today) if account else []:
        title = row.what if row.amount is None else f"{row.what}: {money(row.amount)}"
        events.append(
            CalendarEvent(
                key=f"{seat.program_account.number}-{row.key}",
                on=row.on,
                title=title,
                text=f"{seat.business_name}, {number}",
            )
        )
    body = calendar_file(
        sorted(events, key=lambda event: event.on),
        name=f"Portage {seat.business_name}",
        language=language(),
        stamp=clock.now(),
    )
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="portage-{seat.program_account.number}.ics"'
    return response


def _number(seat: Seat) -> tuple[str]:
    return (seat.program_account.number,)


def _importer_url(seat: Seat) -> str:
    """Where an account that was opened for exports only is enrolled; empty where it imports or the seat may not."""
    if seat.program_account.imports or not seat.may(Action.EDIT_PROFILE):
        return ""
    return address("registration:enrol_importer", args=_number(seat))


def _actions(seat: Seat) -> list[dict[str, str]]:
    """At most two buttons of the page's head."""
    rows = []
    if seat.may(Action.FILE_DECLARATION):
        rows.append({"label": _("Start a declaration"), "href": address("releases:account_list", args=_number(seat))})
    if seat.may(Action.REQUEST_RELEASE) and seat.provider is not None:
        rows.append({"label": _("Request a release"), "href": address("releases:request", args=(seat.provider.bn9,))})
    if seat.may(Action.PAY):
        rows.append({"label": _("Make a payment"), "href": address("payments:pay", args=_number(seat))})
    return [row for row in rows if row["href"]][:3]


def _summary(tasks: list[Task], today: date) -> str:
    if not tasks:
        return _("Nothing needs you today.")
    count = len(tasks)
    if tasks[0].on < today:
        return ngettext(
            "%(count)s thing needs you, and it is overdue.",
            "%(count)s things need you. The first is overdue.",
            count,
        ) % {"count": count}
    nearest = formats.weekday_day(tasks[0].on, language())
    return ngettext(
        "%(count)s thing needs you. The nearest date is %(day)s.",
        "%(count)s things need you. The nearest date is %(day)s.",
        count,
    ) % {"count": count, "day": nearest}


# --- What needs you today ---------------------------------------------------------------------------------------------


def _with_primary(tasks: list[Task]) -> list[Task]:
    """One primary button: the first one that pays."""
    found = next((row for row in tasks if row.is_primary), None)
    return [row if row is found or not row.is_primary else Task(**{**vars(row), "is_primary": False}) for row in tasks]


def _tasks(seat: Seat, account: AccountHome, today: date) -> list[Task]:
    return [
        *_release_tasks(seat, account.releases, today),
        *_payment_tasks(seat, account, today),
        *_security_tasks(seat, account, today),
        *_request_tasks(seat, account, today),
    ]


def _more_url(seat: Seat, releases: Sequence[Release]) -> str:
    """Where the releases stand that the list of tasks has no room for."""
    if len(releases) <= homes.ROWS or not seat.may(Action.VIEW_TRANSACTIONS):
        return ""
    return address("releases:account_list", args=_number(seat)) + "?accounting=open"


def _release_tasks(seat: Seat, releases: Sequence[Release], today: date) -> list[Task]:
    """Releases that are not accounted for yet, whoever files them; the longest list leads on to its own page."""
    return [_release_task(seat, release, today) for release in releases[: homes.ROWS] if release.accounting_due_on]


def _release_task(seat: Seat, release: Release, today: date) -> Task:
    due_on = release.accounting_due_on or today
    draft = _draft_of(release)
    is_own = release.submitter_id == seat.actor.business_id and seat.may(Action.FILE_DECLARATION)
    values = {
        "day": formats.day_month(release.released_on or today, language()),
        "name": draft.prepared_by if draft and draft.prepared_by else release.submitter.legal_name,
        "goods": release.goods,
    }
    text = _("%(goods)s. Goods must be accounted for within 5 business days of release.") % values
    if draft is not None:
        text = _("Draft by %(name)s. Goods must be accounted for within 5 business days of release.") % values
    elif not is_own:
        text = _("%(goods)s, released for you by %(name)s, which accounts for them.") % values
    title = (
        _("Finish the declaration for the release of %(day)s")
        if draft is not None and is_own
        else _("Account for the release of %(day)s")
    ) % values
    where = (seat.program_account.number, release.transaction_number)
    if is_own and draft is not None:
        action, href = _("Open draft"), address("declarations:edit", "declarations:detail", args=where)
    elif is_own:
        action, href = _("Start"), address("declarations:start", args=where)
    else:
        action, href = _("See"), address("releases:account_list", args=_number(seat))
    if not seat.may(Action.VIEW_TRANSACTIONS):
        href = ""
    return task(
        due_on,
        today=today,
        title=title,
        text=text,
        amount=draft.total if draft is not None and draft.total else None,
        amount_name=_("so far"),
        href=href,
        action=action,
    )


def _draft_of(release: Release) -> Declaration | None:
    return getattr(release, "declaration", None)


def _payment_tasks(seat: Seat, account: AccountHome, today: date) -> list[Task]:
    owed, statement = account.owed, account.facts.statement
    pay_url = address("payments:pay", args=_number(seat)) if seat.may(Action.PAY) else ""
    see_url = _statement_url(seat, account)
    button: dict[str, Any] = {
        "href": pay_url or see_url,
        "action": _("Pay") if pay_url else _("See"),
        "is_primary": bool(pay_url),
    }
    tasks = []
    if owed.overdue_now and account.standing.oldest_last_day:
        suspension = dict(account.standing.steps).get(Step.SUSPENSION)
        text = _("Interest runs every day until it is paid, and the account is not in good standing.")
        if suspension is not None and suspension > today and account.rpp.is_enrolled:
            text = _("Interest runs until it is paid. Release Prior to Payment is suspended on %(day)s.") % {
                "day": day(suspension)
            }
        tasks.append(
            task(
                account.standing.oldest_last_day,
                today=today,
                title=_("Pay what is overdue"),
                text=text,
                amount=owed.overdue_now,
                amount_name=_("overdue"),
                **button,
            )
        )
    left = owed.on_statement - owed.overdue_now
    if left > 0 and statement is not None and statement.last_day_to_pay >= today:
        is_late_limit = statement.last_day_to_pay != statement.payment_due_on
        text = _on_its_way(seat, today) or _("Later, interest runs and good standing ends.")
        if is_late_limit:
            text = _("The due date is a holiday: payment counts until %(day)s.") % {
                "day": formats.weekday_day(statement.last_day_to_pay, language())
            }
        tasks.append(
            task(
                statement.payment_due_on if statement.payment_due_on >= today else statement.last_day_to_pay,
                today=today,
                title=_("Pay the statement of %(day)s") % {"day": day(statement.statement_on)},
                text=text,
                amount=left,
                amount_name=_("total payable"),
                **button,
            )
        )
    return tasks


def _on_its_way(seat: Seat, today: date) -> str:
    """What somebody else pays of it already; empty when nobody does."""
    payer = seat.provider or seat.business
    ways = payments.on_its_way(seat.program_account.pk, today, visibility=seat.visibility, besides=payer.pk)
    if not ways:
        return ""
    payers = dict.fromkeys(way.payer for way in ways)
    words = {"amount": money(sum((way.amount for way in ways), ZERO)), "payers": ", ".join(payers)}
    return _("%(amount)s of it is on its way from %(payers)s: check before you pay.") % words


def _security_tasks(seat: Seat, account: AccountHome, today: date) -> list[Task]:
    rpp, upcoming = account.rpp, account.facts.upcoming
    number = _number(seat)
    tasks = []
    lack = _later_lack(account)
    if upcoming is not None and lack is not None:
        values = {
            "old": money(upcoming.old_amount if upcoming.old_amount is not None else rpp.requirement),
            "new": money(upcoming.amount),
            "cash": money(lack.cash),
        }
        tasks.append(
            task(
                upcoming.due_on or upcoming.effective_on,
                today=today,
                title=_("Raise your financial security: the yearly review moved your requirement"),
                text=_("From %(old)s to %(new)s. Raise the bond by this amount or add %(cash)s in cash.") % values,
                amount=lack.bond,
                amount_name=_("bond shortfall"),
                href=address("security:review", args=number),
                action=_("See review"),
            )
        )
    if rpp.state == RppState.SUSPENDED:
        reason = rpp.reasons[0].label if rpp.reasons else ""
        tasks.append(
            task(
                rpp.changed_on or today,
                today=today,
                left=_("suspended"),
                title=_("Release Prior to Payment is suspended"),
                text=_("%(reason)s Until then goods wait for payment at the port.") % {"reason": reason},
                amount=rpp.shortfall.bond or None,
                amount_name=_("bond shortfall"),
                href=address("security:overview", args=number),
                action=_("See why"),
            )
        )
    elif rpp.state == RppState.PENDING_SECURITY or (rpp.state == RppState.ACTIVE and not rpp.is_on):
        tasks.append(
            task(
                today,
                today=today,
                title=_("Post your financial security"),
                text=_("Goods are released before payment as soon as a bond or a cash deposit covers you."),
                amount=rpp.shortfall.bond or None,
                amount_name=_("as a bond"),
                href=address(
                    "security:submit" if seat.may(Action.MANAGE_SECURITY) else "security:overview", args=number
                ),
                action=_("Post security") if seat.may(Action.MANAGE_SECURITY) else _("See"),
            )
        )
    return [*tasks, *_early_tasks(rpp, today, number)]


def _early_tasks(rpp: RppStatus, today: date, number: tuple[str]) -> list[Task]:
    """What an importer was told of in good time: security nearly used up, a season that ends."""
    tasks = []
    if rpp.is_enrolled and rpp.nudge_level >= Level.WARNING:
        tasks.append(
            task(
                today,
                today=today,
                title=_("Pay early or add security"),
                text=_("%(owed)s is owed and %(covered)s is covered.")
                % {"owed": money(rpp.open_debt), "covered": money(rpp.coverage.total)},
                amount=rpp.room,
                amount_name=_("room left"),
                href=address("security:overview", args=number),
                action=_("See"),
            )
        )
    if rpp.is_enrolled and rpp.ends_on is not None and rpp.ends_on <= today + timedelta(days=PERIOD_DAYS):
        tasks.append(
            task(
                rpp.ends_on,
                today=today,
                title=_("Release Prior to Payment ends with your period"),
                text=_("Move the last day if you need releases for longer."),
                href=address("security:overview", args=number),
                action=_("See"),
            )
        )
    return tasks


def _request_tasks(seat: Seat, account: AccountHome, today: date) -> list[Task]:
    facts, bn9 = account.facts, seat.business.bn9
    tasks = []
    if facts.request is not None and seat.may(Action.MANAGE_THIRD_PARTIES) and not seat.is_delegated:
        request = facts.request
        values = {
            "provider": request.provider,
            "count": facts.request_count,
            "day": formats.day_month(request.asked_on, language()),
        }
        one = facts.request_count == 1
        title = _("Answer an access request from %(provider)s")
        if not one:
            title = _("Answer %(count)s access requests, the first from %(provider)s")
        text = _("Received %(day)s. They see nothing until you approve.")
        if request.provider_kind == "CUSTOMS_BROKER":
            text = _("Customs broker, received %(day)s. They see nothing until you approve.")
        tasks.append(
            task(
                request.expires_on,
                today=today,
                left=_("request expires"),
                title=title % values,
                text=text % values,
                href=address("delegation:third_party_request", args=(bn9, request.pk))
                if one
                else address("delegation:third_party_requests", args=(bn9,)),
                action=_("Review"),
            )
        )
    if facts.employee_count and seat.may(Action.MANAGE_PEOPLE) and not seat.is_delegated:
        tasks.append(
            task(
                today,
                today=today,
                left=_("waiting"),
                title=ngettext(
                    "%(count)s person asks to join %(business)s",
                    "%(count)s people ask to join %(business)s",
                    facts.employee_count,
                )
                % {"count": facts.employee_count, "business": seat.business_name},
                text=_("They see nothing until you give them a role."),
                href=address("delegation:employee_requests", args=(bn9,)),
                action=_("Review"),
            )
        )
    return tasks


def _later_lack(account: AccountHome) -> Shortfall | None:
    """What the coverage of today lacks for the requirement to come, where a review raised it."""
    upcoming = account.facts.upcoming
    if upcoming is None or not account.rpp.is_enrolled or upcoming.outcome not in ("", ReviewOutcome.RISEN):
        return None
    lack = shortfall(account.rpp.coverage, upcoming.amount)
    return lack if lack.is_short else None


def _statement_url(seat: Seat, account: AccountHome) -> str:
    statement = account.facts.statement
    if statement is None:
        return address("statements:list", args=_number(seat))
    return address("statements:detail", args=(*_number(seat), statement.statement_on.isoformat())) or address(
        "statements:list", args=_number(seat)
    )


# --- Tiles and security -----------------------------------------------------------------------------------------------


def _tiles(seat: Seat, account: AccountHome, today: date) -> dict[str, dict[str, Any]]:
    return {
        "standing": _standing_tile(seat, account),
        "rpp": _rpp_tile(seat, account),
        "balance": _balance_tile(seat, account),
        "card": _card_tile(seat, account),
    }


def _standing_tile(seat: Seat, account: AccountHome) -> dict[str, Any]:
    verdict = account.standing
    tile = {"href": address("standing:detail", args=_number(seat)), "link": _("Why, and what would change it")}
    if verdict.is_good:
        text = _("Nothing is overdue.")
        if verdict.good_since:
            text = _("Nothing is overdue. Good since %(day)s.") % {"day": day(verdict.good_since)}
        return {**tile, "kind": "success", "badge": _("In good standing"), "text": text}
    text = _("%(amount)s is overdue since %(day)s.") % {
        "amount": money(verdict.overdue),
        "day": day(verdict.overdue_since) if verdict.overdue_since else "",
    }
    if verdict.next_step and verdict.next_step_on:
        text = _("%(text)s Next, on %(day)s: %(step)s.") % {
            "text": text,
            "day": day(verdict.next_step_on),
            "step": STEP_LABELS[verdict.next_step],
        }
    return {**tile, "kind": "danger", "badge": _("Overdue"), "text": text}


def _rpp_tile(seat: Seat, account: AccountHome) -> dict[str, Any]:
    rpp = account.rpp
    tile = {"href": address("security:overview", args=_number(seat)), "link": _("Enrolment details")}
    reason = str(rpp.reasons[0].label) if rpp.reasons else ""
    since = day(rpp.enrolled_on) if rpp.enrolled_on else ""
    if rpp.is_on:
        text = _("Goods are released before you pay. Enrolled %(day)s.") % {"day": since}
        if not since:
            text = _("Goods are released before you pay.")
        return {**tile, "kind": "success", "badge": _("Active"), "text": text}
    if rpp.state == RppState.SUSPENDED:
        text = _("%(reason)s Goods wait for payment at the port.") % {"reason": reason}
        return {**tile, "kind": "danger", "badge": _("Suspended"), "text": text}
    if rpp.is_enrolled:
        return {**tile, "kind": "warning", "badge": _("Waiting for security"), "text": reason}
    can_enrol = StatusReason.NOT_AN_IMPORTER not in rpp.reasons and seat.may(Action.MANAGE_SECURITY)
    if can_enrol:
        tile = {"href": address("security:enrol", args=_number(seat)), "link": _("Enrol")}
    text = _("Goods are paid for at the port before they are released.")
    return {**tile, "kind": "neutral", "badge": _("Not enrolled"), "text": text}


def _balance_tile(seat: Seat, account: AccountHome) -> dict[str, Any]:
    owed = account.owed
    values = {"statement": money(owed.on_statement), "unbilled": money(owed.to_come), "credit": money(owed.credit_left)}
    text = _("%(statement)s on the statement and %(unbilled)s not yet billed.") % values
    value = owed.total
    if owed.credit_left:
        value = -owed.credit_left
        text = _("You have a credit of %(credit)s. It pays what comes next.") % values
    elif not owed.total:
        text = _("Nothing is owed, billed or not.")
    return {
        "value": money(value),
        "text": text,
        "href": address("statements:history", "statements:list", args=_number(seat)),
        "link": _("Open items"),
    }


def _card_tile(seat: Seat, account: AccountHome) -> dict[str, Any]:
    card = account.card
    values = {"limit": money(card.limit), "day": formats.day_month(card.cycle_end, language())}
    text = _("Of %(limit)s until %(day)s. Debit has no limit here.") % values
    if not card.is_by_cycle:
        text = _("%(limit)s for each payment. Debit has no limit here.") % values
    may_pay = seat.may(Action.PAY)
    href = address("payments:pay" if may_pay else "payments:list", args=_number(seat))
    return {
        "name": _("Card room left, this cycle") if card.is_by_cycle else _("Card limit, each payment"),
        "value": money(card.left),
        "text": text,
        "href": href,
        "link": _("Ways to pay") if may_pay else _("Payments"),
    }


def _coverage_badge(account: AccountHome, lack: Shortfall | None) -> dict[str, str] | None:
    rpp, upcoming = account.rpp, account.facts.upcoming
    if not rpp.is_enrolled:
        return None
    if not rpp.is_sufficient:
        return {"kind": "danger", "text": _("Short by %(amount)s") % {"amount": money(rpp.shortfall.missing)}}
    if lack is not None and upcoming is not None:
        words = _("Covered today, short from %(day)s")
        return {"kind": "warning", "text": words % {"day": formats.day_month(upcoming.effective_on, language())}}
    return {"kind": "success", "text": _("Covered")}


def _chart(account: AccountHome) -> Any:
    total = account.rpp.coverage.total
    cover = None
    if account.rpp.coverage.has_security:
        cover = (total, _("Security covers %(amount)s") % {"amount": money(total)})
    return monthly_chart(
        account.charges.months,
        cover=cover,
        words={
            "title": _("Monthly charges"),
            "description": _("Twelve columns, one a month that ends on the day named; the highest is dark."),
            "name_head": _("Month ending"),
            "value_head": _("Charges"),
        },
    )


def _bar(account: AccountHome, lack: Shortfall | None) -> charts.CoverageBar:
    rpp = account.rpp
    later = account.facts.upcoming.amount if account.facts.upcoming and lack else None
    return charts.coverage_bar(
        used=rpp.open_debt,
        covers=rpp.coverage.total,
        required_today=rpp.requirement,
        required_later=later,
        description=_("%(used)s of %(covers)s is used; %(required)s is required today")
        % {"used": money(rpp.open_debt), "covers": money(rpp.coverage.total), "required": money(rpp.requirement)},
    )


# --- What is due, and by when -----------------------------------------------------------------------------------------


def _due(seat: Seat, account: AccountHome, today: date) -> list[Due]:
    """The newest statement while it is open, the next one and its payment, and the deadline of the yearly review."""
    rows = []
    statement, owed, upcoming = account.facts.statement, account.owed, account.facts.upcoming
    if owed.overdue_now and account.standing.oldest_last_day:
        rows.append(
            Due(
                key="overdue",
                on=account.standing.oldest_last_day,
                what=_("Overdue amounts"),
                covers=_("Earlier statements"),
                amount=owed.overdue_now,
                state=_("Overdue"),
                kind="danger",
                href=address("standing:detail", args=_number(seat)),
            )
        )
    left: Decimal = owed.on_statement - owed.overdue_now
    if statement is not None and left > 0 and statement.last_day_to_pay >= today:
        rows.append(_statement_due(seat, account, left, today))
    period = next_statement_period(today, newest_on=statement.statement_on if statement else None)
    values = {"period": formats.period(period.first_day, period.last_day, language())}
    is_open = today <= period.last_day
    rows.append(
        Due(
            key=f"statement-{period}",
            on=period.statement_on,
            what=_("Next statement is issued"),
            covers=_("Releases %(period)s") % values,
            amount_text=_("%(amount)s so far") % {"amount": money(owed.to_come)},
            state=_("Period open") if is_open else _("Period closed"),
            kind="neutral",
        )
    )
    rows.append(
        Due(
            key=f"payment-{period}",
            on=payment_due_on(period),
            what=_("Payment of that statement"),
            covers=_("10 weekdays after %(day)s") % {"day": formats.day_month(period.last_day, language())},
            amount_text=_("Not known yet"),
            state=_("Planned"),
            kind="neutral",
        )
    )
    lack = _later_lack(account)
    if upcoming is not None and upcoming.due_on is not None and upcoming.window_start and upcoming.window_end:
        rows.append(
            Due(
                key=f"review-{upcoming.due_on.isoformat()}",
                on=upcoming.due_on,
                what=_("Security after the yearly review"),
                covers=formats.period(upcoming.window_start, upcoming.window_end, language()),
                amount_text=_("%(amount)s more") % {"amount": money(lack.bond)} if lack else _("Nothing more"),
                state=_("Plan it") if lack else _("Covered"),
                kind="info" if lack else "success",
                href=address("security:review", args=_number(seat)),
            )
        )
    return sorted(rows, key=lambda row: row.on)


def _statement_due(seat: Seat, account: AccountHome, left: Decimal, today: date) -> Due:
    statement = account.facts.statement
    assert statement is not None
    on = statement.payment_due_on if statement.payment_due_on >= today else statement.last_day_to_pay
    days = (on - today) // timedelta(days=1)
    state = ngettext("Due in %(count)s day", "Due in %(count)s days", days) % {"count": days}
    if not days:
        state = _("Due today")
    return Due(
        key=f"due-{statement.statement_on.isoformat()}",
        on=on,
        what=_("Statement of %(day)s") % {"day": formats.day_month(statement.statement_on, language())},
        covers=_("Releases %(period)s")
        % {"period": formats.period(statement.period_start, statement.period_end, language())},
        amount=left,
        state=state,
        kind="warning" if days < 10 else "info",
        href=_statement_url(seat, account),
    )
