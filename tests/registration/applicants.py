"""Applications at each of their stages, made by the services as the pages call them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from accounts.models import User
from core.clock import wall_now
from documents import services as documents
from documents.models import StoredDocument
from registration.applications import queries, services
from registration.applications.models import Application
from registration.applications.rules import Answers, Entity, Numbers, Paper, Where, Who
from registration.applications.services import Details
from tests.builders import World, actor, business_number
from tests.documents.samples import pdf, upload

NEW_RESIDENT = Answers(Who.IMPORTER, Where.CANADA, Numbers.NONE, Entity.CORPORATION)
RESIDENT = Answers(Who.IMPORTER, Where.CANADA, Numbers.BUSINESS, Entity.CORPORATION)
SOLE = Answers(Who.IMPORTER, Where.CANADA, Numbers.NONE, Entity.SOLE_PROPRIETOR)
ABROAD = Answers(Who.IMPORTER, Where.ABROAD, Numbers.BUSINESS, Entity.CORPORATION)
BROKER = Answers(Who.CUSTOMS_BROKER, Where.CANADA, Numbers.BUSINESS, Entity.CORPORATION)
CONSULTANT = Answers(Who.TRADE_CONSULTANT, Where.CANADA, Numbers.BUSINESS, Entity.CORPORATION)
SURETY = Answers(Who.SURETY, Where.CANADA, Numbers.BUSINESS, Entity.CORPORATION)


@dataclass
class Applicant:
    """One person and what they hand in."""

    world: World
    user: User
    officer: User
    _files: list[int] = field(default_factory=list)

    @property
    def by(self) -> dict[str, Any]:
        return {"actor": actor(self.user), "at": self.world.at}

    @property
    def by_officer(self) -> dict[str, Any]:
        return {"actor": actor(self.officer), "at": self.world.at}

    def begin(self, answers: Answers = NEW_RESIDENT) -> Application:
        return services.begin(user=self.user, answers=answers, **self.by)

    def details(self, row: Application, **more: Any) -> Details:
        given: dict[str, Any] = {
            "bn9": business_number() if row.has_number else "",
            "legal_name": "Tamarack Tools Ltd.",
            "street": "5 Mill Road",
            "city": "Guelph",
            "region": "ON",
            "postal_code": "N1G 1A1",
            "program_name": "Hand tools",
            "country": "SE" if row.is_non_resident else "CA",
        }
        if row.kind == Application.Kind.CUSTOMS_BROKER:
            until = self.world.today + timedelta(days=300)
            given |= {"licence_number": "CB-9001", "licence_valid_until": until, "security_reference": "BOND-77"}
        return Details(**{**given, **more})

    def describe(self, row: Application, **more: Any) -> Application:
        return services.describe(application=row, details=self.details(row, **more), **self.by)

    def hand(self, row: Application, paper: Paper, *, content: bytes | None = None, name: str = "") -> StoredDocument:
        """A file, uploaded and checked."""
        self._files.append(len(self._files))
        bytes_ = pdf(f"{row.pk} {len(self._files)}".encode()) if content is None else content
        received = services.add_documents(
            application=row, paper=paper, files=[upload(name or f"{paper.lower()}.pdf", bytes_)], **self.by
        )
        return documents.check(document_id=received.rows[0].pk, wall_at=wall_now(), **self.by)

    def described(self, answers: Answers = NEW_RESIDENT, **more: Any) -> Application:
        return self.describe(self.begin(answers), **more)

    def submit(self, row: Application) -> Application:
        return services.submit(application=row, **self.by)

    def submitted(self, answers: Answers = NEW_RESIDENT, **more: Any) -> Application:
        return self.submit(self.described(answers, **more))

    def complete(self, answers: Answers = NEW_RESIDENT, **more: Any) -> Application:
        row = self.described(answers, **more)
        for paper in row.required_papers:
            self.hand(row, paper)
        return self.submit(row)

    def approve(self, row: Application, *, reason: str = "Papers agree.") -> Application:
        return services.approve(application=row, reason=reason, on=self.world.today, **self.by_officer)

    def approved(self, answers: Answers = NEW_RESIDENT, **more: Any) -> Application:
        return self.approve(self.complete(answers, **more))

    def ask(self, row: Application, *papers: Paper, message: str = "The extract is too old.") -> Application:
        return services.ask_for_documents(
            application=row, papers=papers or (Paper.EXISTENCE,), message=message, **self.by_officer
        )

    def reject(self, row: Application, *, reason: str = "The licence is another firm's.") -> Application:
        return services.reject(application=row, reason=reason, **self.by_officer)

    def fresh(self, row: Application) -> Application:
        found = queries.application_of(self.user.pk, row.pk)
        assert found is not None
        return found
