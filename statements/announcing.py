"""Telling people that their statements are ready: one message a manager and statement, as many as there are accounts.

Nearly everybody reads them in the portal alone: those messages are written by the database in one statement, from the
very sentences of each language, in which only the amount and the account's number differ. Whoever may have an e-mail
copy is told one by one.
"""

from datetime import date, datetime
from functools import partial
from itertools import islice

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from core.sql import money_words, said
from delegation import queries as delegation
from delegation import services as delegations
from notifications import services as notifications
from statements import queries
from statements.models import Statement

CATEGORY = "statement"
_BATCH = 1000
#: Stand in the sentence and in the address for what differs.
_AMOUNT = "{amount}"
_NUMBER = "NUMBER"


def announce(*, statement_on: date, period_end: date, last_day_to_pay: date, after_id: int, at: datetime) -> None:
    """Tell the managers of every business about the statements made after ``after_id``."""
    words, amounts, values = _words(statement_on=statement_on, last_day_to_pay=last_day_to_pay)
    readers, readers_values = said(delegation.readers_without_copies())
    rows = f"""
        WITH words (language, subject, payable, settled, address) AS ({words}),
          readers (business_id, user_id, language) AS ({readers})
        SELECT r.user_id, a.business_id, a.id, w.subject,
          REPLACE(CASE WHEN s.box_h > 0 THEN w.payable ELSE w.settled END, %s, CASE w.language {amounts} END),
          REPLACE(w.address, %s, a.number)
        FROM statements_statement s JOIN accounts_programaccount a ON a.id = s.program_account_id
          JOIN readers r ON r.business_id = a.business_id JOIN words w ON w.language = r.language
        WHERE s.id > %s AND s.period_end = %s ORDER BY s.id, r.user_id"""
    params = [*values, *readers_values, _AMOUNT, _NUMBER, after_id, period_end]
    notifications.notify_selected(category=CATEGORY, rows=rows, params=params, at=at)
    told = queries.statements_told_with_copies(after_id, period_end=period_end)
    while batch := list(islice(told, _BATCH)):
        delegations.notify_readers_with_copies([_notice_of(row) for row in batch], at=at)


def _words(*, statement_on: date, last_day_to_pay: date) -> tuple[str, str, list[str]]:
    """The sentences as a query with a row a language, how each writes an amount, and the query's values."""
    values: list[str] = []
    amounts = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            payable, settled = (
                queries.statement_body(_AMOUNT, is_payable=is_payable, last_day_to_pay=last_day_to_pay)()
                for is_payable in (True, False)
            )
            subject = notifications.one_line(queries.statement_subject(statement_on))
            values += [language, subject, payable, settled, _address(_NUMBER, statement_on)]
        amounts.append(f"WHEN '{language}' THEN {money_words('s.box_h', language)}")
    places = ", ".join(["CAST(%s AS VARCHAR(1000))"] * 5)
    return " UNION ALL ".join([f"SELECT {places}"] * len(amounts)), " ".join(amounts), values


def _address(number: str, statement_on: date) -> str:
    return reverse("statements:detail", args=(number, statement_on.isoformat()))


def _notice_of(row: Statement) -> delegations.BusinessNotice:
    account = row.program_account
    return delegations.BusinessNotice(
        business_id=account.business_id,
        program_account_id=account.pk,
        subject=queries.statement_subject(row.statement_on),
        body=queries.statement_body(row.box_h, is_payable=row.box_h > 0, last_day_to_pay=row.last_day_to_pay),
        link=partial(_address, account.number, row.statement_on),
        category=CATEGORY,
    )
