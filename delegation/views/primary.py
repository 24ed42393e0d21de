"""The primary manager: who it is, the offer to another manager and its answer; an officer who names one."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import OfficerSeat, officer_page
from accounts.rules import OFFICER
from core import clock
from core.clock import TORONTO
from core.errors import DomainError, Refused
from delegation import queries, rules, services
from delegation.access import BusinessSeat, business_page
from delegation.forms import FindBusinessForm, OptionalReasonForm, PrimaryForm
from delegation.models import PrimaryHandover
from delegation.rules import Action
from delegation.services.parts import day_in_words
from delegation.views.parts import NoQuestions, Question, SeatRequest, ask, found, page_of, typed


class OfficerRequest(HttpRequest):
    seat: OfficerSeat


def _here(seat: BusinessSeat) -> str:
    return reverse("delegation:primary", args=(seat.business.bn9,))


def _crumbs(seat: BusinessSeat) -> list[tuple[str, str]]:
    return [
        (reverse("delegation:people", args=(seat.business.bn9,)), _("People and access")),
        (_here(seat), _("Primary manager")),
    ]


@require_safe
@business_page(to=Action.EDIT_BUSINESS)
def primary(request: SeatRequest) -> HttpResponse:
    """Who is the primary, to whom the role is offered, and how earlier offers went."""
    seat, at = request.seat, clock.now()
    holder = queries.primary_of(seat.business.pk)
    page = page_of(request, queries.handovers(seat.business.pk))
    waiting = next((row for row in page if row.state == PrimaryHandover.State.OFFERED and row.expires_at > at), None)
    is_primary = holder is not None and holder.user_id == seat.actor.user_id
    context = {
        "holder": holder,
        "is_primary": is_primary,
        "waiting": waiting,
        "is_mine_to_answer": waiting is not None and waiting.offered_to.user_id == seat.actor.user_id,
        "others": list(queries.other_managers(seat.business.pk)) if is_primary and not waiting else [],
        "page": page,
        "days": rules.HANDOVER_DAYS,
    }
    return render(request, "delegation/primary.html", context)


@business_page(to=Action.EDIT_BUSINESS)
@reauthentication_required(allow_get=True)
def offer(request: SeatRequest, pk: int) -> HttpResponse:
    """Offer the primary role to one other manager."""
    seat = request.seat
    holder = queries.primary_of(seat.business.pk)
    if holder is None or holder.user_id != seat.actor.user_id:
        raise Refused(
            _("Only the primary manager hands the primary role over. Ask that person, or an officer if they left."),
            code="not_the_primary",
        )
    row = found(queries.other_managers(seat.business.pk).filter(pk=pk).first())

    def act(answers: dict[str, Any]) -> str:
        services.offer_primary(membership_id=row.pk, actor=seat.actor, on=seat.on, at=clock.now())
        return _here(seat)

    question = Question(
        title=_("Offer the primary role to %(person)s?") % {"person": row.user},
        button=_("Offer the primary role"),
        back=_here(seat),
        context=row.user.address,
        consequences=(
            _("Nothing changes until %(person)s accepts. You can withdraw the offer before that.")
            % {"person": row.user},
            _("Once accepted, you stay a manager, and the new primary manager can remove you."),
            _("The offer waits for %(days)s days.") % {"days": rules.HANDOVER_DAYS},
        ),
        is_danger=False,
        crumbs=_crumbs(seat),
    )
    done = _("The primary role is offered to %(person)s.") % {"person": row.user}
    return ask(request, question, form=NoQuestions(typed(request)), act=act, done=done)


def _offered_to_me(seat: BusinessSeat, pk: int) -> PrimaryHandover:
    row: PrimaryHandover = found(queries.handovers(seat.business.pk).filter(pk=pk).first())
    if row.offered_to.user_id != seat.actor.user_id:
        raise Refused(_("Only the person to whom the role is offered answers."), code="not_offered_to_you")
    return row


def _my_offer(seat: BusinessSeat, pk: int) -> PrimaryHandover:
    row: PrimaryHandover = found(queries.handovers(seat.business.pk).filter(pk=pk).first())
    if row.offered_by.user_id != seat.actor.user_id:
        raise Refused(_("Only the primary manager who made the offer withdraws it."), code="not_your_offer")
    return row


@business_page(to=Action.EDIT_BUSINESS)
@reauthentication_required(allow_get=True)
def accept(request: SeatRequest, pk: int) -> HttpResponse:
    seat = request.seat
    row = _offered_to_me(seat, pk)

    def act(answers: dict[str, Any]) -> str:
        services.accept_primary(handover_id=row.pk, actor=seat.actor, on=seat.on, at=clock.now())
        return _here(seat)

    last_day = day_in_words(row.expires_at.astimezone(TORONTO).date())
    question = Question(
        title=_("Become the primary manager of %(business)s?") % {"business": seat.business_name},
        button=_("Accept the primary role"),
        back=_here(seat),
        context=_("Offered to %(person)s until %(day)s.") % {"person": row.offered_to.user, "day": last_day},
        consequences=(
            _("No other manager can remove the primary manager."),
            _("%(person)s stays a manager without the primary rank.") % {"person": row.offered_by.user},
        ),
        is_danger=False,
        crumbs=_crumbs(seat),
    )
    done = _("You are now the primary manager.")
    return ask(request, question, form=NoQuestions(typed(request)), act=act, done=done)


@business_page(to=Action.EDIT_BUSINESS)
def decline(request: SeatRequest, pk: int) -> HttpResponse:
    seat = request.seat
    row = _offered_to_me(seat, pk)

    def act(answers: dict[str, Any]) -> str:
        services.decline_primary(
            handover_id=row.pk, reason=answers["reason"], actor=seat.actor, on=seat.on, at=clock.now()
        )
        return _here(seat)

    question = Question(
        title=_("Decline the primary role?"),
        button=_("Decline the primary role"),
        back=_here(seat),
        consequences=(_("%(person)s stays the primary manager and is told.") % {"person": row.offered_by.user},),
        crumbs=_crumbs(seat),
    )
    return ask(
        request, question, form=OptionalReasonForm(typed(request)), act=act, done=_("You declined the primary role.")
    )


@business_page(to=Action.EDIT_BUSINESS)
def withdraw(request: SeatRequest, pk: int) -> HttpResponse:
    seat = request.seat
    row = _my_offer(seat, pk)

    def act(answers: dict[str, Any]) -> str:
        services.withdraw_primary(handover_id=row.pk, actor=seat.actor, on=seat.on, at=clock.now())
        return _here(seat)

    question = Question(
        title=_("Withdraw the offer to %(person)s?") % {"person": row.offered_to.user},
        button=_("Withdraw the offer"),
        back=_here(seat),
        consequences=(_("The primary manager stays the same. The role can be offered again at any time."),),
        crumbs=_crumbs(seat),
    )
    return ask(request, question, form=NoQuestions(typed(request)), act=act, done=_("The offer was withdrawn."))


# --- Officers ---------------------------------------------------------------------------------------------------------
@require_safe
@officer_page(OFFICER)
def find_business(request: OfficerRequest) -> HttpResponse:
    """An officer looks up the business whose primary manager has left."""
    form = FindBusinessForm(request.GET if "bn9" in request.GET else None)
    if form.is_bound and form.is_valid():
        business = queries.business_by_number(form.cleaned_data["bn9"])
        if business is not None:
            return HttpResponseRedirect(reverse("delegation:name_primary", args=(business.bn9,)))
        form.add_error("bn9", _("No business here has this number. Check the nine digits"))
    return render(request, "delegation/find_business.html", {"form": form})


@officer_page(OFFICER)
def name_primary(request: OfficerRequest, bn9: str) -> HttpResponse:
    """An officer names the primary manager among the managers, with a reason."""
    business = found(queries.business_by_number(bn9))
    managers = list(queries.other_managers(business.pk))
    form = PrimaryForm(typed(request), managers=managers)
    if request.method == "POST" and form.is_valid():
        try:
            chosen = services.name_primary(
                membership_id=int(form.cleaned_data["membership"]),
                reason=form.cleaned_data["reason"],
                actor=request.seat.actor,
                on=clock.today(),
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("%(person)s is now the primary manager.") % {"person": chosen.user})
            return HttpResponseRedirect(reverse("delegation:name_primary", args=(business.bn9,)))
    context = {
        "business": business,
        "holder": queries.primary_of(business.pk),
        "managers": managers,
        "form": form,
    }
    return render(request, "delegation/name_primary.html", context)
