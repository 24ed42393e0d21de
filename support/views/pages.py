"""Pages of the calculators, help and contact: open to everybody, read from the address."""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from core import clock
from core import format as formats
from core.errors import DomainError
from declarations.rules import AssessmentTotals, LineAssessment
from reference.rules.billing import FIRST_DATE, LAST_DATE
from support.forms.calculators import MOST_LINES, BillingForm, DutiesForm, InterestForm, MustRegisterForm, SecurityForm
from support.rules import must_register as questions
from support.rules.requests import ANSWER_BUSINESS_DAYS
from support.services import calculators as services


@require_safe
def calculators(request: HttpRequest) -> HttpResponse:
    return render(request, "support/calculators.html")


@require_safe
def duties(request: HttpRequest) -> HttpResponse:
    given, line_count = request.GET, _small_number(request.GET.get("lines", "1"))
    is_changing_lines = "add" in given or "remove" in given
    initial = {"currency": "USD", "shipped_on": clock.today()}
    if "currency" not in given:
        form = DutiesForm(initial=initial, line_count=1)
    elif is_changing_lines:
        line_count = line_count + 1 if "add" in given else line_count - 1
        form = DutiesForm(initial=given.dict(), line_count=line_count)
    else:
        form = DutiesForm(given, line_count=line_count)
    estimate = None
    if form.is_valid():
        try:
            estimate = services.duties_estimate(
                currency=form.cleaned_data["currency"],
                lines=form.duty_lines(),
                shipped_on=form.cleaned_data["shipped_on"],
                exchange_rate=form.cleaned_data["exchange_rate"],
            )
        except DomainError as error:
            error.field = _line_field(error.field)
            form.add_domain_error(error)
    context: dict[str, Any] = {"form": form, "estimate": estimate, "most_lines": MOST_LINES}
    if estimate is not None:
        explained = min(max(_small_number(request.GET.get("explain", "1")), 1), len(estimate.lines))
        context |= {
            "rows": [_table_row(line.assessment) for line in estimate.lines],
            "total_row": _table_row(estimate.totals),
            "explained": estimate.lines[explained - 1],
            "explained_number": explained,
            "rate_text": exchange_rate_text(estimate.exchange_rate, get_language() or "en"),
        }
    return render(request, "support/calculator_duties.html", context)


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    given = request.GET
    on = _day(given.get("on", "")) or clock.today()
    if "on" not in given:
        form = SecurityForm(initial={"on": on}, on=on)
    elif "months" in given and _day(given["on"]):
        form = SecurityForm(initial=given.dict(), on=on)
    else:
        form = SecurityForm(given, on=on)
    estimate = None
    if form.is_valid():
        estimate = services.security_estimate(monthly_totals=form.monthly_totals(), on=form.cleaned_data["on"])
    context: dict[str, Any] = {"form": form, "estimate": estimate}
    if estimate is not None and (month := estimate.highest.month):
        context["highest_day"] = date(month.year, month.month, 1)
    return render(request, "support/calculator_security.html", context)


@require_safe
def billing(request: HttpRequest) -> HttpResponse:
    return render(request, "support/calculator_billing.html", when_would_i_pay(request.GET, clock.today()))


def when_would_i_pay(given: QueryDict, today: date) -> dict[str, Any]:
    """The form and, once a day is given, the dates: what the panel on the public home and the page both show."""
    form = BillingForm(given) if "released_on" in given else BillingForm(initial={"released_on": today})
    dates = services.billing_estimate(released_on=form.cleaned_data["released_on"]) if form.is_valid() else None
    return {"form": form, "dates": dates}


@require_safe
def interest(request: HttpRequest) -> HttpResponse:
    given = request.GET
    form = InterestForm(given) if "principal" in given else InterestForm()
    result = None
    if form.is_valid():
        data = form.cleaned_data
        try:
            result = services.interest_estimate(
                principal=data["principal"], due_on=data["due_on"], paid_on=data["paid_on"], rates=form.rates()
            )
        except DomainError as error:
            error.field = "rate"
            form.add_domain_error(error)
    return render(request, "support/calculator_interest.html", {"form": form, "result": result})


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "support/help.html")


@require_safe
def must_register(request: HttpRequest) -> HttpResponse:
    """Do I have to register? The answer is part of the address, so that it can be kept and shown to others."""
    is_asked = any(question in request.GET for question in questions.Question) or "work" in request.GET
    form = MustRegisterForm(request.GET) if is_asked else MustRegisterForm()
    answer = questions.registration_answer(form.replies()) if form.is_valid() else None
    return render(request, "support/must_register.html", {"form": form, "answer": answer})


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    return render(request, "support/contact.html", {"business_days": ANSWER_BUSINESS_DAYS})


def exchange_rate_text(rate: Decimal, language: str) -> str:
    """1.3725 or 1,3725: a rate as it is read, without zeros at the end."""
    exponent = rate.normalize().as_tuple().exponent
    return formats.number(rate, language, places=max(0, -exponent) if isinstance(exponent, int) else 0)


def _table_row(amounts: LineAssessment | AssessmentTotals) -> dict[str, Decimal]:
    row = {box.name: getattr(amounts, box.name) for box in fields(AssessmentTotals)}
    return row | {"excise": amounts.excise_duty + amounts.excise_tax}


def _small_number(text: str) -> int:
    """A number of one or two digits; 1 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else 1


def _line_field(path: str | None) -> str | None:
    """The form's name of a field that the service names as ``lines[0].province``."""
    if path and path.startswith("lines["):
        position, name = path.removeprefix("lines[").split("].")
        return f"{name}_{int(position) + 1}"
    return path


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if FIRST_DATE <= day <= LAST_DATE else None
