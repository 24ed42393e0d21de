"""The yearly review of a range of accounts as two statements: rows are computed where they lie and stay there.

``security.rules`` is the definition (:func:`~security.rules.driving_month`, :func:`~security.rules.review_outcome`,
:func:`~security.rules.shortfall`, :class:`~security.rules.Coverage`); these statements say the same to the database.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import translation

from accounts.models import ProgramAccount
from core.http import in_language
from core.money import cents, from_cents
from core.sql import (
    blank,
    divided,
    filled,
    greatest,
    json_array,
    kept_rows,
    least,
    money_words,
    multiplied,
    number_text,
    prepared,
    said,
    typed,
)
from ledger import queries as book
from reference.rules.policy import MonthRules, SecurityParameters
from reference.rules.requirement import ReviewSchedule
from security import messages
from security.models import AnnualReview, SecurityRequirement
from security.queries.requirements import basis_of
from security.queries.reviews import Rise
from security.rules import COVERING, ENROLLED, RequirementSource, ReviewOutcome, categories, months_before

#: What is the same in every review of a run.
_SHARED = ("cycle", "year", "run_id", "window_start", "window_end", "due_on", "suspend_on", "note")
#: The rows that :func:`rises_at_hand` keeps.
_RISES = "risen_to_tell"
#: Subject, text and link.
_NOTICE_PARTS = 3


def write_reviews(
    *,
    accounts: range,
    schedule: ReviewSchedule,
    parameters: SecurityParameters,
    months_by: MonthRules,
    run_id: int,
    on: date,
    at: datetime,
) -> int:
    """One review for each open importer's account of the range that has none of this cycle and year; how many."""
    decided, values = _decided(
        accounts=accounts, schedule=schedule, parameters=parameters, months_by=months_by, on=on, is_anew=False
    )
    shared = dict(zip(_SHARED, _shared_values(schedule, run_id), strict=True))
    columns = (
        "program_account_id, old_amount, new_amount, driving_month_end, months, covered, shortfall, outcome, "
        f"notified_at, {', '.join(shared)}"
    )
    # Without a condition SQLite would read ON as the condition of a join.
    statement = f"""
        INSERT INTO security_annualreview ({columns}) {decided}
        SELECT id, old, amount, month_end, months, covers, {_shortfall(parameters)},
          outcome, CASE WHEN outcome = 'RISEN' THEN {typed(AnnualReview, "notified_at")} END,
          {", ".join(typed(AnnualReview, name) for name in shared)}
        FROM decided WHERE TRUE
        ON CONFLICT (program_account_id, cycle, year) DO NOTHING"""
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *prepared(AnnualReview, {"notified_at": at, **shared})])
        return int(cursor.rowcount)


def would_be(
    *, accounts: range, schedule: ReviewSchedule, parameters: SecurityParameters, months_by: MonthRules, on: date
) -> tuple[str, list[Any]]:
    """The same review as a query that writes nothing: the common tables of a statement, ``reviewed`` the last of them.

    Accounts that were reviewed already are reckoned anew.
    """
    decided, values = _decided(
        accounts=accounts, schedule=schedule, parameters=parameters, months_by=months_by, on=on, is_anew=True
    )
    return (
        f"""{decided},
        reviewed AS (SELECT id, old, source, amount, month_end, old_month_end, months, covers,
          {_shortfall(parameters)} AS shortfall, outcome FROM decided)""",
        values,
    )


def written(*, accounts: range, schedule: ReviewSchedule) -> tuple[str, list[Any]]:
    """What a review has written, in the shape of :func:`would_be`."""
    return (
        """WITH reviewed AS (
          SELECT v.program_account_id AS id, v.old_amount AS old, COALESCE(r.source, '') AS source,
            v.new_amount AS amount, v.driving_month_end AS month_end, r.driving_month_end AS old_month_end,
            v.months, v.covered AS covers, v.shortfall, v.outcome
          FROM security_annualreview v LEFT JOIN security_securityrequirement r ON r.id = (
            SELECT o.id FROM security_securityrequirement o WHERE o.program_account_id = v.program_account_id
              AND o.effective_on <= %s ORDER BY o.effective_on DESC, o.id DESC LIMIT 1)
          WHERE v.cycle = %s AND v.year = %s AND v.program_account_id BETWEEN %s AND %s)""",
        [schedule.run_on, schedule.cycle, schedule.year, accounts.start, accounts.stop - 1],
    )


