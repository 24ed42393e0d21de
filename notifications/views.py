"""The portal inbox of a person."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.http import actor_of, in_language
from notifications import queries, rules, services
from notifications.forms import ChoicesForm
from notifications.rules import Topic

PAGE_SIZE = 25


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    only_unread = request.GET.get("show") == "unread"
    rows = queries.of_person(user_id=_person(request), only_unread=only_unread)
    total, unread = queries.counts(user_id=_person(request))
    request.unread_notifications = unread  # type: ignore[attr-defined]
    paginator = Paginator(rows, PAGE_SIZE)
    # Known already, so that the list and the bell cost one count together.
    paginator.count = unread if only_unread else total
    page = paginator.get_page(request.GET.get("page"))
    return render(request, "notifications/list.html", {"page": page, "only_unread": only_unread})


@login_required
@require_safe
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message in full; opening it marks it read, however it is opened."""
    row = queries.one_of_person(user_id=_person(request), pk=pk)
    if row is None:
        raise Http404
    services.mark_read(user_id=_person(request), pk=pk, at=clock.now())
    # The number that came with the person is from before.
    request.unread_notifications = queries.unread_count(user_id=_person(request))  # type: ignore[attr-defined]
    link = in_language(row.link, get_language() or "en")
    return render(request, "notifications/message.html", {"notification": row, "link": link})


@login_required
@require_POST
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Marks the message read and leads to what it is about."""
    row = queries.one_of_person(user_id=_person(request), pk=pk)
    if row is None:
        raise Http404
    services.mark_read(user_id=_person(request), pk=pk, at=clock.now())
    link = in_language(row.link, get_language() or "en")
    if not url_has_allowed_host_and_scheme(link, allowed_hosts={request.get_host()}):
        link = reverse("notifications:list")
    return redirect(link)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    services.mark_all_read(user_id=_person(request), at=clock.now())
    return redirect("notifications:list")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """Of which notices a person also gets an e-mail: each, a summary a day, or none."""
    person_id, wants_email = _person(request), bool(getattr(request.user, "wants_email", False))
    chosen = queries.choices_of([person_id]).get(person_id, {})
    now = {topic.value: rules.how_of(topic, chosen, wants_email=wants_email).value for topic in Topic}
    form = ChoicesForm(request.POST if request.method == "POST" else None, initial=now)
    if request.method == "POST" and form.is_valid():
        services.choose_copies(user_id=person_id, chosen=form.chosen, actor=actor_of(request), at=clock.now())
        messages.success(request, _("Your choice is saved. It holds for notices from now on."))
        return redirect("notifications:choices")
    return render(request, "notifications/choices.html", {"form": form}, status=422 if form.errors else 200)


def _person(request: HttpRequest) -> int:
    assert request.user.pk is not None
    return request.user.pk
