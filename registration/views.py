"""The wizard's pages, and the practice card with its papers."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import officer_page
from accounts.models import User
from accounts.rules import OFFICER
from core import clock
from core.errors import Conflict, DomainError, Stranger
from core.http import actor_of
from core.paging import CountedPaginator
from delegation import queries as delegation
from reference.rules.policy import BUILT_IN
from registration import queries, rules, services
from registration.applications import queries as applications
from registration.forms import (
    BOXES,
    AnswersForm,
    FirstForm,
    IdentityForm,
    NumbersForm,
    ReasonForm,
    StepForm,
    TermsForm,
)
from registration.models import Registration
from registration.rules import Here, Question, Step, Verdict

#: The session's key under which the code of a newcomer's practice card stands.
CARD = "practice_card"
PAGE_SIZE = 25
PAGES = {
    Step.NUMBERS: "registration:numbers",
    Step.IDENTITY: "registration:identity",
    Step.PROOF: "registration:proof",
    Step.TERMS: "registration:terms",
    Step.REVIEW: "registration:review",
}
TITLES = {
    Step.NUMBERS: gettext_lazy("Numbers"),
    Step.IDENTITY: gettext_lazy("Name and address"),
    Step.PROOF: gettext_lazy("Proof of past activity"),
    Step.TERMS: gettext_lazy("Terms"),
    Step.REVIEW: gettext_lazy("Review and register"),
}
StepView = Callable[[HttpRequest, Registration], HttpResponse]


# --- Before and after the steps ---------------------------------------------------------------------------------------
@never_cache
@login_required
@require_safe
def first_setup(request: HttpRequest) -> HttpResponse:
    """The first question of a person without a business, and the way that its answer opens."""
    user = _person(request)
    form = FirstForm(request.GET if "bn9" in request.GET or "here" in request.GET else None)
    numbers = [membership.business.bn9 for membership in queries.memberships_of(user.pk)]
    waiting = [row for row in delegation.employer_requests(user.pk) if row.is_waiting]
    context: dict[str, Any] = {
        "form": form,
        "waiting": waiting,
        "has_business": bool(numbers),
        "applications": list(applications.applications_of(user.pk)),
    }
    if form.is_valid():
        bn9 = form.cleaned_data["bn9"]
        context["bn9"] = bn9
        context["way"] = rules.first_way(
            Here(form.cleaned_data["here"]),
            is_member=bn9 in numbers,
            has_asked=any(row.bn9 == bn9 for row in waiting),
        )
    return render(request, "registration/first_setup.html", context)


@never_cache
@login_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What is needed and where it stands; goes on with a registration under way."""
    user = _person(request)
    context = {
        "registration": queries.open_registration(user.pk),
        "memberships": list(queries.memberships_of(user.pk)[:6]),
        "card": _card(request),
        "most_errors": rules.MOST_ERRORS,
        "pause_minutes": _pause_minutes(),
        "is_strict": queries.is_strict_mode(clock.today()),
    }
    return render(request, "registration/start.html", context)


@never_cache
@login_required
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    row = services.begin(user=_person(request), actor=actor_of(request), at=clock.now())
    # A locked registration has no step to go on with; any of them says whom to ask.
    return redirect(PAGES[Step.NUMBERS if row.state == Registration.State.LOCKED else Step(row.state)])


@never_cache
@login_required
@require_POST
def give_up(request: HttpRequest) -> HttpResponse:
    """Forget the registration under way, for another business say."""
    row = queries.open_registration(_person(request).pk)
    if row is not None:
        try:
            services.abandon(registration=row, actor=actor_of(request), at=clock.now())
        except Conflict as conflict:
            messages.warning(request, str(conflict.message))
        else:
            messages.success(request, _("This registration was given up. You can begin another."))
    return redirect("registration:start")


@never_cache
@login_required
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """What was registered, and what comes next."""
    row = queries.completed_registration(_person(request).pk)
    if row is None or row.business is None:
        return redirect("registration:start")
    account = queries.account_by_number(row.bn9 + row.rm)
    context = {
        "registration": row,
        "business": row.business,
        "account": account,
        "is_member": queries.memberships_of(row.user_id).filter(business=row.business).exists(),
    }
    return render(request, "registration/done.html", context)


@require_safe
def help_codes(request: HttpRequest) -> HttpResponse:
    """The help tool's codes with plain words and the next step, for everybody."""
    return render(request, "registration/help_codes.html", {"codes": rules.HELP_CODES})


