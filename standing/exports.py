"""A notice sent to an overdue account as a letter, and the officers' list as a file."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from core import format as formats
from core.lazy import lazy_text
from documents import csv_file, pdf
from reference import queries as reference
from standing import rules
from standing.messages import BODIES, SUBJECTS
from standing.models import StandingNotice
from standing.queries import DeskRow
from standing.rules import Step, StepDays


def letter_pdf(notice: StandingNotice, language: str) -> bytes:
    """The PDF/UA letter of a notice, to be called with its language active; amounts in Canadian dollars."""
    account = notice.program_account
    step = Step(notice.step)
    planned = rules.step_days(notice.last_day_to_pay, days=StepDays.of(reference.policy(), notice.taken_on))
    values = {
        "amount": notice.overdue,
        "last_day": notice.last_day_to_pay,
        "suspends_on": planned[Step.SUSPENSION],
    }
    facts = [
        (_("Program account"), formats.bn(account.number)),
        (_("Business"), account.business.legal_name),
        (_("Date"), formats.day(notice.taken_on, language)),
        (_("Last day to pay"), formats.day(notice.last_day_to_pay, language)),
        (_("Unpaid that day"), formats.money(notice.overdue, language)),
    ]
    return pdf.render(
        "letter",
        {
            "title": lazy_text(SUBJECTS[step], **values)(),
            "context": str(notice.get_step_display()),
            "footer": formats.bn(account.number),
            "facts": [{"label": label, "value": value} for label, value in facts],
            "body": lazy_text(BODIES[step], **values)(),
            "note": _("Where the account stands today, and what it owes now, is on the page about your standing."),
        },
        language,
    )


def desk_csv(rows: Iterable[DeskRow]) -> bytes:
    """Overdue accounts with their newest step; amounts in Canadian dollars."""
    headings = [
        _("Program account"),
        _("Business"),
        _("Overdue"),
        _("Last day to pay"),
        _("Newest step"),
        _("Taken"),
        _("Steps held back"),
        _("With an arrangement"),
        _("Goods detained"),
        _("Release Prior to Payment suspended"),
    ]
    words = {True: _("yes"), False: _("no")}
    return csv_file.render(
        headings,
        (
            [
                row.account.number,
                row.account.business.legal_name,
                row.overdue,
                row.oldest_last_day,
                row.step_label,
                row.last_step_on,
                words[row.is_held],
                words[row.is_arranged],
                words[row.is_detained],
                words[row.is_suspended],
            ]
            for row in rows
        ),
    )