def _decided(
    *,
    accounts: range,
    schedule: ReviewSchedule,
    parameters: SecurityParameters,
    months_by: MonthRules,
    on: date,
    is_anew: bool,
) -> tuple[str, list[Any]]:
    """The common tables that end in ``decided``, one row an account, and their values."""
    slices = months_before(schedule.run_on, months_by, cycle_day=schedule.window_start.day)
    counted = book.charge_rows(
        accounts,
        slices,
        counting=categories(months_by),
        basis=basis_of(months_by),
        known_until=schedule.window_end,
    )
    charged, charged_values = said(counted)
    months = [f"window_{number}" for number in range(len(slices))]
    # Each table by the range of its own, and bonds one by one: a part that reads one whole would read the country.
    # Reviews not by a correlated search: without statistics of the rows it adds, the database would read them all.
    once = (
        ""
        if is_anew
        else """
              AND a.id NOT IN (SELECT program_account_id FROM security_annualreview
                WHERE program_account_id BETWEEN %s AND %s AND cycle = %s AND year = %s)"""
    )
    statement = f"""
        WITH charged AS ({charged}),
          bonds AS (SELECT s.program_account_id, CAST(SUM(s.amount) AS BIGINT) AS amount
            FROM security_bondallocation s
            WHERE s.program_account_id BETWEEN %s AND %s
              AND (SELECT o.state FROM security_bond o WHERE o.id = s.bond_id) IN ({_places(COVERING)})
            GROUP BY s.program_account_id),
          latest AS (SELECT program_account_id, amount, source, driving_month_end FROM (
            SELECT v.*, ROW_NUMBER() OVER (
              PARTITION BY program_account_id ORDER BY effective_on DESC, id DESC) AS place
            FROM security_securityrequirement v
            WHERE program_account_id BETWEEN %s AND %s AND effective_on <= %s) versions WHERE place = 1),
          known AS MATERIALIZED (
            SELECT a.id, r.amount AS old, COALESCE(r.source, '') AS source, COALESCE(b.amount, 0) AS bond,
              COALESCE(-h.deposits, 0) AS cash, {", ".join(f"{_whole(name)} AS {name}" for name in months)},
              r.driving_month_end AS old_month_end, COALESCE(e.state, '') IN ({_places(ENROLLED)}) AS is_enrolled,
              a.opened_on <= %s AS has_full_window
            FROM accounts_programaccount a
              LEFT JOIN charged c ON c.holder_id = a.id
              LEFT JOIN bonds b ON b.program_account_id = a.id
              LEFT JOIN ledger_holderbalance h ON h.holder_id = a.id AND h.holder_id BETWEEN %s AND %s
              LEFT JOIN security_rppenrolment e ON e.program_account_id = a.id
                AND e.program_account_id BETWEEN %s AND %s
              LEFT JOIN latest r ON r.program_account_id = a.id
            WHERE a.id BETWEEN %s AND %s AND a.closed_on IS NULL AND a.opened_on <= %s AND a.profile <> %s{once}),
          highs AS MATERIALIZED (SELECT k.*, {greatest("0", *months)} AS highest FROM known k),
          facts AS (
            SELECT h.*, {json_array(*months)} AS months, {_driving_month(months)} AS month_end FROM highs h),
          found AS (
            SELECT f.*, {divided("bond", parameters.bond_rate)} + {divided("cash", parameters.cash_rate)} AS covers,
              CASE WHEN NOT is_enrolled THEN 'NOT_ENROLLED'
                WHEN source = 'ESTIMATE' AND (highest = 0 OR NOT has_full_window) AND highest <= old THEN 'NO_HISTORY'
                WHEN highest > COALESCE(old, 0) THEN 'RISEN' ELSE 'SAME_OR_LOWER' END AS outcome
            FROM facts f),
          decided AS (
            SELECT d.*, CASE WHEN outcome = 'NO_HISTORY' THEN old ELSE highest END AS amount FROM found d)"""
    ends = (accounts.start, accounts.stop - 1)
    values = [
        *charged_values,
        *(*ends, *COVERING),
        *(*ends, on),
        *ENROLLED,
        schedule.window_start,
        *ends,
        *ends,
        *(*ends, on, ProgramAccount.Profile.EXPORTER),
        *(() if is_anew else (*ends, schedule.cycle, schedule.year)),
        *(last for _first, last in slices),
    ]
    return statement, values


def write_requirements(*, accounts: range, run_id: int, on: date) -> None:
    """The version of the requirement that follows from each review of a run in the range; from its deadline on."""
    shared = {"source": RequirementSource.REVIEW, "computed_on": on}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO security_securityrequirement
              (program_account_id, amount, driving_month_end, effective_on, review_id, {", ".join(shared)})
            SELECT program_account_id, new_amount, driving_month_end, due_on, id,
              {", ".join(typed(SecurityRequirement, name) for name in shared)}
            FROM security_annualreview
            WHERE run_id = %s AND program_account_id BETWEEN %s AND %s AND outcome IN (%s, %s)
            ORDER BY program_account_id""",
            [
                *prepared(SecurityRequirement, shared),
                run_id,
                *(accounts.start, accounts.stop - 1),
                *(ReviewOutcome.RISEN, ReviewOutcome.SAME_OR_LOWER),
            ],
        )


@contextmanager
def rises_at_hand(found: QuerySet[Any, Any]) -> Iterator[None]:
    """The rows of ``queries.rises_to_tell`` for the two functions below: who is told is asked once."""
    with kept_rows(_RISES, *said(found), is_joined=False):
        yield


def rises_with_copies() -> list[Rise]:
    """The rises to tell those of who may want an e-mail copy."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(Rise._fields)} FROM {_RISES} WHERE may_want_a_copy ORDER BY 1, user_id")
        rows = cursor.fetchall()
    return [
        Rise(account, number, from_cents(old), from_cents(new), from_cents(missing), person, language)
        for account, number, old, new, missing, person, language in rows
    ]


