"""What the pages of people and access share: a page of a list, a question with one button, the answer to a refusal."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core import format as formats
from core.errors import DomainError, Refused, Stranger
from core.forms import PortageForm
from core.paging import CountedPaginator
from delegation import rules, services
from delegation.access import BusinessSeat
from delegation.forms import SearchForm
from delegation.models import Delegation
from delegation.rules import Role, Roles, Scope

ROWS = 25


class SeatRequest(HttpRequest):
    """A request that came through the door."""

    seat: BusinessSeat


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any]) -> Page:
    return CountedPaginator(rows, ROWS).get_page(request.GET.get("page"))


def typed(request: HttpRequest) -> QueryDict | None:
    """What was posted, for a form; nothing where the page is only looked at."""
    return request.POST if request.method == "POST" else None


def found(row: Any) -> Any:
    """The object, or the same answer that a stranger gets."""
    if row is None:
        raise Stranger(_("There is nothing at this address for you. Check the account you act for."), code="not_found")
    return row


def searched(request: HttpRequest) -> str:
    """The words of a list's search box; nothing where they cannot be searched for."""
    form = SearchForm(request.GET)
    return str(form.cleaned_data["search"]) if form.is_valid() else ""


@dataclass(frozen=True)
class Line:
    """One answer of a scope in words, and what stands there now where it takes its place."""

    label: str
    after: str
    before: str = ""

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def scope_lines(scope: Scope, *, accounts: Iterable[ProgramAccount], before: Scope | None = None) -> list[Line]:
    """A scope in words, beside the one before it."""
    names = {account.pk: account.rm for account in accounts}
    after_words = _scope_words(scope, names)
    before_words = _scope_words(before, names) if before is not None else {}
    return [Line(label, words, before_words.get(label, "")) for label, words in after_words.items()]


def _scope_words(scope: Scope, names: dict[int, str]) -> dict[str, str]:
    language = get_language() or "en"
    sees = {
        (False, False): _("Only their own"),
        (True, False): _("Their own and the client's"),
        (False, True): _("Their own and those of other third parties"),
        (True, True): _("All, statements and balances too"),
    }
    chosen = ", ".join(names[pk] for pk in sorted(scope.program_account_ids) if pk in names)
    return {
        _("Programs"): _("All programs") if scope.all_programs else chosen or _("None"),
        _("Role"): str(Delegation.Access(scope.access).label),
        _("Transactions seen"): sees[scope.sees_client, scope.sees_others],
        _("From"): formats.day(scope.valid_from, language) if scope.valid_from else _("Not given"),
        _("Until"): formats.day(scope.valid_until, language) if scope.valid_until else _("No end"),
    }


def role_lines(before: Roles, after: Roles, *, accounts: Iterable[ProgramAccount]) -> list[Line]:
    """What changes in each program account, in words; the whole business is the first line."""
    lines = [Line(_("The whole business"), _whole(after), _whole(before))]
    lines += [Line(account.rm, _role_in(after, account), _role_in(before, account)) for account in accounts]
    return [line for line in lines if line.is_changed]


def _whole(roles: Roles) -> str:
    return str(rules.ROLE_LABELS[Role.BAM]) if roles is None else "–"


def _role_in(roles: Roles, account: ProgramAccount) -> str:
    if roles is None:
        return _("All of it")
    return services.grant_in_words(roles[account.pk]) if account.pk in roles else _("No role here")


def for_providers(seat: BusinessSeat) -> None:
    """Clients and all about them are for brokers and consultants; anybody else is told so."""
    if seat.business.provider_kind not in rules.PROVIDERS_FOR_CLIENTS:
        raise Refused(
            _("Only a licensed customs broker or a trade consultant has clients here."), code="not_a_provider"
        )


@dataclass(frozen=True)
class Question:
    """A page that asks once more before something happens, with what follows from it."""

    title: str
    button: str
    back: str
    consequences: Sequence[str] = ()
    context: str = ""
    is_danger: bool = True
    crumbs: Sequence[tuple[str, str]] = ()


def ask(
    request: HttpRequest, question: Question, *, form: PortageForm, act: Callable[[dict[str, Any]], str], done: str
) -> HttpResponse:
    """Show the question; on a valid post call ``act``, which returns where to go, and say what was done."""
    if request.method == "POST" and form.is_valid():
        try:
            target = act(form.cleaned_data)
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, done)
            return HttpResponseRedirect(target)
    return render(request, "delegation/question.html", {"question": question, "form": form})


class NoQuestions(PortageForm):
    """A button alone."""
