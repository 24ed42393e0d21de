"""The columns that a population fills, and the days as its rows want them. No database is asked here."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from core.calendar import segment_of

NULL = r"\N"
RECORDED_BY = "system:generate_population"
_EPOCH_DAY = date(1970, 1, 1).toordinal()

#: By table; those of the book stand in ``ledger.loading``.
COLUMNS: dict[str, tuple[str, ...]] = {
    "user": ("id", "username", "email", "first_name", "last_name", "password", "language", "date_joined",
             "profile_completed_at"),
    "business": ("id", "bn9", "legal_name", "street", "city", "region", "postal_code", "country", "language",
                 "is_non_resident", "provider_kind", "licence_number", "licence_valid_until",
                 "account_security_number", "registered_at", "created_at"),
    "membership": ("id", "user_id", "business_id", "role", "is_primary", "added_actions", "started_at"),
    "account": ("id", "business_id", "number", "profile", "opened_on"),
    "delegation": ("id", "provider_id", "client_id", "asked_by", "state", "access", "all_programs", "requested_at",
                   "request_expires_on", "valid_from", "decided_at"),
    "admission": ("id", "kind", "business_id", "starts_on", "reason"),
    "release": ("id", "transaction_number", "program_account_id", "asked_for", "submitter_id", "kind", "stream",
                "cargo_control_number", "office", "goods", "estimated_value", "state", "requested_at", "released_on",
                "accounting_due_on", "payment_due_on", "last_day_to_pay", "accounted_on"),
    "declaration": ("id", "number", "type", "state", "program_account_id", "release_id", "submitter_id", "goods",
                    "office", "released_on", "accounting_due_on", "payment_due_on", "last_day_to_pay", "created_at",
                    "saved_at", "accepted_at", "vendor", "value_for_duty", "duty", "gst", "total", "version_count"),
    "consolidated": ("id", "declaration_id", "release_id"),
    "version": ("id", "declaration_id", "number", "kind", "state", "submitter_id", "accepted_at", "entry_key"),
    "invoice": ("id", "version_id", "number", "dated_on", "vendor", "vendor_country", "shipped_on", "currency", "total",
                "exchange_rate", "exchange_rate_on", "exchange_rate_source"),
    "line": ("id", "invoice_id", "position", "classification", "description", "origin", "treatment", "quantity", "unit",
             "value", "duty_rate_text", "rate_treatment", "rate_source", "value_for_duty", "duty", "value_for_tax",
             "gst", "total"),
    "payment": ("id", "reference", "program_account_id", "payer_id", "amount", "method", "purpose", "state",
                "started_at", "received_at", "cycle_start"),
    "enrolment": ("id", "program_account_id", "state", "reason", "enrolled_on", "changed_on", "estimate"),
    "requirement": ("id", "program_account_id", "amount", "source", "driving_month_end", "effective_on",
                    "computed_on"),
    "bond": ("id", "agreement_number", "provider_id", "debtor_id", "debtor_name", "program_account_id", "amount",
             "validity_start",
             "validity_end", "terminates_on", "state", "reason", "channel", "proposed_on", "decided_on"),
    "bond_share": ("id", "bond_id", "program_account_id", "amount"),
    "bond_version": ("id", "bond_id", "number", "kind", "debtor_name", "shares", "state", "amount", "validity_start",
                     "validity_end", "terminates_on", "effective_on", "recorded_at", "recorded_by"),
    "deposit": ("id", "program_account_id", "amount", "returned", "applied", "payment_reference", "state", "active_on",
                "ended_on"),
    "deposit_request": ("id", "program_account_id", "kind", "amount", "state", "instrument", "reason", "asked_at",
                        "asked_by", "decided_at", "decided_by", "decision", "done_on"),
}  # fmt: skip
BOOK = ("entries", "reversals", "postings", "items", "clearings")


@dataclass(frozen=True)
class Day:
    """A day as the rows want it."""

    on: date
    iso: str
    moment: str
    #: Milliseconds of that moment since 1970 as an entry's identifier begins, in hexadecimal digits.
    stamp: str
    segment: str
    #: The slice of a yearly review, from the 25th to the 24th, in which it falls.
    slice: int


@cache
def day_of(on: date) -> Day:
    # Ten in the morning in winter, eleven in summer: one moment a day is enough for what a job or a page asks.
    stamp = (on.toordinal() - _EPOCH_DAY) * 86_400_000 + 15 * 3_600_000
    place = on.year * 12 + on.month - (on.day < 25)
    return Day(on, on.isoformat(), f"{on.isoformat()} 15:00:00", f"{stamp:012x}7000", str(segment_of(on)), place)


def or_null(day: date | None) -> str:
    return NULL if day is None else day.isoformat()


def number_of(series: str, sequence: int) -> str:
    """``releases.rules.transaction_number`` at once: series, sequence and the digit that makes it valid."""
    stem = b"%b%08d" % (series.encode(), sequence)
    check = sum(stem[1::2]) + sum(stem[::2].translate(_DOUBLED))
    # Six plain digits each carry the code of a zero.
    return f"{stem.decode()}{-(check - 6 * 48) % 10}"


_DOUBLED = bytes((2 * (code - 48)) // 10 + (2 * (code - 48)) % 10 if 48 <= code < 58 else 0 for code in range(256))
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def reference_of(number: int) -> str:
    """Twelve characters in threes, as payments have them, scrambled so that neighbours do not look alike."""
    number = number * 0x9E3779B97F4A7C15 % (1 << 60)
    text = "".join([_ALPHABET[number >> 5 * place & 31] for place in range(12)])
    return f"{text[:3]}-{text[3:6]}-{text[6:9]}-{text[9:]}"