def notices_of_rises(*, schedule: ReviewSchedule, parameters: SecurityParameters) -> tuple[str, list[Any]]:
    """The notices to all others, each in its own language, for ``notify_selected``.

    The words are those of ``messages.review_increase``, with blanks where the database writes its figures.
    """
    languages = [code for code, _name in settings.LANGUAGES]
    written = {code: _notice(code, schedule, parameters) for code in languages}
    columns, values = [], []
    for place in range(_NOTICE_PARTS):
        column, of_column = _in_each_language({code: parts[place] for code, parts in written.items()})
        columns.append(column)
        values += of_column
    return (
        f"SELECT r.user_id, CAST(NULL AS BIGINT), r.program_account_id, {', '.join(columns)}"
        f" FROM {_RISES} r WHERE NOT r.may_want_a_copy",
        values,
    )


def _notice(language: str, schedule: ReviewSchedule, parameters: SecurityParameters) -> list[tuple[str, list[str]]]:
    """Subject, text and link of a notice in one language: what the database is to say, and the values for it."""
    bond = least(
        greatest(multiplied("r.new", parameters.bond_rate), str(cents(parameters.bond_minimum))), _cap(parameters)
    )
    cash = greatest(multiplied("r.new", parameters.cash_rate), str(cents(parameters.cash_minimum)))
    if parameters.cap_applies_to_cash:
        cash = least(cash, _cap(parameters))
    amounts = {"old": "r.old", "new": "r.new", "bond": bond, "cash": cash, "missing": "r.missing"}
    places = {name: money_words(amount, language) for name, amount in amounts.items()}
    blanks = {name: blank(name) for name in places}
    with translation.override(language):
        subject = filled(
            messages.review_increase_subject(blank("account"), year=schedule.year), {"account": number_text("r.number")}
        )
        (covered, covered_values), (short, short_values) = (
            filled(messages.review_increase_body(blanks, due_on=schedule.due_on, is_covered=is_covered), places)
            for is_covered in (True, False)
        )
    body = f"CASE WHEN r.missing = 0 THEN {covered} ELSE {short} END", [*covered_values, *short_values]
    link = filled(in_language(messages.review_link(blank("number")), language), {"number": "r.number"})
    return [subject, body, link]


def _in_each_language(written: Mapping[str, tuple[str, list[str]]]) -> tuple[str, list[str]]:
    """One column of the notices; who has chosen no language of ours reads the first."""
    rest, rest_values = written[settings.LANGUAGE_CODE]
    whens, values = [], []
    for code, (text, of_text) in written.items():
        if code != settings.LANGUAGE_CODE:
            whens.append(f"WHEN r.language = %s THEN {text}")
            values += [code, *of_text]
    return f"CASE {' '.join(whens)} ELSE {rest} END", [*values, *rest_values]


def _cap(parameters: SecurityParameters) -> str:
    return str(cents(parameters.cap))


def _shared_values(schedule: ReviewSchedule, run_id: int) -> tuple[Any, ...]:
    window = (schedule.window_start, schedule.window_end)
    return (schedule.cycle, schedule.year, run_id, *window, schedule.due_on, schedule.suspend_on, "")


def _driving_month(months: Sequence[str]) -> str:
    """The last day of the earliest month that is the highest, as ``rules.driving_month`` finds it."""
    day = typed(AnnualReview, "driving_month_end")
    whens = " ".join(f"WHEN {month} = highest THEN {day}" for month in months)
    return f"CASE WHEN highest = 0 THEN NULL {whens} END"


def _whole(month: str) -> str:
    """What was charged in a month as the whole number that it is: PostgreSQL sums into a slower kind."""
    return f"CAST(COALESCE(c.{month}, 0) AS BIGINT)"


def _shortfall(parameters: SecurityParameters) -> str:
    """What is not covered of ``amount``, as ``rules.shortfall`` finds it; nothing once the cap is reached."""
    reached = f"{_towards_cap(parameters)} >= {_cap(parameters)}"
    return f"CASE WHEN covers >= amount OR {reached} THEN 0 ELSE amount - covers END"


def _towards_cap(parameters: SecurityParameters) -> str:
    return "bond + cash" if parameters.cap_applies_to_cash else "bond"


def _places(values: Any) -> str:
    return ", ".join("%s" for _value in values)
