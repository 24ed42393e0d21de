"""Whether goods are released: pure answers from what is known of the importer, and the numbers of releases.

Sources: Customs Act s. 32 and 35, SOR/86-1062 s. 7.1, 9, 10.2 and 16 (courier, self assessment, own security since
2025-05-20), Customs Notices 24-37 and 25-23 (exporter-only accounts, C-type without Release Prior to Payment,
contingency plan), Memorandum D17-1-10 Appendix F (number).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from stdnum import luhn

from reference.rules.billing import Stream

#: How long before arrival a release may be asked for (assumed).
DAYS_BEFORE_ARRIVAL = 30


class ReleaseKind(StrEnum):
    """How release is asked for. ``CTYPE`` is pay-and-release at the port; the others need Release Prior to Payment."""

    PARS = "PARS"
    RMD = "RMD"
    IID = "IID"
    CSA = "CSA"
    CLVS = "CLVS"
    CONTINUOUS = "CTC"
    CTYPE = "CTYPE"


#: The kinds that may be asked for before the goods arrive.
BEFORE_ARRIVAL = frozenset({ReleaseKind.PARS, ReleaseKind.IID})
#: The kinds by which goods go on a broker's contingency account (assumed from CN 25-23: those that need security).
BY_CONTINGENCY = frozenset({ReleaseKind.PARS, ReleaseKind.RMD, ReleaseKind.IID})


class Refusal(StrEnum):
    """Why goods are not released, in the order in which the reasons are looked for."""

    NOT_REGISTERED = "NOT_REGISTERED"
    NO_DELEGATION = "NO_DELEGATION"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    EXPORTER_ONLY = "EXPORTER_ONLY"
    NOT_CSA = "NOT_CSA"
    NOT_COURIER = "NOT_COURIER"
    NOT_CONTINUOUS = "NOT_CONTINUOUS"
    HAS_RPP = "HAS_RPP"
    NO_CONTINGENCY_PLAN = "NO_CONTINGENCY_PLAN"
    GOODS_NOT_LISTED = "GOODS_NOT_LISTED"
    NO_CONTINGENCY_ACCOUNT = "NO_CONTINGENCY_ACCT"
    NO_RPP = "NO_RPP"


#: The kinds that only an admitted importer or courier uses, and what is said to others.
PROGRAMMES = {
    ReleaseKind.CSA: Refusal.NOT_CSA,
    ReleaseKind.CLVS: Refusal.NOT_COURIER,
    ReleaseKind.CONTINUOUS: Refusal.NOT_CONTINUOUS,
}


class ReleaseState(StrEnum):
    """Where a request stands; only ``RELEASED`` goods are free."""

    AWAITING = "AWAITING"
    EXAMINATION = "EXAMINATION"
    HELD = "HELD"
    MAY_MOVE = "MAY_MOVE"
    AT_PORT = "AT_PORT"
    RELEASED = "RELEASED"
    REFUSED = "REFUSED"


class Step(StrEnum):
    """What happens to a request after it was accepted: the goods arrive, or an officer decides."""

    ARRIVE = "ARRIVE"
    EXAMINE = "EXAMINE"
    HOLD = "HOLD"
    MAY_MOVE = "MAY_MOVE"
    LET_GO = "LET_GO"


_FROM: dict[Step, frozenset[ReleaseState]] = {
    Step.ARRIVE: frozenset({ReleaseState.AWAITING}),
    Step.EXAMINE: frozenset({ReleaseState.AWAITING, ReleaseState.HELD, ReleaseState.MAY_MOVE, ReleaseState.AT_PORT}),
    Step.HOLD: frozenset(
        {ReleaseState.AWAITING, ReleaseState.EXAMINATION, ReleaseState.MAY_MOVE, ReleaseState.AT_PORT}
    ),
    Step.MAY_MOVE: frozenset({ReleaseState.AWAITING, ReleaseState.EXAMINATION, ReleaseState.HELD}),
    Step.LET_GO: frozenset({ReleaseState.EXAMINATION, ReleaseState.HELD, ReleaseState.MAY_MOVE}),
}
_TO = {
    Step.EXAMINE: ReleaseState.EXAMINATION,
    Step.HOLD: ReleaseState.HELD,
    Step.MAY_MOVE: ReleaseState.MAY_MOVE,
}


def can_take(step: Step, state: ReleaseState) -> bool:
    return state in _FROM[step]


def next_state(
    step: Step, *, state: ReleaseState, kind: ReleaseKind, has_arrived: bool, is_selected: bool = False
) -> ReleaseState | None:
    """Where a step leads, ``None`` where it cannot be taken.

    Goods that arrive are released unless they were selected for examination. Goods that an officer lets go are released
    if they are here; before that they await arrival again, and C-type goods are still to be paid for.
    """
    if not can_take(step, state):
        return None
    if step in _TO:
        return _TO[step]
    if kind == ReleaseKind.CTYPE:
        return ReleaseState.AT_PORT
    if step == Step.LET_GO and not has_arrived:
        return ReleaseState.AWAITING
    return ReleaseState.EXAMINATION if step == Step.ARRIVE and is_selected else ReleaseState.RELEASED


def first_state(
    kind: ReleaseKind, *, refusal: Refusal | None, expected_arrival_on: date | None, on: date, is_selected: bool
) -> ReleaseState:
    """Where a request stands once it was decided; ``is_selected`` is an account selected for examination."""
    if refusal is not None:
        return ReleaseState.REFUSED
    if kind == ReleaseKind.CTYPE:
        return ReleaseState.AT_PORT
    if expected_arrival_on is not None and expected_arrival_on > on:
        return ReleaseState.AWAITING
    return ReleaseState.EXAMINATION if is_selected else ReleaseState.RELEASED


# --- What a request has to say ---------------------------------------------------------------------------------------
class Fault(StrEnum):
    """What is wrong with a request before anybody looks at the importer."""

    CARGO_SHORT = "cargo_short"
    CARGO_LONG = "cargo_long"
    CARGO_CHARACTERS = "cargo_characters"
    ARRIVAL_PAST = "arrival_past"
    ARRIVAL_FAR = "arrival_far"
    NOT_ARRIVED = "not_arrived"
    DEPARTMENT_OF_IID = "department_of_iid"
    PERMIT_MISSING = "permit_missing"
    DEPARTMENT_MISSING = "department_missing"
    VALUE_TOO_HIGH = "value_too_high"
    CONTROLLED = "controlled"
    CONTINGENCY_KIND = "contingency_kind"
    CATEGORY_MISSING = "category_missing"


FIELDS = {
    Fault.CARGO_SHORT: "cargo_control_number",
    Fault.CARGO_LONG: "cargo_control_number",
    Fault.CARGO_CHARACTERS: "cargo_control_number",
    Fault.ARRIVAL_PAST: "expected_arrival_on",
    Fault.ARRIVAL_FAR: "expected_arrival_on",
    Fault.NOT_ARRIVED: "expected_arrival_on",
    Fault.DEPARTMENT_OF_IID: "department",
    Fault.PERMIT_MISSING: "permit_number",
    Fault.DEPARTMENT_MISSING: "department",
    Fault.VALUE_TOO_HIGH: "estimated_value",
    Fault.CONTROLLED: "is_uncontrolled",
    Fault.CONTINGENCY_KIND: "kind",
    Fault.CATEGORY_MISSING: "goods_category",
}


@dataclass(frozen=True)
class Particulars:
    """What a request says of the goods, the day of the request beside it; amounts are dollars."""

    kind: ReleaseKind
    cargo_control_number: str
    estimated_value: Decimal
    expected_arrival_on: date | None = None
    department: str = ""
    permit_number: str = ""
    is_uncontrolled: bool = False
    has_contingency: bool = False
    goods_category: str = ""


def cargo_fault(number: str) -> Fault | None:
    """A cargo control number is a carrier code of four characters and a reference, 25 letters and digits at most."""
    if not (number.isascii() and number.isalnum() and number.upper() == number):
        return Fault.CARGO_CHARACTERS
    if len(number) < 5:
        return Fault.CARGO_SHORT
    return Fault.CARGO_LONG if len(number) > 25 else None


def request_faults(said: Particulars, *, on: date, courier_limit: Decimal) -> list[Fault]:
    """Everything that is wrong with a request, in the order of its form.

    PARS and IID may come before the goods, thirty days at most (assumed); the others are for goods that are here. Only
    an IID carries another department's data, with its permit. Courier goods are worth no more than the limit and need
    no permit (SOR/86-1062 s. 7.1). The contingency plan names the kind of goods (CN 25-23 para. 8).
    """
    arrival, department, permit = said.expected_arrival_on, said.department, said.permit_number
    is_early = said.kind in BEFORE_ARRIVAL
    found = [
        cargo_fault(said.cargo_control_number),
        Fault.ARRIVAL_PAST if arrival and is_early and arrival < on else None,
        Fault.ARRIVAL_FAR if arrival and is_early and arrival > on + timedelta(days=DAYS_BEFORE_ARRIVAL) else None,
        Fault.NOT_ARRIVED if arrival and not is_early and arrival > on else None,
        Fault.DEPARTMENT_OF_IID if (department or permit) and said.kind != ReleaseKind.IID else None,
        Fault.PERMIT_MISSING if said.kind == ReleaseKind.IID and department and not permit else None,
        Fault.DEPARTMENT_MISSING if said.kind == ReleaseKind.IID and permit and not department else None,
        Fault.VALUE_TOO_HIGH if said.kind == ReleaseKind.CLVS and said.estimated_value > courier_limit else None,
        Fault.CONTROLLED if said.kind == ReleaseKind.CLVS and not said.is_uncontrolled else None,
        Fault.CONTINGENCY_KIND if said.has_contingency and said.kind not in BY_CONTINGENCY else None,
        Fault.CATEGORY_MISSING if said.has_contingency and not said.goods_category else None,
    ]
    return [fault for fault in found if fault is not None]


# --- The decision -----------------------------------------------------------------------------------------------------
class GoodsCategory(StrEnum):
    """The goods of the contingency plan (CN 25-23 para. 8, examples reported); ``OTHER`` is everything else."""

    BLOOD = "BLOOD"
    ISOTOPES = "ISOTOPES"
    LIVE_ANIMALS = "LIVE_ANIMALS"
    GENETIC = "GENETIC"
    PRODUCE = "PRODUCE"
    SEAFOOD = "SEAFOOD"
    DAIRY = "DAIRY"
    PLANTS = "PLANTS"
    MEDICAL = "MEDICAL"
    OTHER = "OTHER"


@dataclass(frozen=True)
class ContingencyFacts:
    """A broker's request to use the contingency plan: is there one, for these goods, on this account?"""

    is_in_force: bool
    covers_all_goods: bool
    category: str
    account_is_admitted: bool

    @property
    def goods_are_listed(self) -> bool:
        return self.covers_all_goods or self.category in set(GoodsCategory) - {GoodsCategory.OTHER}