@login_required
@require_safe
def by_hand(request: HttpRequest) -> HttpResponse:
    """What to do when the questions can't be answered."""
    context = {"registration": queries.open_registration(_person(request).pk)}
    return render(request, "registration/by_hand.html", context)


# --- The steps --------------------------------------------------------------------------------------------------------
def step_page(step: Step) -> Callable[[StepView], Callable[[HttpRequest], HttpResponse]]:
    """A step's page: keeps what is typed, waits out the pause, says who ends the lock.

    It leads whoever is too early to the step they are at.
    """

    def decorate(view: StepView) -> Callable[[HttpRequest], HttpResponse]:
        @never_cache
        @login_required
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def opened(request: HttpRequest) -> HttpResponse:
            user = _person(request)
            row = queries.open_registration(user.pk)
            if row is None:
                is_done = queries.completed_registration(user.pk) is not None
                return redirect("registration:done" if is_done else "registration:start")
            if request.method == "POST" and _keep(request, row, step):
                return HttpResponse(status=HTTPStatus.NO_CONTENT)
            tries = services.tries_of(row)
            if tries.is_locked:
                return _locked(request, row)
            if tries.is_paused(clock.wall_now()):
                return _paused(request, row)
            if row.business is not None and row.business.registered_at is not None:
                return _taken(request, row)
            if not rules.is_reached(row.state, step):
                return redirect(PAGES[Step(row.state)])
            return view(request, row)

        return opened

    return decorate


@step_page(Step.NUMBERS)
def numbers(request: HttpRequest, row: Registration) -> HttpResponse:
    form = NumbersForm(_typed(request), initial=row.typed.get(Step.NUMBERS))

    def enter() -> Registration:
        return services.enter_numbers(
            registration=row,
            bn9=form.cleaned_data["bn9"],
            rm=form.cleaned_data["rm"],
            on=clock.today(),
            **_checked_by(request),
        )

    return _answer(request, row, Step.NUMBERS, form, enter)


@step_page(Step.IDENTITY)
def identity(request: HttpRequest, row: Registration) -> HttpResponse:
    form = IdentityForm(_typed(request), initial=row.typed.get(Step.IDENTITY))

    def enter() -> Registration:
        return services.enter_identity(registration=row, typed=form.identity, **_checked_by(request))

    return _answer(request, row, Step.IDENTITY, form, enter)


@step_page(Step.PROOF)
def proof(request: HttpRequest, row: Registration) -> HttpResponse:
    on = clock.today()
    record = queries.record_of(row.bn9 + row.rm, on=on)
    form = AnswersForm(
        _typed(request),
        initial=row.typed.get(Step.PROOF),
        offered=record.offered,
        statement_days=list(record.statements),
    )

    def enter() -> Registration:
        return services.enter_answers(registration=row, answers=form.answers, on=on, **_checked_by(request))

    context = {"needed": rules.answers_needed(record.offered), "offered_count": len(record.offered)}
    return _answer(request, row, Step.PROOF, form, enter, **context)


@step_page(Step.TERMS)
def terms(request: HttpRequest, row: Registration) -> HttpResponse:
    form = TermsForm(_typed(request), initial={"accepted": row.terms_accepted_at is not None})

    def enter() -> Registration:
        by = _by(request)
        return services.accept_terms(
            registration=row, accepted=form.cleaned_data["accepted"], at=by["at"], wall=by["wall"]
        )

    return _answer(request, row, Step.TERMS, form, enter)


@step_page(Step.REVIEW)
def review(request: HttpRequest, row: Registration) -> HttpResponse:
    if request.method == "POST":
        try:
            services.register(registration=row, **_by(request))
        except Conflict:
            # Whatever came first meanwhile, the page itself says so.
            return redirect("registration:review")
        return redirect("registration:done")
    answered = [_PROOFS[Question(question)] for question in row.proven_by]
    return _page(request, row, Step.REVIEW, answered=answered)


_PROOFS = {
    Question.DECLARATION: gettext_lazy("A declaration: number and total match"),
    Question.PAYMENT: gettext_lazy("A payment: date and amount match"),
    Question.STATEMENT: gettext_lazy("A statement: the balance matches"),
}


#: The page itself shows the pause, the lock, the end, or the step that comes first.
_SHOWN_BY_THE_PAGE = frozenset(
    {"registration_closed", "registration_locked", "registration_paused", "registration_step"}
)


