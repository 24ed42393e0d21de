"""The people of a business: members and their roles, requests to join, invitations."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import EmployeeRequest, Membership
from core import clock
from core.errors import DomainError
from core.http import actor_of
from delegation import queries, rules, services
from delegation.access import BusinessSeat, business_page
from delegation.forms import (
    BackupForm,
    ChangeRoleForm,
    ColleagueForm,
    EmployerForm,
    InviteForm,
    OptionalReasonForm,
    ReasonForm,
    RoleForm,
    role_answers,
)
from delegation.rules import Action, Grant, Role, Roles
from delegation.views.parts import NoQuestions, Question, SeatRequest, ask, found, page_of, role_lines, typed


def _crumbs(seat: BusinessSeat, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(reverse("delegation:people", args=(seat.business.bn9,)), _("People and access")), *more]


def _form_values(seat: BusinessSeat) -> dict[str, Any]:
    return {"accounts": list(queries.open_program_accounts(seat.business.pk)), "held": seat.program_account_ids}


@require_safe
def who_may_do_what(request: HttpRequest) -> HttpResponse:
    """The permission table for everybody to read, before anybody is given a role."""
    context = {
        "own": rules.OWN_COLUMNS,
        "own_rows": rules.who_may_do_what(rules.OWN_COLUMNS),
        "third_parties": [
            (role, rules.ROLE_LABELS[role], columns, rules.who_may_do_what(columns))
            for role in (Role.THIRD_PARTY_BUSINESS, Role.THIRD_PARTY_PROGRAM)
            for columns in (rules.third_party_columns(role),)
        ],
    }
    return render(request, "delegation/who_may_do_what.html", context)


@business_page(to=Action.MANAGE_PEOPLE)
def people(request: SeatRequest) -> HttpResponse:
    """The hub: how much waits on each page."""
    seat = request.seat
    context = {
        "waiting": queries.waiting_for(seat.business.pk, held=seat.program_account_ids),
        "serves_clients": seat.business.provider_kind in rules.PROVIDERS_FOR_CLIENTS
        and seat.may(Action.REQUEST_CLIENTS),
        "may_edit_business": seat.may(Action.EDIT_BUSINESS),
        "sees_business": seat.may(Action.VIEW_BUSINESS),
        "sees_history": seat.may(Action.VIEW_HISTORY),
    }
    return render(request, "delegation/people.html", context)


@business_page(to=Action.MANAGE_PEOPLE)
def members(request: SeatRequest) -> HttpResponse:
    seat = request.seat
    page = page_of(request, queries.members(seat.business.pk, held=seat.program_account_ids))
    managers = queries.manager_count(seat.business.pk)
    rows = [
        {
            "membership": row,
            "is_oneself": row.user_id == seat.actor.user_id,
            "may_change": _may_change(seat, row, managers, whole=False),
            "may_remove": _may_change(seat, row, managers, whole=True),
        }
        for row in page
    ]
    return render(request, "delegation/members.html", {"page": page, "rows": rows})


@business_page(to=Action.MANAGE_PEOPLE)
def add_colleague(request: SeatRequest) -> HttpResponse:
    """A role in further program accounts for somebody who belongs to the business already."""
    seat = request.seat
    form = ColleagueForm(typed(request), **_form_values(seat))
    if request.method == "POST" and form.is_valid():
        try:
            row = services.add_colleague(
                business_id=seat.business.pk,
                email=form.cleaned_data["email"],
                roles=dict(form.roles or {}),
                actor=seat.actor,
                on=seat.on,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("%(person)s may now work there, and was told.") % {"person": row.user})
            return HttpResponseRedirect(reverse("delegation:members", args=(seat.business.bn9,)))
    return render(request, "delegation/add_colleague.html", {"form": form})


def _may_change(seat: BusinessSeat, row: Membership, manager_count: int, *, whole: bool) -> bool:
    """Whether this manager changes something for a person, or takes the person out of the business as a whole."""
    held = seat.program_account_ids
    touched = frozenset(one.program_account_id for one in row.programs.all())
    problem = rules.change_problem(
        rules.Colleague(
            role=row.role,
            is_primary=row.is_primary,
            program_account_ids=touched if whole or held is None else touched & held,
        ),
        held=held,
        is_oneself=row.user_id == seat.actor.user_id,
        stays_manager=False,
        manager_count=manager_count,
    )
    return problem in (None, "last_manager")


def _member(seat: BusinessSeat, pk: int) -> Membership:
    return found(queries.members(seat.business.pk, held=seat.program_account_ids).filter(pk=pk).first())


@business_page(to=Action.MANAGE_PEOPLE)
def member(request: SeatRequest, pk: int) -> HttpResponse:
    """Change what one person may do: the form, a last look at what changes, and the save."""
    seat, act = request.seat, request.POST.get("act", "check")
    row = _member(seat, pk)
    today = queries.roles_of(row)
    asks = {"initial": _first_answers(request, today, seat, act), **_form_values(seat)}
    form = ChangeRoleForm(typed(request) if act != "again" else None, **asks)
    if form.is_bound and form.is_valid():
        after = rules.merged_roles(today, form.roles, held=seat.program_account_ids)
        if not rules.differs(today, after):
            messages.info(request, _("Nothing differs from the roles of today, so nothing was changed."))
            return HttpResponseRedirect(reverse("delegation:members", args=(seat.business.bn9,)))
        try:
            if act != "save":
                services.check_change(membership_id=row.pk, roles=form.roles, actor=seat.actor, on=seat.on)
                lines = role_lines(today, after, accounts=queries.program_accounts_of(seat.business.pk))
                return render(request, "delegation/check_roles.html", {"membership": row, "form": form, "lines": lines})
            services.change_role(
                membership_id=row.pk,
                roles=form.roles,
                known=form.cleaned_data["known"],
                actor=seat.actor,
                on=seat.on,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("The role of %(person)s was changed.") % {"person": row.user})
            return HttpResponseRedirect(reverse("delegation:members", args=(seat.business.bn9,)))
    context = {
        "membership": row,
        "form": form,
        "may_do": _may_do(row),
        "elsewhere": _elsewhere(row, seat),
        "may_remove": _may_change(seat, row, queries.manager_count(seat.business.pk), whole=True),
    }
    return render(request, "delegation/member.html", context)


def _first_answers(request: HttpRequest, today: Roles, seat: BusinessSeat, act: str) -> dict[str, Any]:
    """The roles of today; going back from the last look, what was typed."""
    if act == "again":
        return {
            name: values if name.startswith(("added", "program_accounts")) else values[-1]
            for name, values in request.POST.lists()
        }
    return {**role_answers(today, held=seat.program_account_ids), "known": rules.roles_key(today)}


def _elsewhere(row: Membership, seat: BusinessSeat) -> str:
    """What a person has in program accounts that this manager does not manage."""
    held = seat.program_account_ids
    return "; ".join(
        f"{one.program_account.rm} {services.grant_in_words(Grant(one.role, tuple(one.added_actions)))}"
        for one in row.programs.all()
        if held is not None and one.program_account_id not in held
    )


@dataclass(frozen=True)
class Source:
    """By what somebody has a permission: on top of the role, and where, if not in every program account."""

    is_added: bool
    where: str


def _may_do(row: Membership) -> list[tuple[Any, Source | None]]:
    """Every action, and whether this person has it by the role, by a single permission, or not."""
    held = {one.program_account.rm: Grant(one.role, tuple(one.added_actions)) for one in row.programs.all()}
    return [(rules.ACTION_LABELS[action], _source(action, row, held)) for action in Action]


def _source(action: Action, row: Membership, held: dict[str, Grant]) -> Source | None:
    if not held:
        return Source(False, "") if action in rules.own_actions(Role(row.role), row.added_actions) else None
    there = {rm: grant for rm, grant in held.items() if action in grant.actions}
    if not there:
        return None
    is_added = all(action not in rules.PERMISSIONS[Role(grant.role)] for grant in there.values())
    return Source(is_added, ", ".join(there) if len(there) < len(held) else "")


@business_page(to=Action.MANAGE_PEOPLE)
def remove_member(request: SeatRequest, pk: int) -> HttpResponse:
    seat = request.seat
    row = _member(seat, pk)
    back = reverse("delegation:members", args=(seat.business.bn9,))

    def act(answers: dict[str, Any]) -> str:
        services.revoke_membership(
            membership_id=row.pk, reason=answers["reason"], actor=seat.actor, on=seat.on, at=clock.now()
        )
        # Who removes oneself has no seat here any more.
        return reverse("delegation:switch") if row.user_id == seat.actor.user_id else back

    question = Question(
        title=_("Remove %(person)s from %(business)s?") % {"person": row.user, "business": seat.business_name},
        button=_("Remove %(person)s") % {"person": row.user},
        back=back,
        context=_("Role today: %(role)s") % {"role": services.roles_in_words(row)},
        consequences=(
            _("The access ends at once, on every page and in every program account."),
            _("What this person did stays on record under their name."),
            _("They can ask to join again, or be invited again."),
        ),
        crumbs=_crumbs(seat, (back, _("Members and roles"))),
    )
    return ask(
        request,
        question,
        form=OptionalReasonForm(typed(request)),
        act=act,
        done=_("%(person)s no longer has access.") % {"person": row.user},
    )


# --- Requests to join -------------------------------------------------------------------------------------------------
@business_page(to=Action.MANAGE_PEOPLE)
def employee_requests(request: SeatRequest) -> HttpResponse:
    page = page_of(request, queries.employee_requests(request.seat.business.pk))
    context = {"page": page, "may_reject": _may_reject(request.seat)}
    return render(request, "delegation/employee_requests.html", context)


def _may_reject(seat: BusinessSeat) -> bool:
    """A request is for the business, so who manages some program accounts only lets in but doesn't reject."""
    return rules.covers(seat.program_account_ids, queries.open_account_ids(seat.business.pk))