@dataclass(frozen=True)
class ReleaseFacts:
    """What the decision rests on, as of the day of the request.

    ``programme_is_open`` is whether who asks is admitted to the program that the kind of release belongs to.
    """

    is_registered: bool
    registration_is_required: bool
    account_is_open: bool
    account_imports: bool
    requester_has_authority: bool
    rpp_is_on: bool
    own_security_is_required: bool
    programme_is_open: bool = True
    contingency: ContingencyFacts | None = None


def release_refusal(kind: ReleaseKind, facts: ReleaseFacts) -> Refusal | None:
    """The first reason to refuse release, or ``None`` when the goods are released.

    Without registration nothing is released, C-type included (since 2024-10-21). During the transition until 2025-05-20
    a registered importer was released without own security. Authority is asked before anything about the account, so
    that a stranger learns nothing of it. The contingency plan is only for importers without Release Prior to Payment.
    """
    if facts.registration_is_required and not facts.is_registered:
        return Refusal.NOT_REGISTERED
    if not facts.requester_has_authority:
        return Refusal.NO_DELEGATION
    if not facts.account_is_open:
        return Refusal.ACCOUNT_CLOSED
    if not facts.account_imports:
        return Refusal.EXPORTER_ONLY
    if kind in PROGRAMMES and not facts.programme_is_open:
        return PROGRAMMES[kind]
    if facts.contingency is not None:
        return _contingency_refusal(facts, facts.contingency)
    if kind != ReleaseKind.CTYPE and facts.own_security_is_required and not facts.rpp_is_on:
        return Refusal.NO_RPP
    return None