def _answer(
    request: HttpRequest,
    row: Registration,
    step: Step,
    form: StepForm,
    enter: Callable[[], Registration],
    **context: Any,
) -> HttpResponse:
    """Show a step, or take its answers: on to the next one, or the same page with what is wrong."""
    if request.method != "POST":
        return _page(request, row, step, form=form, panels=_panels(form, {}), **context)
    verdicts: dict[Question, Verdict] = {}
    tries_left = services.tries_of(row).left(clock.wall_now())
    code = ""
    shown: rules.HelpCode | None = None
    if form.is_valid():
        try:
            moved = enter()
        except DomainError as refusal:
            if isinstance(refusal, services.StepRefused):
                tries_left, verdicts = refusal.tries_left, refusal.verdicts
            if tries_left == 0 or refusal.code in _SHOWN_BY_THE_PAGE:
                return redirect(PAGES[step])
            code = refusal.code
            # Questions that are only unfinished are no failure yet.
            if isinstance(refusal, services.StepRefused) and (not verdicts or Verdict.WRONG in verdicts.values()):
                shown = rules.help_code(code)
            form.add_refusal(refusal)
        else:
            return redirect(PAGES[Step(moved.state)])
    return _page(
        request,
        row,
        step,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        form=form,
        panels=_panels(form, verdicts),
        tries_left=tries_left,
        help_code=shown,
        is_registered_already=code == "already_registered",
        **context,
    )


def _panels(form: StepForm, verdicts: dict[Question, Verdict]) -> list[dict[str, Any]]:
    """The questions of the proof page with their boxes and how each was answered."""
    if not isinstance(form, AnswersForm):
        return []
    return [
        {
            "question": question.value,
            "boxes": [form[name] for name in names],
            "is_wrong": any(form.errors.get(name) for name in names),
            "verdict": verdicts[question].value if question in verdicts else "",
        }
        for question, names in BOXES.items()
        if names[0] in form.fields
    ]


def _page(
    request: HttpRequest, row: Registration, step: Step, *, status: int = HTTPStatus.OK, **context: Any
) -> HttpResponse:
    order = list(Step)
    place = order.index(step)
    # From the review one changes an answer and comes back to it.
    back = "registration:start" if place == 0 else PAGES[order[place - 1]]
    if row.state == Step.REVIEW and step != Step.REVIEW:
        back = PAGES[Step.REVIEW]
    steps = [
        {"title": TITLES[each], "state": "done" if at < place else "now" if at == place else "next"}
        for at, each in enumerate(order)
    ]
    return render(
        request,
        f"registration/{PAGES[step].removeprefix('registration:')}.html",
        {
            "registration": row,
            "business": row.business,
            "steps": steps,
            "current": TITLES[step],
            "place": place + 1,
            "back": back,
            "card": _card(request),
            "pause_minutes": _pause_minutes(),
            "is_strict": queries.is_strict_mode(clock.today()),
            "tries_now": services.tries_of(row).left(clock.wall_now()),
            **context,
        },
        status=status,
    )


def _paused(request: HttpRequest, row: Registration) -> HttpResponse:
    wall = clock.wall_now()
    minutes = services.tries_of(row).minutes_left(wall)
    context: dict[str, Any] = {
        "registration": row,
        "until": row.paused_until,
        "minutes": minutes,
        "most_errors": rules.MOST_ERRORS,
        "help_code": rules.OTHER,
    }
    response = render(request, "registration/paused.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(minutes * 60)
    return response


def _locked(request: HttpRequest, row: Registration) -> HttpResponse:
    """Ten errors in strict mode: whom to ask, how, and what to say."""
    context = {"registration": row, "most_errors": rules.MOST_ERRORS, "help_code": rules.OTHER}
    return render(request, "registration/locked.html", context, status=HTTPStatus.FORBIDDEN)


def _taken(request: HttpRequest, row: Registration) -> HttpResponse:
    """Somebody else registered this business meanwhile."""
    return render(request, "registration/taken.html", {"business": row.business}, status=HTTPStatus.CONFLICT)


def _keep(request: HttpRequest, row: Registration, step: Step) -> bool:
    """Keep what was typed; whether the page asked for nothing else (it does so by itself while somebody types)."""
    forms: dict[Step, Any] = {Step.NUMBERS: NumbersForm, Step.IDENTITY: IdentityForm, Step.PROOF: AnswersForm}
    if step in forms and rules.is_reached(row.state, step):
        typed = {name: request.POST.get(name, "") for name in forms[step].base_fields}
        services.keep(registration=row, step=step, typed=typed, at=clock.now())
    return "keep" in request.GET


def _typed(request: HttpRequest) -> QueryDict | None:
    """What was posted, for a form; nothing where the page is only looked at."""
    return request.POST if request.method == "POST" else None


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request), "at": clock.now(), "wall": clock.wall_now()}


