"""Client groups of a provider: the manager's pages, and those on which its staff see and ask for clients."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from core import clock
from core.errors import DomainError
from core.forms import PortageForm
from delegation import queries, services
from delegation.access import BusinessSeat, business_page
from delegation.forms import (
    AskForClientsForm,
    AssignForm,
    ClientsForm,
    GroupForm,
    ReasonForm,
    StaffForm,
    StaffRoleForm,
    SwitchForm,
)
from delegation.models import ClientGroup, Delegation, GroupRequest, StaffRole
from delegation.rules import ROLE_LABELS, Action, Role
from delegation.views.parts import (
    NoQuestions,
    Question,
    SeatRequest,
    ask,
    for_providers,
    found,
    page_of,
    typed,
)

RECENT = 20
#: What the audit trail calls a change of a group, in words.
VERBS = {
    "client_group.created": gettext_lazy("Created"),
    "client_group.changed": gettext_lazy("Name or role changed"),
    "client_group.clients_added": gettext_lazy("Clients added"),
    "client_group.clients_removed": gettext_lazy("Clients removed"),
    "client_group.staff_changed": gettext_lazy("People changed"),
}


def _address(seat: BusinessSeat, name: str, *more: Any) -> str:
    return reverse(f"delegation:{name}", args=(seat.business.bn9, *more))


def _crumbs(seat: BusinessSeat, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        (_address(seat, "clients"), _("Clients")),
        (_address(seat, "client_groups"), _("Client groups")),
        *more,
    ]


def _group(seat: BusinessSeat, pk: int) -> ClientGroup:
    for_providers(seat)
    return found(queries.client_groups(seat.business.pk).filter(pk=pk).first())


def _searched(request: HttpRequest) -> tuple[SwitchForm, str]:
    form = SwitchForm(request.GET or None)
    return form, form.cleaned_data["search"] if form.is_bound and form.is_valid() else ""


def _who(seat: BusinessSeat) -> dict[str, Any]:
    return {"actor": seat.actor, "on": seat.on, "at": clock.now()}


# --- The manager's groups ---------------------------------------------------------------------------------------------
@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def groups(request: SeatRequest) -> HttpResponse:
    """Manage my client groups: each with how many clients and people it has."""
    seat = request.seat
    for_providers(seat)
    context = {
        "page": page_of(request, queries.client_groups(seat.business.pk)),
        "waiting": queries.group_requests(seat.business.pk).filter(state=GroupRequest.State.WAITING).count(),
    }
    return render(request, "delegation/client_groups.html", context)


@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def new_group(request: SeatRequest) -> HttpResponse:
    seat = request.seat
    for_providers(seat)
    form = GroupForm(typed(request), initial={"role": StaffRole.EDITOR})
    if request.method == "POST" and form.is_valid():
        try:
            group = services.create_group(provider_id=seat.business.pk, **form.cleaned_data, **_who(seat))
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("The group was created. Add its clients and people."))
            return HttpResponseRedirect(_address(seat, "client_group", group.pk))
    context = {
        "form": form,
        "title": _("Create a client group"),
        "button": _("Create the group"),
        "back": _address(seat, "client_groups"),
        "crumbs": _crumbs(seat),
        "is_first": not queries.has_groups(seat.business.pk),
    }
    return render(request, "delegation/client_group_form.html", context)


@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def group(request: SeatRequest, pk: int) -> HttpResponse:
    """One group: its clients with a search, its people, what happened to it."""
    seat = request.seat
    row = _group(seat, pk)
    form, search = _searched(request)
    context = {
        "group": row,
        "form": form,
        "search": search,
        "page": page_of(request, queries.clients_of_group(row, search=search)),
        "staff": list(queries.staff_of_group(row.pk)),
        "events": [
            {"at": event.business_at, "by": event.actor_name, "words": VERBS.get(event.verb, event.verb)}
            for event in queries.history_of_group(row.pk)[:RECENT]
        ],
    }
    return render(request, "delegation/client_group.html", context)


@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def change_group(request: SeatRequest, pk: int) -> HttpResponse:
    """Another name, another role."""
    seat = request.seat
    row = _group(seat, pk)
    details = _address(seat, "client_group", row.pk)
    form = GroupForm(typed(request), initial={"name": row.name, "role": row.role})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_group(group_id=row.pk, **form.cleaned_data, **_who(seat))
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("The group was changed."))
            return HttpResponseRedirect(details)
    context = {
        "form": form,
        "title": _("Change the group %(group)s") % {"group": row.name},
        "button": _("Save the group"),
        "back": details,
        "crumbs": _crumbs(seat, (details, row.name)),
    }
    return render(request, "delegation/client_group_form.html", context)


@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def delete_group(request: SeatRequest, pk: int) -> HttpResponse:
    seat = request.seat
    row = _group(seat, pk)
    details = _address(seat, "client_group", row.pk)
    is_last = queries.client_groups(seat.business.pk).exclude(pk=row.pk).first() is None

    def act(answers: dict[str, Any]) -> str:
        services.delete_group(group_id=row.pk, **_who(seat))
        return _address(seat, "client_groups")

    last = _("This is your last group: then everybody to whom no client was given singly works for every client again.")
    question = Question(
        title=_("Delete the group %(group)s?") % {"group": row.name},
        button=_("Delete the group"),
        back=details,
        consequences=(
            _("Its people no longer reach its clients, unless another group or a manager gives them those."),
            _("The clients themselves and what was submitted for them stay."),
            _("The name is not used again."),
            *((last,) if is_last else ()),
        ),
        crumbs=_crumbs(seat, (details, row.name)),
    )
    done = _("The group %(group)s was deleted.") % {"group": row.name}
    return ask(request, question, form=NoQuestions(typed(request)), act=act, done=done)


@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def add_clients(request: SeatRequest, pk: int) -> HttpResponse:
    """Clients that are not in the group, a page of them at a time, or all that a search finds."""
    seat = request.seat
    row = _group(seat, pk)
    search_form, search = _searched(request)
    offered = queries.established_clients(seat.business.pk, outside=row, search=search)
    return _choose_clients(request, row, search_form, search, offered=offered, is_adding=True)


@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def remove_clients(request: SeatRequest, pk: int) -> HttpResponse:
    seat = request.seat
    row = _group(seat, pk)
    search_form, search = _searched(request)
    offered = queries.clients_of_group(row, search=search)
    return _choose_clients(request, row, search_form, search, offered=offered, is_adding=False)


def _choose_clients(
    request: SeatRequest, row: ClientGroup, search_form: SwitchForm, search: str, *, offered: Any, is_adding: bool
) -> HttpResponse:
    seat = request.seat
    details = _address(seat, "client_group", row.pk)
    page = page_of(request, offered)
    everything = "everything" in request.POST
    form = ClientsForm(None if everything else typed(request), offered=page.object_list)
    if request.method == "POST" and (everything or form.is_valid()):
        chosen = frozenset(offered.values_list("pk", flat=True)) if everything else form.client_ids
        service = services.add_clients if is_adding else services.remove_clients
        try:
            _changed, count = service(group_id=row.pk, client_ids=chosen, **_who(seat))
        except DomainError as refusal:
            form = ClientsForm(typed(request), offered=page.object_list)
            form.full_clean()
            form.add_domain_error(refusal)
        else:
            if is_adding:
                done = ngettext("%(count)s client was added.", "%(count)s clients were added.", count)
            else:
                done = ngettext("%(count)s client was removed.", "%(count)s clients were removed.", count)
            messages.success(request, done % {"count": count})
            return HttpResponseRedirect(details)
    title = _("Add clients to %(group)s") if is_adding else _("Remove clients from %(group)s")
    context = {
        "group": row,
        "is_adding": is_adding,
        "form": form,
        "search_form": search_form,
        "search": search,
        "page": page,
        "title": title % {"group": row.name},
        "back": details,
        "crumbs": _crumbs(seat, (details, row.name)),
    }
    return render(request, "delegation/choose_clients.html", context)


@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def group_staff(request: SeatRequest, pk: int) -> HttpResponse:
    """Who works for the clients of the group."""
    seat = request.seat
    row = _group(seat, pk)
    details = _address(seat, "client_group", row.pk)
    offered = list(queries.staff_of(seat.business.pk))
    held = [str(person.pk) for person in queries.staff_of_group(row.pk)]
    form = StaffForm(typed(request), initial={"staff": held}, offered=offered)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_staff(group_id=row.pk, membership_ids=form.membership_ids, **_who(seat))
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("The people of the group were saved. Who joined or left is told."))
            return HttpResponseRedirect(details)
    context = {
        "group": row,
        "form": form,
        "offered": offered,
        "back": details,
        "crumbs": _crumbs(seat, (details, row.name)),
    }
    return render(request, "delegation/group_staff.html", context)


# --- One client, given singly -----------------------------------------------------------------------------------------
def _active_client(seat: BusinessSeat, pk: int) -> Delegation:
    for_providers(seat)
    return found(queries.clients(seat.business.pk).filter(pk=pk, state=Delegation.State.ACTIVE).first())


@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def assign(request: SeatRequest, pk: int) -> HttpResponse:
    """Give one client to one person."""
    seat = request.seat
    row = _active_client(seat, pk)
    details = _address(seat, "client", row.pk)
    offered = list(queries.staff_of(seat.business.pk))
    form = AssignForm(typed(request), initial={"role": StaffRole.EDITOR}, offered=offered)
    if request.method == "POST" and form.is_valid():
        try:
            services.assign_client(
                provider_id=seat.business.pk,
                client_id=row.client_id,
                membership_id=int(form.cleaned_data["person"]),
                role=form.cleaned_data["role"],
                **_who(seat),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("The client was given to this person, who is told."))
            return HttpResponseRedirect(details)
    context = {
        "form": form,
        "row": row,
        "offered": offered,
        "back": details,
        "crumbs": [(_address(seat, "clients"), _("Clients")), (details, row.client.legal_name)],
    }
    return render(request, "delegation/assign_client.html", context)


@require_POST
@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def unassign(request: SeatRequest, pk: int, assignment: int) -> HttpResponse:
    """Take one client back from one person; a group may still give it."""
    seat = request.seat
    row = _active_client(seat, pk)
    given = queries.given_to(provider_id=seat.business.pk, client_id=row.client_id)
    one = found(next((each.assignment for each in given if each.assignment and each.assignment.pk == assignment), None))
    services.unassign_client(provider_id=seat.business.pk, assignment_id=one.pk, **_who(seat))
    messages.success(request, _("The client was taken back from this person, who is told."))
    return HttpResponseRedirect(_address(seat, "client", row.pk))


# --- What the staff ask for -------------------------------------------------------------------------------------------
@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def requests(request: SeatRequest) -> HttpResponse:
    """Process group requests: what people of the provider ask for, those that wait first."""
    seat = request.seat
    for_providers(seat)
    return render(
        request, "delegation/group_requests.html", {"page": page_of(request, queries.group_requests(seat.business.pk))}
    )


def _request(seat: BusinessSeat, pk: int) -> GroupRequest:
    for_providers(seat)
    return found(queries.group_requests(seat.business.pk).filter(pk=pk).first())


@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def approve_request(request: SeatRequest, pk: int) -> HttpResponse:
    seat = request.seat
    row = _request(seat, pk)
    names = {"person": row.membership.user, "wanted": row.wanted}

    def act(answers: dict[str, Any]) -> str:
        services.approve_group_request(request_id=row.pk, role=answers.get("role", ""), **_who(seat))
        return _address(seat, "group_requests")

    form: PortageForm
    if row.group is not None:
        form = NoQuestions(typed(request))
        follows = _("%(person)s works for every client of this group, as: %(role)s.") % {
            **names,
            "role": row.group.get_role_display(),
        }
    else:
        form = StaffRoleForm(typed(request), initial={"role": StaffRole.EDITOR})
        follows = _("%(person)s works for this client with the role that you choose.") % names
    question = Question(
        title=_("Give “%(wanted)s” to %(person)s?") % names,
        button=_("Approve the request"),
        back=_address(seat, "group_requests"),
        consequences=(follows,),
        context=row.comment,
        is_danger=False,
        crumbs=_crumbs(seat, (_address(seat, "group_requests"), _("Requests of your staff"))),
    )
    return ask(request, question, form=form, act=act, done=_("Approved. The person is told."))


@business_page(to=Action.MANAGE_CLIENT_GROUPS)
def reject_request(request: SeatRequest, pk: int) -> HttpResponse:
    seat = request.seat
    row = _request(seat, pk)
    names = {"person": row.membership.user, "wanted": row.wanted}

    def act(answers: dict[str, Any]) -> str:
        services.reject_group_request(request_id=row.pk, reason=answers["reason"], **_who(seat))
        return _address(seat, "group_requests")

    question = Question(
        title=_("Reject the request of %(person)s for “%(wanted)s”?") % names,
        button=_("Reject the request"),
        back=_address(seat, "group_requests"),
        context=row.comment,
        crumbs=_crumbs(seat, (_address(seat, "group_requests"), _("Requests of your staff"))),
    )
    return ask(request, question, form=ReasonForm(typed(request)), act=act, done=_("Rejected. The person is told."))


@business_page(to=Action.VIEW)
def my_clients(request: SeatRequest) -> HttpResponse:
    """For whom this person of a provider works, through which groups, and what they asked for."""
    seat = request.seat
    for_providers(seat)
    membership = seat.membership
    assert membership is not None  # The door shows an own business's pages to its own people only.
    is_manager = seat.role == Role.BAM
    rows = queries.clients_of_staff(user_id=membership.user_id, provider_id=seat.business.pk, on=seat.on)
    page = page_of(request, rows)
    offered = () if is_manager else queries.groups_for_staff(membership)
    mine = [group for group in offered if group.is_mine]  # type: ignore[attr-defined]
    context = {
        "is_manager": is_manager,
        "page": page,
        "rows": [{"row": row, "role_label": ROLE_LABELS[Role(row.staff_role)]} for row in page],
        "groups": mine,
        "asked": [] if is_manager else queries.group_requests_of(membership.pk)[:RECENT],
    }
    return render(request, "delegation/my_clients.html", context)


@business_page(to=Action.VIEW)
def ask_for_clients(request: SeatRequest) -> HttpResponse:
    """A person of a provider asks its manager for a group or for one client."""
    seat = request.seat
    for_providers(seat)
    back = _address(seat, "my_clients")
    if seat.membership is None or seat.role == Role.BAM:
        messages.info(request, _("A manager works for every client and need not ask."))
        return HttpResponseRedirect(back)
    every = queries.groups_for_staff(seat.membership)
    offered = [group for group in every if not group.is_mine]  # type: ignore[attr-defined]
    form = AskForClientsForm(typed(request), groups=offered)
    if request.method == "POST" and form.is_valid():
        comment = form.cleaned_data["comment"]
        try:
            if form.group_id is not None:
                services.ask_for_group(group_id=form.group_id, comment=comment, **_who(seat))
            else:
                services.ask_for_client(
                    provider_id=seat.business.pk,
                    client_bn9=form.cleaned_data["bn9"],
                    comment=comment,
                    **_who(seat),
                )
        except DomainError as refusal:
            if refusal.field == "group":
                refusal.field = "wanted"
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("Your managers were asked. You are told when one answers."))
            return HttpResponseRedirect(back)
    return render(request, "delegation/ask_for_clients.html", {"form": form, "back": back})


@require_POST
@business_page(to=Action.VIEW)
def withdraw_request(request: SeatRequest, pk: int) -> HttpResponse:
    """Take back what one asked for."""
    seat = request.seat
    for_providers(seat)
    assert seat.membership is not None  # As above.
    row = found(queries.group_requests_of(seat.membership.pk).filter(pk=pk).first())
    services.withdraw_group_request(request_id=row.pk, **_who(seat))
    messages.success(request, _("Your request was withdrawn."))
    return HttpResponseRedirect(_address(seat, "my_clients"))