def _contingency_refusal(facts: ReleaseFacts, plan: ContingencyFacts) -> Refusal | None:
    if facts.rpp_is_on:
        return Refusal.HAS_RPP
    if not plan.is_in_force:
        return Refusal.NO_CONTINGENCY_PLAN
    if not plan.goods_are_listed:
        return Refusal.GOODS_NOT_LISTED
    return None if plan.account_is_admitted else Refusal.NO_CONTINGENCY_ACCOUNT


def stream_of(kind: ReleaseKind, *, csa_option: str = "") -> Stream:
    """The billing calendar of a kind of release (SOR/86-1062 s. 7.4, 7.5, 10.1 and 10.3)."""
    if kind == ReleaseKind.CSA:
        return Stream(csa_option)
    return {
        ReleaseKind.CLVS: Stream.COURIER,
        ReleaseKind.CONTINUOUS: Stream.CONTINUOUS,
        ReleaseKind.CTYPE: Stream.AT_RELEASE,
    }.get(kind, Stream.RPP)


class ImporterRefusal(StrEnum):
    """Why the program account of a release cannot be corrected."""

    NOT_RELEASED = "importer_not_released"
    ACCOUNTED = "importer_accounted_for"
    SAME = "importer_the_same"
    REFUSED = "importer_refused"