def _request_to_join(seat: BusinessSeat, pk: int) -> EmployeeRequest:
    return found(queries.employee_requests(seat.business.pk).filter(pk=pk).first())


@business_page(to=Action.MANAGE_PEOPLE)
def employee_request(request: SeatRequest, pk: int) -> HttpResponse:
    """Details with the comment, and approval with a role."""
    seat = request.seat
    row = _request_to_join(seat, pk)
    form = RoleForm(typed(request), **_form_values(seat))
    if request.method == "POST" and form.is_valid():
        try:
            services.approve_employee(
                request_id=row.pk,
                roles=form.roles,
                actor=seat.actor,
                on=seat.on,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(
                request,
                _("%(person)s may now work in %(business)s.") % {"person": row.user, "business": seat.business_name},
            )
            return HttpResponseRedirect(reverse("delegation:employee_requests", args=(seat.business.bn9,)))
    context = {"row": row, "form": form, "may_reject": _may_reject(seat)}
    return render(request, "delegation/employee_request.html", context)


@business_page(to=Action.MANAGE_PEOPLE)
def reject_employee(request: SeatRequest, pk: int) -> HttpResponse:
    seat = request.seat
    row = _request_to_join(seat, pk)
    back = reverse("delegation:employee_requests", args=(seat.business.bn9,))

    def act(answers: dict[str, Any]) -> str:
        services.reject_employee(
            request_id=row.pk, reason=answers["reason"], actor=seat.actor, on=seat.on, at=clock.now()
        )
        return back

    question = Question(
        title=_("Reject the request of %(person)s?") % {"person": row.user},
        button=_("Reject request"),
        back=reverse("delegation:employee_request", args=(seat.business.bn9, row.pk)),
        consequences=(_("They are told the reason and can ask again."),),
        crumbs=_crumbs(seat, (back, _("Employee requests"))),
    )
    return ask(
        request,
        question,
        form=ReasonForm(typed(request)),
        act=act,
        done=_("The request of %(person)s was rejected.") % {"person": row.user},
    )


# --- Invitations ------------------------------------------------------------------------------------------------------
@business_page(to=Action.MANAGE_PEOPLE)
def invitations(request: SeatRequest) -> HttpResponse:
    rows = queries.invitations(request.seat.business.pk, held=request.seat.program_account_ids)
    page = page_of(request, rows)
    return render(request, "delegation/invitations.html", {"page": page, "now": clock.now()})


@business_page(to=Action.MANAGE_PEOPLE)
def invite(request: SeatRequest) -> HttpResponse:
    seat = request.seat
    form = InviteForm(typed(request), **_form_values(seat))
    if request.method == "POST" and form.is_valid():
        try:
            services.invite(
                business_id=seat.business.pk,
                email=form.cleaned_data["email"],
                roles=form.roles,
                actor=seat.actor,
                on=seat.on,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return _invited(request, seat, form.cleaned_data["email"])
    return render(request, "delegation/invite.html", {"form": form})


@business_page(to=Action.MANAGE_PEOPLE)
def invite_backup(request: SeatRequest) -> HttpResponse:
    """After registration: a second manager, so that nobody is locked out when the first is away."""
    seat = request.seat
    form = BackupForm(typed(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.invite(
                business_id=seat.business.pk,
                email=form.cleaned_data["email"],
                roles=None,
                actor=seat.actor,
                on=seat.on,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return _invited(request, seat, form.cleaned_data["email"])
    return render(request, "delegation/backup.html", {"form": form})


def _invited(request: HttpRequest, seat: BusinessSeat, email: str) -> HttpResponse:
    messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": email})
    return HttpResponseRedirect(reverse("delegation:invitations", args=(seat.business.bn9,)))


@business_page(to=Action.MANAGE_PEOPLE)
def withdraw_invitation(request: SeatRequest, pk: int) -> HttpResponse:
    seat = request.seat
    row = found(queries.invitations(seat.business.pk, held=seat.program_account_ids).filter(pk=pk).first())
    back = reverse("delegation:invitations", args=(seat.business.bn9,))

    def act(answers: dict[str, Any]) -> str:
        services.withdraw_invitation(invitation_id=row.pk, actor=seat.actor, on=seat.on, at=clock.now())
        return back

    question = Question(
        title=_("Withdraw the invitation to %(email)s?") % {"email": row.email},
        button=_("Withdraw invitation"),
        back=back,
        consequences=(_("The link in the e-mail stops working at once."),),
        crumbs=_crumbs(seat, (back, _("Invitations"))),
    )
    return ask(request, question, form=NoQuestions(typed(request)), act=act, done=_("The invitation was withdrawn."))


@login_required
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link of an invitation leads, once its receiver has signed in."""
    row = found(queries.invitation_by_hash(services.token_hash(token)))
    form = NoQuestions(typed(request))
    if request.method == "POST":
        form.is_bound = True
        try:
            services.accept_invitation(token=token, actor=actor_of(request), on=clock.today(), at=clock.now())
        except DomainError as refusal:
            form.full_clean()
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("Welcome to %(business)s.") % {"business": row.business.legal_name})
            return HttpResponseRedirect(reverse("delegation:switch"))
    is_open = row.state == row.State.SENT and row.expires_at > clock.now()
    return render(request, "delegation/accept_invitation.html", {"row": row, "form": form, "is_open": is_open})


# --- A person without a business --------------------------------------------------------------------------------------
@login_required
def employer_request(request: HttpRequest) -> HttpResponse:
    """Ask to join an employer; the page never tells whether that employer is registered."""
    actor = actor_of(request)
    form = EmployerForm(typed(request), initial={"bn9": request.GET.get("bn9", "")[:20]})
    if request.method == "POST" and form.is_valid():
        try:
            services.request_employment(
                user_id=request.user.pk or 0,
                bn9=form.cleaned_data["bn9"],
                comment=form.cleaned_data["comment"],
                actor=actor,
                on=clock.today(),
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(
                request, _("If this business is registered here, its managers have your request and will answer it.")
            )
            return HttpResponseRedirect(reverse("delegation:employer_request"))
    rows = queries.employer_requests(request.user.pk or 0)
    return render(request, "delegation/employer_request.html", {"form": form, "rows": rows})


@login_required
@require_POST
def withdraw_employer_request(request: HttpRequest, bn9: str) -> HttpResponse:
    services.withdraw_employment(user_id=request.user.pk or 0, bn9=bn9, actor=actor_of(request), at=clock.now())
    if "first" in request.POST:
        messages.success(request, _("The request was withdrawn. You can register the business now."))
        return HttpResponseRedirect(reverse("registration:first_setup"))
    messages.success(request, _("The request was withdrawn."))
    return HttpResponseRedirect(reverse("delegation:employer_request"))
