"""A statement as JSON and the published schema that every such file keeps to."""

import json
from decimal import Decimal
from typing import Any

from accounts.models import ProgramAccount
from ledger.rules import EntryKind, Revenue
from statements.models import LevelStatement, Statement
from statements.rules import Level
from statements.sheet import BOX_NAMES, LevelSheet, Line, RevenueRow, Sheet

VERSION = 1
_MONEY = {"type": "string", "pattern": r"^-?\d+\.\d{2}$"}
_DAY = {"type": "string", "format": "date"}
_HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_COUNT = {"type": "integer", "minimum": 0}


def statement_json(sheet: Sheet, account: ProgramAccount, *, schema_url: str) -> bytes:
    """The statement of a program account with its lines; amounts are texts with two decimals."""
    statement = sheet.statement
    content = {
        **_head(statement, Level.ACCOUNT, schema_url=schema_url),
        "business_number": account.business.bn9,
        "legal_name": account.business.legal_name,
        "program_account": account.number,
        "posted_since": statement.posted_since.isoformat(),
        "posted_through": statement.posted_upto.isoformat(),
        "revenue": _revenue(sheet.revenue),
        "calendars": [
            {
                "stream": str(part.stream),
                "first_day": part.first_day.isoformat(),
                "last_day": part.last_day.isoformat(),
            }
            for part in sheet.calendars
        ],
        "lines": [_line(line) for line in sheet.lines],
    }
    return _bytes(content)


def level_json(sheet: LevelSheet, *, schema_url: str) -> bytes:
    """The statement of a higher level with the program accounts that it adds up."""
    statement = sheet.statement
    content = {
        **_head(statement, Level(statement.level), schema_url=schema_url),
        "business_number": statement.business.bn9,
        "legal_name": statement.business.legal_name,
        "program_type": statement.program or None,
        "revenue": _revenue(sheet.revenue),
        "accounts": [
            {"program_account": row.program_account.number, "boxes": _boxes(row), "hash": row.seal}
            for row in sheet.accounts
        ],
    }
    return _bytes(content)


def _head(statement: Statement | LevelStatement, level: Level, *, schema_url: str) -> dict[str, Any]:
    return {
        "$schema": schema_url,
        "version": VERSION,
        "level": level.value,
        "currency": "CAD",
        "statement_on": statement.statement_on.isoformat(),
        "period_start": statement.period_start.isoformat(),
        "period_end": statement.period_end.isoformat(),
        "payment_due_on": statement.payment_due_on.isoformat(),
        "last_day_to_pay": statement.last_day_to_pay.isoformat(),
        "boxes": _boxes(statement),
        "entry_count": statement.entry_count,
        "hash": statement.seal,
    }


def _boxes(statement: Statement | LevelStatement) -> dict[str, str]:
    return {letter: _money(getattr(statement, f"box_{letter.lower()}")) for letter in BOX_NAMES}


def _revenue(rows: Any) -> list[dict[str, str]]:
    return [_revenue_row(row) for row in rows]


def _revenue_row(row: RevenueRow) -> dict[str, str]:
    amounts = {"B": row.corrections, "E": row.interest, "F": row.charges, "G": row.credits, "total": row.total}
    return {"class": row.key, **{name: _money(amount) for name, amount in amounts.items()}}


def _line(line: Line) -> dict[str, Any]:
    return {
        "box": line.box,
        "kind": line.kind.value,
        "document_type": line.about.kind,
        "document_number": line.about.number,
        "vendor": line.vendor,
        "submitted_by": line.submitter_name,
        "released_on": line.release_day.isoformat(),
        "posted_on": line.posted_on.isoformat(),
        "due_on": line.due_on.isoformat() if line.due_on else None,
        "amount": _money(line.amount),
        "revenue": {name.value: _money(amount) for name, amount in line.by_class.items()},
        "entry_key": line.key,
    }


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _bytes(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


# --- The schema ------------------------------------------------------------------------------------------------------


def schema(url: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a statement at any level, published at ``url``."""
    head = {
        "$schema": {"type": "string"},
        "version": {"const": VERSION},
        "level": {"enum": [level.value for level in Level]},
        "currency": {"const": "CAD"},
        "business_number": {"type": "string", "pattern": r"^\d{9}$"},
        "legal_name": {"type": "string"},
        "statement_on": _DAY,
        "period_start": _DAY,
        "period_end": _DAY,
        "payment_due_on": _DAY,
        "last_day_to_pay": _DAY,
        "boxes": {"$ref": "#/$defs/boxes"},
        "revenue": {"type": "array", "items": {"$ref": "#/$defs/revenue"}},
        "entry_count": _COUNT,
        "hash": _HASH,
    }
    of_account = {
        "program_account": {"$ref": "#/$defs/program_account"},
        "posted_since": _DAY,
        "posted_through": _DAY,
        "calendars": {"type": "array", "items": {"$ref": "#/$defs/calendar"}},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
    }
    above = {
        "program_type": {"type": ["string", "null"], "pattern": "^[A-Z]{2}$"},
        "accounts": {"type": "array", "items": {"$ref": "#/$defs/account"}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": url,
        "title": "Statement of account",
        "description": "Boxes A to H add up: H = A + B + C + D + E + F + G. Amounts are Canadian dollars as text.",
        "oneOf": [_object({**head, **of_account}, level=Level.ACCOUNT), _object({**head, **above})],
        "$defs": _definitions(),
    }


def _object(properties: dict[str, Any], *, level: Level | None = None) -> dict[str, Any]:
    """An object with all of these and nothing else; of one level where it is named."""
    if "level" in properties:
        allowed = [level] if level else [Level.ENTITY, Level.PROGRAM]
        properties = {**properties, "level": {"enum": [name.value for name in allowed]}}
    return {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}


def _definitions() -> dict[str, Any]:
    classes = [name.value for name in Revenue]
    return {
        "program_account": {"type": "string", "pattern": r"^\d{9}RM\d{4}$"},
        "boxes": _object(dict.fromkeys(BOX_NAMES, _MONEY)),
        "revenue": _object({"class": {"enum": classes}, **dict.fromkeys(("B", "E", "F", "G", "total"), _MONEY)}),
        "calendar": _object({"stream": {"type": "string"}, "first_day": _DAY, "last_day": _DAY}),
        "account": _object(
            {"program_account": {"$ref": "#/$defs/program_account"}, "boxes": {"$ref": "#/$defs/boxes"}, "hash": _HASH}
        ),
        "line": _object(
            {
                "box": {"enum": ["B", "C", "D", "E", "F", "G"]},
                "kind": {"enum": list(EntryKind.values)},
                "document_type": {"type": "string"},
                "document_number": {"type": "string"},
                "vendor": {"type": "string"},
                "submitted_by": {"type": "string"},
                "released_on": _DAY,
                "posted_on": _DAY,
                "due_on": {"anyOf": [_DAY, {"type": "null"}]},
                "amount": _MONEY,
                "revenue": {"type": "object", "propertyNames": {"enum": classes}, "additionalProperties": _MONEY},
                "entry_key": {"type": "string"},
            }
        ),
    }