def importer_correction_refusal(
    *, is_released: bool, is_accounted: bool, is_same: bool, refusal: Refusal | None
) -> ImporterRefusal | None:
    """Why the BN15 of a release cannot be changed, as with form A48 (CN 24-37, CN 25-23 para. 5).

    It can between release and accounting, to an account to which the goods would be released now.
    """
    if not is_released:
        return ImporterRefusal.NOT_RELEASED
    if is_accounted:
        return ImporterRefusal.ACCOUNTED
    if is_same:
        return ImporterRefusal.SAME
    return ImporterRefusal.REFUSED if refusal is not None else None


# --- Numbers ----------------------------------------------------------------------------------------------------------
def transaction_number(prefix: str, sequence: int) -> str:
    """The 14 digits of a transaction: filer's five-digit account security number, eight of sequence, a check digit.

    Field lengths and the existence of a check digit are published; the rule taken for it is mod 10 (assumed).
    ``ValueError`` when the sequence no longer fits.
    """
    if len(prefix) != 5 or not prefix.isdigit() or not 0 < sequence < 10**8:
        raise ValueError(f"no transaction number from {prefix!r} and {sequence}")
    stem = f"{prefix}{sequence:08d}"
    return stem + luhn.calc_check_digit(stem)


def is_transaction_number(text: str) -> bool:
    return len(text) == 14 and text.isdigit() and luhn.is_valid(text)


def filer_number(sequence: int) -> str:
    """The account security number of an importer that files for itself: five digits from 60001 on (assumed).

    ``ValueError`` when the range is used up.
    """
    if not 0 < sequence < 40000:
        raise ValueError(f"no account security number from {sequence}")
    return str(60000 + sequence)


#: C-type transactions get their number from the agency; it begins with five zeros (reported).
CTYPE_PREFIX = "00000"
