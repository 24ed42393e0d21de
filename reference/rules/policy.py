"""Dated policy: what the agency or, where nothing is published, this simulation has fixed, and from which day.

Every row keeps its source and a mark: ``confirmed`` (law or the agency's own text), ``reported`` (a broker, association
or press page) or ``assumed`` (our own choice, kept where an officer can change it).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reference.rules.dated import latest_or_first

CONFIRMED = "confirmed"
REPORTED = "reported"
ASSUMED = "assumed"
ALWAYS = date(2000, 1, 1)
LAUNCH = date(2024, 10, 21)
OWN_SECURITY = date(2025, 5, 20)
NEW_MINIMUM = date(2024, 3, 27)
INACTIVITY_ENDED = date(2022, 3, 17)
CARD_BY_CYCLE = date(2025, 9, 28)
STRICT_MODE = "registration.strict"


@dataclass(frozen=True)
class PolicyRow:
    key: str
    effective_from: date
    value: str
    mark: str
    source: str


@dataclass(frozen=True)
class CardLimit:
    """The most a credit card pays: ``scope`` is ``payment`` or ``billing_cycle`` (of one program account)."""

    amount: Decimal
    scope: str

    @property
    def is_by_cycle(self) -> bool:
        return self.scope == "billing_cycle"


@dataclass(frozen=True)
class MonthRules:
    """What counts as a month's receivables for the security requirement, and how months are cut, on a day.

    ``cut`` is ``cycle_slices``, ``billing_periods`` or ``calendar_months``; ``basis`` is ``posting`` or ``release``.
    """

    cut: str
    basis: str
    penalties: bool
    credits: bool
    ctype: bool
    interest: bool


@dataclass(frozen=True)
class NudgeParameters:
    """From which share of use an importer is told, and how far use must fall before it may be told again."""

    information_at: Decimal
    warning_at: Decimal
    insufficient_at: Decimal
    rearm_below_by: Decimal


@dataclass(frozen=True)
class SecurityParameters:
    """The parameters of the security requirement in force on a day; rates are fractions."""

    bond_rate: Decimal
    bond_minimum: Decimal
    cash_rate: Decimal
    cash_minimum: Decimal
    cap: Decimal
    cap_applies_to_cash: bool


BUILT_IN: tuple[PolicyRow, ...] = (
    PolicyRow("security.bond_rate", ALWAYS, "0.50", REPORTED, "Brokers' and sureties' pages on D17-5-2"),
    PolicyRow("security.bond_minimum", ALWAYS, "25000.00", REPORTED, "Plan of April 2021, superseded 2024-03-27"),
    PolicyRow("security.bond_minimum", NEW_MINIMUM, "5000.00", REPORTED, "Lowered 2024-03-27; sureties' pages"),
    PolicyRow("security.cash_rate", ALWAYS, "1.00", REPORTED, "Brokers' and sureties' pages on D17-5-2"),
    PolicyRow("security.cash_minimum", ALWAYS, "0.00", REPORTED, "A deposit has no minimum"),
    PolicyRow("security.cap", ALWAYS, "10000000.00", REPORTED, "Ten million a program account"),
    PolicyRow("security.cap_applies_to_cash", ALWAYS, "yes", ASSUMED, "Sources disagree; the cap is taken for both"),
    PolicyRow("security.month_cut", ALWAYS, "cycle_slices", ASSUMED, "No text found; slices of the review window"),
    PolicyRow("security.month_basis", ALWAYS, "posting", ASSUMED, "No text found; the day a charge became known"),
    PolicyRow("security.counts_penalties", ALWAYS, "yes", REPORTED, "Association and a surety; one broker says no"),
    PolicyRow("security.counts_credits", ALWAYS, "no", ASSUMED, "No text found; gross debits of the month"),
    PolicyRow("security.counts_ctype", ALWAYS, "no", ASSUMED, "No text found; paid at release, outside the programme"),
    PolicyRow("security.counts_interest", ALWAYS, "no", ASSUMED, "No text found"),
    PolicyRow("security.period_warning_days", ALWAYS, "30", ASSUMED, "Own choice, as the review's first reminder"),
    PolicyRow("security.period_last_warning_days", ALWAYS, "7", ASSUMED, "Own choice, as the review's last reminder"),
    PolicyRow("security.endorsement_business_days", ALWAYS, "25", REPORTED, "About 25 business days; two brokers"),
    PolicyRow("security.own_security_required", ALWAYS, "no", CONFIRMED, "SOR/86-1062 s. 16 (transition)"),
    PolicyRow("security.own_security_required", OWN_SECURITY, "yes", CONFIRMED, "s. 16 repealed 2025-05-20"),
    PolicyRow("registration.required", ALWAYS, "no", CONFIRMED, "Before the launch of 2024-10-21"),
    PolicyRow("registration.required", LAUNCH, "yes", CONFIRMED, "Launch of 2024-10-21"),
    PolicyRow(STRICT_MODE, ALWAYS, "no", ASSUMED, "Exact match and lock as in CARM, for classes; off otherwise"),
    PolicyRow("registration.files_kept_days", ALWAYS, "365", ASSUMED, "How long files are kept is not published"),
    PolicyRow("registration.drafts_kept_days", ALWAYS, "90", ASSUMED, "How long drafts are kept is not published"),
    PolicyRow("card.limit", ALWAYS, "4999.99", REPORTED, "About 5,000 a payment before 2025-09-28"),
    PolicyRow("card.limit_scope", ALWAYS, "payment", REPORTED, "About 5,000 a payment before 2025-09-28"),
    PolicyRow("card.limit_scope", CARD_BY_CYCLE, "billing_cycle", REPORTED, "Bulletin 5408, in force 2025-09-28"),
    PolicyRow("standing.notice_of_arrears_after_days", ALWAYS, "30", CONFIRMED, "The agency's page on payment (2025)"),
    PolicyRow("standing.suspend_after_days", ALWAYS, "30", ASSUMED, "No published steps; from the last day to pay"),
    PolicyRow("standing.remind_before_days", ALWAYS, "5", ASSUMED, "No published reminder; before the last day to pay"),
    PolicyRow("standing.collections_after_days", ALWAYS, "30", CONFIRMED, "The agency's page on payment (2025)"),
    PolicyRow("standing.enforcement_after_notice_days", ALWAYS, "91", CONFIRMED, "Customs Act s. 97.34"),
    PolicyRow("late_accounting.penalty", ALWAYS, "100.00", CONFIRMED, "Contraventions C288 and C292"),
    PolicyRow("late_accounting.penalty_applies", ALWAYS, "yes", CONFIRMED, "Contraventions C288 and C292"),
    PolicyRow("late_accounting.penalty_applies", LAUNCH, "no", REPORTED, "Relief 2024-10-21 to 2025-01-19"),
    PolicyRow("late_accounting.penalty_applies", date(2025, 1, 20), "yes", REPORTED, "Resumed 2025-01-20"),
    PolicyRow("courier.value_limit", ALWAYS, "3300.00", CONFIRMED, "SOR/86-1062 s. 7.1 (in force since 2020-07-01)"),
    PolicyRow("contingency.in_force", ALWAYS, "no", REPORTED, "Before Customs Notice 25-23"),
    PolicyRow("contingency.in_force", date(2025, 5, 30), "yes", REPORTED, "Customs Notice 25-23 of 2025-05-30"),
    PolicyRow("contingency.covers_all_goods", ALWAYS, "no", CONFIRMED, "Customs Notice 25-23 para. 8"),
    PolicyRow("contingency.covers_all_goods", date(2025, 7, 10), "yes", REPORTED, "Widened 2025-07-10"),
    PolicyRow("contingency.covers_all_goods", date(2025, 8, 10), "no", CONFIRMED, "Widening ended 2025-08-09"),
    PolicyRow("late_payment.interest_applies", ALWAYS, "yes", CONFIRMED, "Customs Act s. 33.4"),
    PolicyRow("late_payment.interest_applies", LAUNCH, "no", REPORTED, "Relief after the launch, CN 25-02"),
    PolicyRow("late_payment.interest_applies", date(2026, 1, 1), "yes", REPORTED, "Resumed January 2026"),
    PolicyRow("late_payment.interest_start", ALWAYS, "due_date", ASSUMED, "Sources disagree; ceiling is the 17th + 18"),
    PolicyRow("late_payment.fee", ALWAYS, "0.00", ASSUMED, "Named beside interest in notices, amount not published"),
    PolicyRow("payments.nsf_fee", ALWAYS, "15.00", ASSUMED, "Amount not published; a usual one for Crown debts"),
    PolicyRow("payments.second_presentation_days", ALWAYS, "2", ASSUMED, "Business days; 0 for none"),
    PolicyRow("payments.debit_notice_days", ALWAYS, "5", ASSUMED, "Not published; a statement gives about a week"),
    PolicyRow("refund.minimum", ALWAYS, "1000.00", CONFIRMED, "The agency's page on offsetting before the launch"),
    PolicyRow("refund.minimum", LAUNCH, "0.00", ASSUMED, "Asked for in the portal; a threshold is not published"),
    PolicyRow("refund.small_after_months", ALWAYS, "2", CONFIRMED, "The same page: below it after two months"),
    PolicyRow("people.inactivity_applies", ALWAYS, "yes", REPORTED, "Association's notice: 180 days, then deactivated"),
    PolicyRow("people.inactivity_applies", INACTIVITY_ENDED, "no", REPORTED, "Disabled by the agency 2022-03-17"),
    PolicyRow("people.inactive_after_days", ALWAYS, "180", REPORTED, "Association's notice of 180 consecutive days"),
    PolicyRow("planner.premium_percent", ALWAYS, "1.50", ASSUMED, "Illustrative; a public cost calculator"),
    PolicyRow("planner.premium_abroad_percent", ALWAYS, "2.25", ASSUMED, "Illustrative; the same, for non-residents"),
    PolicyRow("planner.cash_percent", ALWAYS, "6.00", ASSUMED, "Illustrative; what borrowed money costs"),
    PolicyRow("planner.gst_percent", ALWAYS, "5.00", CONFIRMED, "Excise Tax Act s. 212 and 165(1)"),
    PolicyRow("utilization.information_at", ALWAYS, "0.75", ASSUMED, "Thresholds not published"),
    PolicyRow("utilization.warning_at", ALWAYS, "0.90", ASSUMED, "Thresholds not published"),
    PolicyRow("utilization.insufficient_at", ALWAYS, "1.00", ASSUMED, "Thresholds not published"),
    PolicyRow("utilization.rearm_below_by", ALWAYS, "0.05", ASSUMED, "Thresholds not published"),
    PolicyRow("security.estimate_low_by", ALWAYS, "0.00", ASSUMED, "Not published; a cent above is too low"),
)


class Policy:
    """The dated rows with typed questions; ``KeyError`` for a key without any row.

    On a day before a key's first row the first row holds; of two rows of one day the later in the table does.
    """

    def __init__(self, rows: Iterable[PolicyRow] = BUILT_IN) -> None:
        self._rows: dict[str, list[PolicyRow]] = {}
        for row in rows:
            self._rows.setdefault(row.key, []).insert(0, row)

    def row(self, key: str, on: date) -> PolicyRow:
        found = latest_or_first(self._rows.get(key, ()), on)
        if found is None:
            raise KeyError(key)
        return found

    def rows(self, key: str) -> tuple[PolicyRow, ...]:
        """Every row of a key, whatever its date."""
        return tuple(self._rows.get(key, ()))

    def text(self, key: str, on: date) -> str:
        return self.row(key, on).value

    def amount(self, key: str, on: date) -> Decimal:
        return Decimal(self.row(key, on).value)

    def count(self, key: str, on: date) -> int:
        return int(self.row(key, on).value)

    def holds(self, key: str, on: date) -> bool:
        return self.row(key, on).value == "yes"

    def security_parameters(self, on: date) -> SecurityParameters:
        return SecurityParameters(
            bond_rate=self.amount("security.bond_rate", on),
            bond_minimum=self.amount("security.bond_minimum", on),
            cash_rate=self.amount("security.cash_rate", on),
            cash_minimum=self.amount("security.cash_minimum", on),
            cap=self.amount("security.cap", on),
            cap_applies_to_cash=self.holds("security.cap_applies_to_cash", on),
        )

    def month_rules(self, on: date) -> MonthRules:
        return MonthRules(
            cut=self.text("security.month_cut", on),
            basis=self.text("security.month_basis", on),
            penalties=self.holds("security.counts_penalties", on),
            credits=self.holds("security.counts_credits", on),
            ctype=self.holds("security.counts_ctype", on),
            interest=self.holds("security.counts_interest", on),
        )

    def period_warning_days(self, on: date) -> tuple[int, int]:
        """Days before the last day of an enrolment for a period on which its importer is warned, first and last."""
        return (
            self.count("security.period_warning_days", on),
            self.count("security.period_last_warning_days", on),
        )

    def nudge_parameters(self, on: date) -> NudgeParameters:
        return NudgeParameters(
            information_at=self.amount("utilization.information_at", on),
            warning_at=self.amount("utilization.warning_at", on),
            insufficient_at=self.amount("utilization.insufficient_at", on),
            rearm_below_by=self.amount("utilization.rearm_below_by", on),
        )

    def card_limit(self, on: date) -> CardLimit:
        """The credit card limit: a payment before 2025-09-28, a billing cycle and program account since."""
        return CardLimit(amount=self.amount("card.limit", on), scope=self.text("card.limit_scope", on))


POLICY = Policy()
#: Values that are words, by what they decide.
_WORDS = (
    frozenset({"yes", "no"}),
    frozenset({"due_date", "ceiling"}),
    frozenset({"payment", "billing_cycle"}),
    frozenset({"cycle_slices", "billing_periods", "calendar_months"}),
    frozenset({"posting", "release"}),
)


def is_same_kind(present: str, value: str) -> bool:
    """Whether a new value can stand where the present one does: a yes or no, a number, one of the words."""
    for words in _WORDS:
        if present in words:
            return value in words
    pattern = r"[0-9]{1,12}\.[0-9]{2}" if "." in present else r"[0-9]{1,6}"
    return re.fullmatch(pattern, value) is not None


def card_limit(on: date, *, policy: Policy = POLICY) -> CardLimit:
    return policy.card_limit(on)


def is_registration_required(on: date, *, policy: Policy = POLICY) -> bool:
    """Whether a business must be registered in the portal before its goods are released (since 2024-10-21)."""
    return policy.holds("registration.required", on)


def is_registration_strict(on: date, *, policy: Policy = POLICY) -> bool:
    """Whether names must match to the letter and ten errors lock (complaints 1 and 2), as a class may want it."""
    return policy.holds(STRICT_MODE, on)


def is_own_security_required(on: date, *, policy: Policy = POLICY) -> bool:
    """Whether release prior to payment needs the importer's own security (since 2025-05-20; SOR/86-1062 s. 16)."""
    return policy.holds("security.own_security_required", on)


def suspend_after_days(on: date, *, policy: Policy = POLICY) -> int:
    """Days after the last day to pay until an overdue balance suspends release prior to payment (assumed)."""
    return policy.count("standing.suspend_after_days", on)
