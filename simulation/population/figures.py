"""What a population measures, beside what it is held to."""

from decimal import Decimal
from typing import Any

from django.db import connection

#: Business days in a year of 52 weeks without Canada's eleven holidays.
BUSINESS_DAYS = 249

_QUESTIONS = {
    "declarations": "SELECT COUNT(*) FROM declarations_declaration",
    "charged": "SELECT SUM(total) FROM declarations_declaration",
    "paid": "SELECT -SUM(amount) FROM ledger_journalentry WHERE category IN ('PAYMENT', 'CTYPE_PAYMENT')",
    "releases": "SELECT COUNT(*) FROM releases_release",
    "rpp": "SELECT COUNT(*) FROM releases_release WHERE stream <> 'AT_RELEASE'",
    "accounts": "SELECT COUNT(*) FROM accounts_programaccount",
    "importers": "SELECT COUNT(DISTINCT business_id) FROM accounts_programaccount",
    "late": "SELECT COUNT(*) FROM releases_release WHERE accounted_on > accounting_due_on",
    "overdue_accounts": """SELECT COUNT(DISTINCT holder_id) FROM ledger_openitem
        WHERE side = 'DEBT' AND cleared < amount AND last_day_to_pay < '2026-06-24'""",
    "secured": """SELECT COUNT(*) FROM (SELECT s.program_account_id FROM security_bondallocation s
        JOIN security_bond b ON b.id = s.bond_id WHERE b.state IN ('ACTIVE', 'TERMINATION_PENDING')
        UNION SELECT program_account_id FROM security_deposit WHERE returned + applied < amount) x""",
    "bonded": """SELECT COUNT(DISTINCT s.program_account_id) FROM security_bondallocation s
        JOIN security_bond b ON b.id = s.bond_id WHERE b.state IN ('ACTIVE', 'TERMINATION_PENDING')""",
    "debts": "SELECT COUNT(*) FROM ledger_openitem WHERE side = 'DEBT'",
    "in_part": """SELECT COUNT(*) FROM (SELECT debt_item_id FROM ledger_clearing
        GROUP BY debt_item_id HAVING COUNT(*) > 1) x""",
    "corrected": "SELECT COUNT(*) FROM declarations_declaration WHERE version_count > 1",
    "by_courier": "SELECT COUNT(*) FROM declarations_declaration WHERE type = 'F'",
    "non_resident": "SELECT COUNT(*) FROM accounts_business WHERE is_non_resident",
    "by_brokers": """SELECT COUNT(*) FROM declarations_declaration d
        JOIN accounts_programaccount a ON a.id = d.program_account_id WHERE a.business_id <> d.submitter_id""",
    "largest_broker": """SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM declarations_declaration d
        JOIN accounts_business b ON b.id = d.submitter_id WHERE b.provider_kind = 'CUSTOMS_BROKER'
        GROUP BY d.submitter_id) x""",
    "largest": """SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM declarations_declaration
        GROUP BY program_account_id) x""",
    "half": """SELECT SUM(n) FROM (SELECT COUNT(d.id) AS n FROM accounts_programaccount a
        LEFT JOIN declarations_declaration d ON d.program_account_id = a.id GROUP BY a.id
        ORDER BY 1 LIMIT (SELECT COUNT(*) / 2 FROM accounts_programaccount)) x""",
}


def measured() -> dict[str, Decimal]:
    """Figures of the population that is there; each in one statement."""
    with connection.cursor() as cursor:
        found = {name: _one(cursor, question) for name, question in _QUESTIONS.items()}
    declarations, accounts = max(found["declarations"], Decimal(1)), max(found["accounts"], Decimal(1))
    return {
        "declarations_an_account": declarations / accounts,
        "declarations_a_day": declarations / BUSINESS_DAYS,
        "charged_a_declaration": found["charged"] / declarations / 100,
        "paid_share": found["paid"] / max(found["charged"], Decimal(1)),
        "rpp_share": found["rpp"] / max(found["releases"], Decimal(1)),
        "accounts_a_business": accounts / max(found["importers"], Decimal(1)),
        "late_share": found["late"] / max(found["releases"], Decimal(1)),
        "overdue_account_share": found["overdue_accounts"] / accounts,
        "unsecured_share": 1 - found["secured"] / accounts,
        "part_share": found["in_part"] / max(found["debts"], Decimal(1)),
        "corrected_share": found["corrected"] / declarations,
        "courier_share": found["by_courier"] / declarations,
        "non_resident_share": found["non_resident"] / max(found["importers"], Decimal(1)),
        "bond_share": found["bonded"] / max(found["secured"], Decimal(1)),
        "broker_share": found["by_brokers"] / declarations,
        "largest_broker_share": found["largest_broker"] / declarations,
        "largest_share": found["largest"] / declarations,
        "smaller_half_share": found["half"] / declarations,
    }


def _one(cursor: Any, question: str) -> Decimal:
    cursor.execute(question)
    return Decimal(cursor.fetchone()[0] or 0)
