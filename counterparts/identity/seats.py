"""The practice people of the three providers: fixed names that the demo world and the tests rely on.

Nothing but the standard library is imported here, so that whoever makes a demo world may use it. A user name exists
once in its provider, also across the partner's banks.
"""

from dataclasses import dataclass, field

from counterparts.identity.subjects import subject_of

PRACTICE_PASSWORD = "Practice2026"
PRACTICE_ANSWER = "practice"
OFFICER = "officer"
TRAINER = "trainer"


@dataclass(frozen=True)
class Seat:
    """One practice person; ``note`` is an English message that the pages translate."""

    identity: str
    username: str
    first_name: str
    last_name: str
    note: str
    bank: str = ""
    roles: tuple[str, ...] = field(default=())
    state: str = "active"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        """Only the staff provider hands it on; the others' people give theirs to the portal."""
        return f"{self.username}@staff.portage.example" if self.identity == "staff" else ""

    def subject(self, secret: str) -> str:
        return subject_of(secret=secret, identity=self.identity, username=self.username)


SEATS = (
    Seat("gckey", "amara.osei", "Amara", "Osei", "Importer"),
    Seat("gckey", "luc.desrosiers", "Luc", "Desrosiers", "Importer, overdue account"),
    Seat("gckey", "wen.zhao", "Wen", "Zhao", "Customs broker"),
    Seat("gckey", "ines.caron", "Ines", "Caron", "Customs broker"),
    Seat("gckey", "peter.vance", "Peter", "Vance", "Surety"),
    Seat("gckey", "hana.lindqvist", "Hana", "Lindqvist", "Surety"),
    Seat("gckey", "tomas.whitfield", "Tomas", "Whitfield", "Non-resident importer"),
    Seat("gckey", "sofia.marchetti", "Sofia", "Marchetti", "Importer's employee"),
    Seat("gckey", "newcomer", "Sam", "Rivers", "Newcomer, no business yet"),
    Seat("gckey", "olga.petrov", "Olga", "Petrov", "Revoked credential", state="revoked"),
    Seat("gckey", "marc.gagnon", "Marc", "Gagnon", "Expired credential", state="expired"),
    Seat("partner", "nadia.bergeron", "Nadia", "Bergeron", "Importer", bank="rive-claire"),
    Seat("partner", "omar.haddad", "Omar", "Haddad", "Importer", bank="harbour-pine"),
    Seat("partner", "nora.tanaka", "Nora", "Tanaka", "Importer's employee", bank="aurora"),
    Seat("partner", "newcomer.two", "Robin", "Leclair", "Newcomer, no business yet", bank="tamarack"),
    Seat("partner", "ewan.mackay", "Ewan", "Mackay", "Expired credential", bank="prairie-lantern", state="expired"),
    Seat("staff", "daniel.okafor", "Daniel", "Okafor", "Officer", roles=(OFFICER,)),
    Seat("staff", "ruth.macleod", "Ruth", "MacLeod", "Trainer", roles=(OFFICER, TRAINER)),
)


def seats_of(identity: str, bank: str = "") -> tuple[Seat, ...]:
    return tuple(seat for seat in SEATS if seat.identity == identity and (not bank or seat.bank == bank))


def seat_of(identity: str, username: str) -> Seat | None:
    return next((seat for seat in seats_of(identity) if seat.username == username), None)