def _checked_by(request: HttpRequest) -> dict[str, Any]:
    """As ``_by``, for a step whose errors count: strict mode decides what counts and what ten of them do."""
    return {**_by(request), "is_strict": queries.is_strict_mode(clock.today())}


def _pause_minutes() -> int:
    return int(rules.PAUSE.total_seconds() // 60)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


# --- Practice cards ---------------------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def practice_card(request: HttpRequest) -> HttpResponse:
    """A newcomer's card: an unclaimed business with the papers that prove it. Open to anybody."""
    if request.method == "POST":
        held = request.session.get(CARD, "")
        if "another" not in request.POST and held and _card(request) is not None:
            return redirect("registration:practice_card")
        try:
            taken = services.take_card(actor=actor_of(request), at=clock.now(), instead_of=held)
        except Conflict as conflict:
            messages.warning(request, str(conflict.message))
        else:
            request.session[CARD] = taken.code
        return redirect("registration:practice_card")
    card = _card(request)
    context = {
        "card": card,
        "is_used": card is None and CARD in request.session,
        "has_free": card is not None or queries.free_cards().exists(),
    }
    return render(request, "registration/practice_card.html", context)


@require_safe
def paper(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """A paper of a card whose business nobody has registered; whoever knows the code may read it."""
    ways: dict[str, Callable[..., Any]] = {
        "declaration": queries.declaration_paper,
        "receipt": queries.receipt_paper,
        "statement": queries.statement_paper,
    }
    on = clock.today()
    card = queries.card_by_code(code, on=on) if kind in ways and code.isascii() and code.isalnum() else None
    found = ways[kind](card.number, on=on) if card is not None and card.number else None
    if found is None:
        raise Http404
    return render(request, f"registration/paper_{kind}.html", {"card": card, "paper": found, "kind": kind})


def _card(request: HttpRequest) -> Any | None:
    """The practice card in this browser, while its business is free."""
    code = request.session.get(CARD)
    return queries.card_by_code(code, on=clock.today()) if code else None


# --- What officers and trainers do ------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@officer_page()
def strict_mode(request: HttpRequest) -> HttpResponse:
    """Whether strict mode is on, the switch with its reason, and who waits for a lock to be lifted."""
    on = clock.today()
    row = queries.strict_mode_row(on)
    is_on = queries.is_strict_mode(on)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted = request.POST.get("mode") == "on"
        try:
            services.switch_strict_mode(
                is_on=wanted,
                reason=form.cleaned_data["reason"],
                actor=request.seat.actor,  # type: ignore[attr-defined]
                on=on,
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            words = _("Strict mode is on from now on.") if wanted else _("Strict mode is off from now on.")
            messages.success(request, words)
            return redirect("registration:strict_mode")
    context = {
        "form": form,
        "is_on": is_on,
        "row": row,
        "is_original": row in BUILT_IN,
        "page": CountedPaginator(queries.locked_registrations(), PAGE_SIZE).get_page(request.GET.get("page")),
        "may_lift": request.seat.group == OFFICER,  # type: ignore[attr-defined]
        "most_errors": rules.MOST_ERRORS,
        "pause_minutes": _pause_minutes(),
    }
    return render(request, "registration/strict_mode.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def lift_lock(request: HttpRequest, pk: int) -> HttpResponse:
    """An officer hears the person, looks at the record beside what was typed, and lifts the lock with a reason."""
    row = queries.locked_registration(pk)
    if row is None:
        raise Stranger(_("No registration with this number is locked."), code="not_found")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.lift_lock(
                registration=row,
                reason=form.cleaned_data["reason"],
                actor=request.seat.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
        except Conflict as conflict:
            messages.warning(request, str(conflict.message))
        else:
            messages.success(request, _("The lock is lifted; %(person)s was told.") % {"person": row.user})
        return redirect("registration:strict_mode")
    return render(request, "registration/lift_lock.html", {"form": form, "row": row, "compared": queries.compared(row)})
