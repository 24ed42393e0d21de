"""A plan of who needs what becomes invitations: looked through first, then sent, none of them twice."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Business
from core import audit
from core.actor import Actor
from core.errors import DomainError
from delegation import services as delegation
from delegation.rules import same_role
from support import queries
from support.rules import planning as rules
from support.rules.planning import INVITED_AS, Known, PlannedPerson

PROBLEMS = {
    "registers": _("Registers the business and needs no invitation"),
    "third_party": _("A third party is not invited: nominate it under brokers and third parties"),
    "no_email": _("No e-mail: add one to the plan"),
    "yourself": _("This is your own e-mail"),
    "member": _("Belongs to this business already"),
    "waiting": _("An invitation to this e-mail is on its way already"),
    "twice": _("The same e-mail stands in a line above"),
    "no_program": _("Name the program accounts in the plan: this business has several"),
    "unknown_program": _("This business has no open program account of that number: change it in the plan"),
    "beyond_your_programs": _("Your role covers some program accounts only: ask a Business Account Manager"),
}


@dataclass(frozen=True)
class PlanRow:
    """One line of the plan, its place in it, and why it cannot be sent now: a code of ``PROBLEMS``, or empty."""

    place: int
    person: PlannedPerson
    problem: str

    @property
    def problem_words(self) -> object:
        return PROBLEMS.get(self.problem, "")


def looked_through(people: Sequence[PlannedPerson], known: Known) -> list[PlanRow]:
    """Every line with its problem, as it would be sent now; nothing is written."""
    earlier: set[str] = set()
    rows = []
    for place, person in enumerate(people):
        problem = rules.invitation_problem(person, known, earlier=earlier)
        rows.append(PlanRow(place, person, problem or ""))
        if problem is None:
            earlier.add(person.address)
    return rows


def send_plan(
    *,
    business_id: int,
    people: Sequence[PlannedPerson],
    places: Collection[int],
    held: frozenset[int] | None,
    actor: Actor,
    on: date,
    at: datetime,
) -> int:
    """Invite the people at ``places`` of the plan, all of them or nobody; gives how many.

    ``DomainError`` (``plan_line``) names the first line that cannot be sent any more, for example because somebody else
    has just invited that person.
    """
    with transaction.atomic():
        # Invitations of one business wait for each other here: what is looked through stays so until it is sent.
        Business.objects.select_for_update(no_key=True).get(pk=business_id)
        known = queries.known_of(business_id, user_id=actor.user_id, held=held, at=at)
        chosen = [row for row in looked_through(people, known) if row.place in places]
        if not chosen:
            raise DomainError(_("Tick at least one person to invite."), code="nobody_chosen", field="people")
        for row in chosen:
            if row.problem:
                raise DomainError(
                    _("%(name)s: %(problem)s. Nothing was sent.")
                    % {"name": row.person.name, "problem": row.problem_words},
                    code="plan_line",
                    field="people",
                )
        for row in chosen:
            delegation.invite(
                business_id=business_id,
                email=row.person.email,
                roles=same_role(INVITED_AS[row.person.role], rules.accounts_for(row.person, known) or ()),
                actor=actor,
                on=on,
                at=at,
            )
        audit.record(
            actor=actor,
            verb="plan.sent",
            target=f"accounts.Business:{business_id}",
            business_id=business_id,
            after={"invitations": len(chosen)},
            at=at,
        )
    return len(chosen)
