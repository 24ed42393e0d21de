"""The officers' desk of overdue accounts: who owes since when, and what is decided about one of them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import OfficerSeat, officer_page
from accounts.models import ProgramAccount
from accounts.rules import OFFICER
from core import clock
from core import format as formats
from core.errors import Conflict, DomainError, Stranger
from core.forms import PortageForm
from reference import queries as reference
from security import queries as security
from security import services as rpp
from security.rules import OPEN_DEMANDS, SuspensionReason
from standing import exports, queries, rules, services
from standing.forms import (
    ArrangeForm,
    DecideForm,
    DemandForm,
    DepositForm,
    DeskForm,
    HoldForm,
    PaidForm,
    ReasonForm,
    SetOffForm,
)
from standing.models import Hold

ROWS = 25
UNPROCESSABLE = 422


class OfficerRequest(HttpRequest):
    seat: OfficerSeat


@require_safe
@officer_page(OFFICER)
def desk(request: OfficerRequest) -> HttpResponse:
    """Overdue accounts, the oldest debt first."""
    form = DeskForm(request.GET)
    rows = _rows(form)
    context = {
        "form": form,
        "is_narrowed": any(form.cleaned_data.values()) if form.is_valid() else False,
        "query": request.GET.urlencode(),
        "page": Paginator(rows, ROWS).get_page(request.GET.get("page")),
        "total": sum((row.overdue for row in rows), rules.ZERO),
    }
    return render(request, "standing/desk.html", context)


@require_safe
@officer_page(OFFICER)
def desk_csv(request: OfficerRequest) -> HttpResponse:
    """What the list shows, as a file."""
    response = HttpResponse(exports.desk_csv(_rows(DeskForm(request.GET))), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="overdue-accounts.csv"'
    return response


def _rows(form: DeskForm) -> list[queries.DeskRow]:
    given = form.cleaned_data if form.is_valid() else {"q": "", "step": "", "measure": ""}
    return queries.desk_rows(on=clock.today(), text=given["q"], step=given["step"], measure=given["measure"])


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def case(request: OfficerRequest, number: str) -> HttpResponse:
    """One account, and everything that an officer can decide about it now."""
    account = queries.case_of(number)
    if account is None:
        raise Stranger(_("There is no program account of that number here. Check the number."), code="not_found")
    at = clock.now()
    facts = _facts(account, at)
    acts = _acts(account, facts, {"on": at.date(), "at": at, "actor": request.seat.actor})
    failed: PortageForm | None = None
    if request.method == "POST":
        chosen = request.POST.get("act", "")
        if chosen not in acts:
            raise Conflict(_("This is not possible any more. Reload the page to see what is."), code="not_possible_now")
        failed = acts[chosen].attempt(request.POST)
        if failed is None:
            messages.success(request, _("Done. Whom it concerns was told."))
            return HttpResponseRedirect(reverse("standing:case", args=(account.number,)))
    context = {**facts, "account": account, "form": failed, "acts": list(acts.values()), "today": at.date()}
    return render(request, "standing/case.html", context, status=UNPROCESSABLE if failed else 200)


class _Act:
    """One thing that an officer can decide now: its name, its form, and the service behind it."""

    def __init__(
        self,
        key: str,
        title: Any,
        build: Callable[..., PortageForm],
        do: Callable[[Mapping[str, Any]], Any],
        hint: Any = "",
    ) -> None:
        self.key, self.title, self.hint = key, title, hint
        self._build, self._do = build, do
        self.form = build(prefix=key)
        self.is_open = False

    def attempt(self, data: Any) -> PortageForm | None:
        """Do it; the form with its errors when that did not go."""
        self.form, self.is_open = self._build(data, prefix=self.key), True
        if self.form.is_valid():
            try:
                self._do(self.form.cleaned_data)
            except DomainError as refusal:
                self.form.add_domain_error(refusal)
            else:
                return None
        return self.form


def _facts(account: ProgramAccount, at: datetime) -> dict[str, Any]:
    on = at.date()
    outlook = queries.outlook_of(account.pk, on=on)
    demands = list(security.demands_for(account.pk))
    return {
        "outlook": outlook,
        "notices": list(queries.notices_of(account.pk)),
        "demands": demands,
        "open_demand": next((row for row in demands if row.state in OPEN_DEMANDS), None),
        "demandable": [
            (bond, amount)
            for bond, amount in security.demandable_on_each(
                security.bonds_of(account.pk), program_account_id=account.pk, on=on
            )
            if amount > rules.ZERO
        ]
        if not outlook.standing.is_good
        else [],
        "enforceable": rules.can_enforce(
            noticed_on=outlook.noticed_on, days=rules.StepDays.of(reference.policy(), on), on=on
        ),
    }


def _acts(account: ProgramAccount, facts: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, _Act]:
    """What can be decided in the present state, by its key, in the order of the page."""
    outlook: queries.Outlook = facts["outlook"]
    here = {"program_account_id": account.pk, **now}
    acts = []
    if not outlook.standing.is_good:
        acts += _pauses(outlook, here)
    if outlook.detention is not None:
        acts.append(
            _Act("free", _("End the detention"), ReasonForm, lambda given: services.end_detention(**given, **here))
        )
    elif not outlook.standing.is_good:
        hint = _("Goods that arrive are examined and may be held until the debt is paid (Customs Act s. 97.25).")
        acts.append(_Act("detain", _("Detain goods"), ReasonForm, lambda given: services.detain(**given, **here), hint))
    acts += _of_rpp(outlook, here)
    acts += _of_demands(facts, here, now)
    acts += _of_set_off(account, facts, here)
    acts += _of_deposit(account, outlook, here)
    return {act.key: act for act in acts}


def _pauses(outlook: queries.Outlook, here: Mapping[str, Any]) -> list[_Act]:
    acts = []
    if outlook.hold is not None:
        acts.append(
            _Act("end_hold", _("Let the steps go on"), ReasonForm, lambda given: services.end_hold(**given, **here))
        )
    else:

        def hold(given: Mapping[str, Any]) -> Hold:
            return services.hold_steps(
                ground=Hold.Ground(given["ground"]), until=given["until"], reason=given["reason"], **here
            )

        hint = _("No notice, transfer or suspension while it holds. Interest goes on.")
        acts.append(_Act("hold", _("Hold the steps back"), HoldForm, hold, hint))
    if outlook.arrangement is not None:
        acts.append(
            _Act(
                "end_arrangement",
                _("End the arrangement"),
                ReasonForm,
                lambda given: services.end_arrangement(**given, **here),
            )
        )
    else:
        hint = _("What is overdue today in equal monthly parts. Steps pause while every part is paid by its day.")
        acts.append(
            _Act(
                "arrange",
                _("Agree on instalments"),
                ArrangeForm,
                lambda given: services.agree_arrangement(**given, **here),
                hint,
            )
        )
    return acts


def _of_rpp(outlook: queries.Outlook, here: Mapping[str, Any]) -> list[_Act]:
    state = outlook.enrolment.state if outlook.enrolment else ""
    if state == "SUSPENDED":
        return [
            _Act(
                "reinstate",
                _("Reinstate Release Prior to Payment"),
                ReasonForm,
                lambda given: rpp.lift_suspension(**given, **here),
            )
        ]
    if state != "ACTIVE":
        return []
    now = {name: here[name] for name in ("on", "at", "actor")}

    def suspend(given: Mapping[str, Any]) -> int:
        return rpp.suspend_rpp(
            program_account_ids=[here["program_account_id"]],
            reason=SuspensionReason.OFFICER,
            note=given["reason"],
            **now,
        )

    hint = _("Until an officer reinstates it: paying alone does not.")
    return [_Act("suspend", _("Suspend Release Prior to Payment"), ReasonForm, suspend, hint)]


def _of_demands(facts: Mapping[str, Any], here: Mapping[str, Any], now: Mapping[str, Any]) -> list[_Act]:
    demand = facts["open_demand"]
    acts = []
    if demand is not None:

        def build(*args: Any, **kwargs: Any) -> DecideForm:
            return DecideForm(*args, initial={"amount": demand.amount if demand.rebuttal else None}, **kwargs)

        acts = [
            _Act(
                "paid",
                _("Enter the surety's payment"),
                PaidForm,
                lambda given: services.receive_from_surety(
                    demand_id=demand.pk, reference_text=given["reference"], **now
                ),
            ),
            _Act(
                "decide",
                _("Decide on the demand"),
                build,
                lambda given: rpp.decide_demand(demand_id=demand.pk, **given, **now),
            ),
        ]
    if facts["demandable"] and demand is None:
        bonds = [
            (bond.pk, f"{bond.agreement_number}, {bond.provider.legal_name}: {_money(amount)}")
            for bond, amount in facts["demandable"]
        ]
        acts.append(
            _Act(
                "demand",
                _("Demand payment by the surety"),
                lambda *args, **kwargs: DemandForm(*args, bonds=bonds, **kwargs),
                lambda given: rpp.send_demand(bond_id=given["bond"], reason=given["reason"], **here),
                _("The overdue amounts that accrued while the bond was valid, at most the bond; 60 days to pay."),
            )
        )
    return acts


def _of_set_off(account: ProgramAccount, facts: Mapping[str, Any], here: Mapping[str, Any]) -> list[_Act]:
    outlook: queries.Outlook = facts["outlook"]
    sources = [
        (other.pk, f"{formats.bn(other.number)}: {_money(amount)}")
        for other, amount in (queries.credits_of_business(account) if facts["enforceable"] else [])
    ]
    if not sources:
        return []

    def build(*args: Any, **kwargs: Any) -> SetOffForm:
        return SetOffForm(*args, sources=sources, initial={"expected_overdue": outlook.standing.overdue}, **kwargs)

    def apply(given: Mapping[str, Any]) -> Any:
        return services.set_off(
            source_id=given["source"],
            expected_overdue=given["expected_overdue"],
            reason=given["reason"],
            **here,
        )

    return [_Act("set_off", _("Set a credit off against the debt"), build, apply)]


def _of_deposit(account: ProgramAccount, outlook: queries.Outlook, here: Mapping[str, Any]) -> list[_Act]:
    """What the importer's own cash security may pay of what is overdue."""
    most = min(security.applicable_cash(account.pk), outlook.standing.overdue)
    if most <= rules.ZERO:
        return []

    def build(*args: Any, **kwargs: Any) -> DepositForm:
        return DepositForm(*args, initial={"amount": most}, **kwargs)

    hint = _("What is used covers nothing any more: the security may become insufficient.")
    return [
        _Act(
            "deposit",
            _("Pay what is overdue with the deposit"),
            build,
            lambda given: rpp.apply_deposit_to_overdue(**given, **here),
            hint,
        )
    ]


def _money(amount: Any) -> str:
    return formats.money(amount, get_language() or "en")
