"""The calls of the portal about mandates, lists of debits and the file of a day."""

from typing import Any

from django.http import HttpRequest, JsonResponse

from counterparts.bank import rules as payment_rules
from counterparts.bank.clearing import queries, rules, services
from counterparts.bank.errors import ReferenceReused
from counterparts.bank.http import error, first_fault, missing, portal_call, read_object, reference_reused

LONGEST_FILE = 5_000_000
DAY = "a day such as 2026-07-25"
REFERENCE = "1 to 64 letters, digits and . _ : -"


@portal_call("POST")
def mandates(request: HttpRequest) -> JsonResponse:
    given = read_object(request)
    if isinstance(given, JsonResponse):
        return given
    on = rules.day_of(given.get("on"))
    fault = first_fault(
        (
            ("reference", payment_rules.is_reference(given.get("reference")), REFERENCE),
            ("holder", _is_text(given.get("holder"), 120), "the holder's name, 1 to 120 characters"),
            ("institution", _is_digits(given.get("institution"), 3), "three digits"),
            ("transit", _is_digits(given.get("transit"), 5), "five digits"),
            ("account", rules.is_account(given.get("account")), "7 to 12 digits"),
            ("payee", payment_rules.is_payee(given.get("payee")), "a program account such as 123456789RM0001"),
            ("on", on is not None, DAY),
        )
    )
    if fault or on is None:
        return fault or error(400, "invalid", f"on must be {DAY}.", "on")
    names = ("reference", "holder", "institution", "transit", "account", "payee")
    try:
        order = services.MandateOrder(**{name: given[name] for name in names})
        mandate, is_new = services.open_mandate(order=order, on=on)
    except ReferenceReused:
        return reference_reused("mandate")
    return JsonResponse(queries.description_of_mandate(mandate), status=201 if is_new else 200)


@portal_call("GET")
def mandate(request: HttpRequest, mandate_id: str) -> JsonResponse:
    found = queries.mandate_with_id(mandate_id)
    return missing("mandate") if found is None else JsonResponse(queries.description_of_mandate(found))


@portal_call("POST")
def cancel_mandate(request: HttpRequest, mandate_id: str) -> JsonResponse:
    """Ends a mandate; one that has ended or was refused is answered as it stands."""
    given = read_object(request)
    if isinstance(given, JsonResponse):
        return given
    on = rules.day_of(given.get("on"))
    if on is None:
        return error(400, "invalid", f"on must be {DAY}.", "on")
    if queries.mandate_with_id(mandate_id) is None:
        return missing("mandate")
    return JsonResponse(queries.description_of_mandate(services.cancel_mandate(mandate_id=mandate_id, on=on)))


@portal_call("POST")
def debit_files(request: HttpRequest) -> JsonResponse:
    given = read_object(request, longest=LONGEST_FILE)
    if isinstance(given, JsonResponse):
        return given
    on, debits = rules.day_of(given.get("on")), given.get("debits")
    fault = first_fault(
        (
            ("reference", payment_rules.is_reference(given.get("reference")), REFERENCE),
            ("on", on is not None, DAY),
            (
                "debits",
                isinstance(debits, list) and 0 < len(debits) <= rules.MOST_DEBITS,
                f"a list of 1 to {rules.MOST_DEBITS} debits",
            ),
        )
    )
    if fault or on is None or not isinstance(debits, list):
        return fault or error(400, "invalid", f"on must be {DAY}.", "on")
    lines = []
    for number, debit in enumerate(debits):
        line = _line_of(debit, f"debits[{number}]")
        if isinstance(line, JsonResponse):
            return line
        lines.append(line)
    try:
        file, is_new = services.take_file(reference=given["reference"], on=on, lines=lines)
    except ReferenceReused:
        return reference_reused("file")
    return JsonResponse(queries.description_of_file(file), status=201 if is_new else 200)


@portal_call("GET")
def return_file(request: HttpRequest, day: str) -> JsonResponse:
    asked = rules.day_of(day)
    if asked is None:
        return error(400, "invalid", f"The day must be {DAY}.", "day")
    entries = [queries.description_of_entry(entry) for entry in services.return_file(day=asked)]
    return JsonResponse({"day": asked.isoformat(), "entries": entries})


def _line_of(given: Any, where: str) -> services.DebitLine | JsonResponse:
    if not isinstance(given, dict):
        return error(400, "invalid", f"{where} must be an object.", where)
    due_on = rules.day_of(given.get("due_on"))
    fault = first_fault(
        (
            (f"{where}.reference", payment_rules.is_reference(given.get("reference")), REFERENCE),
            (f"{where}.mandate", _is_text(given.get("mandate"), 40), "the id of a mandate"),
            (f"{where}.amount", payment_rules.is_amount(given.get("amount")), "a text with two decimals above zero"),
            (f"{where}.due_on", due_on is not None, DAY),
        )
    )
    if fault or due_on is None:
        return fault or error(400, "invalid", f"{where}.due_on must be {DAY}.", where)
    return services.DebitLine(
        reference=given["reference"],
        mandate=given["mandate"],
        amount_cents=payment_rules.cents_of(given["amount"]),
        due_on=due_on,
    )


def _is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= longest and value.isprintable()


def _is_digits(value: Any, length: int) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == length
