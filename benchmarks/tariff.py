"""How long an officer's file of the whole tariff takes to load, beside a bare COPY of the same rows.

A schedule of 12,000 numbers with seven rates each is made, loaded as an officer loads it (read, checked cell by cell,
compared with what is there, written, audited), and its rows are copied into tables of the same form with the same
indexes. ``small`` loads a quarter of it. The load is held to twenty seconds for the whole
schedule, and to its ratio.
"""

import csv
import io
import os
import statistics
import time
from collections.abc import Callable
from datetime import date

import django
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.module_loading import import_string

from benchmarks.harness import Check, at_least, at_most, report, size_asked_for

NUMBERS = {"small": 3_000, "country": 12_000}
ROUNDS = 3
DAY = date(2027, 1, 1)
RATES = ("6.5%", "Free", "238% but not less than $1.25/kg", "13.51¢/kg plus 8.5%", "Free", "3%", "Free")
TREATMENTS = ("MFN", "UST", "MXT", "CEUT", "CPTPT", "GPT", "UKT")
MOST_RATIO = 8.0
ROWS_A_SECOND = 4_800.0  # 96,000 rows in twenty seconds
COPIED = {
    "reference_classificationnumber": (
        "number, digits, unit, description_en, description_fr, edition, search_text, mark, source"
    ),
    "reference_tariffrate": "classification_id, treatment_id, effective_from, text, edition, mark",
}


def schedule(numbers: int) -> str:
    """A schedule as an officer's file holds it."""
    file = io.StringIO()
    writer = csv.writer(file)
    facts = ["classification_number", "unit", "description_en", "description_fr", "edition", "effective_from"]
    writer.writerow([*facts, "mark", "source", *(code.lower() for code in TREATMENTS)])
    for place in range(numbers):
        digits = f"{99_000_000_00 - numbers * 100 + place * 100:010d}"
        number = f"{digits[:4]}.{digits[4:6]}.{digits[6:8]}.{digits[8:]}"
        words = [f"Goods of the measured schedule, kind {place}", f"Marchandises de l’annexe mesurée, sorte {place}"]
        writer.writerow([number, "KGM", *words, "T2027", DAY.isoformat(), "illustrative", "Benchmark", *RATES])
    return file.getvalue()


def undone(work: Callable[[], object]) -> float:
    """Seconds of a piece of work in a transaction that is taken back."""
    with transaction.atomic():
        begun = time.perf_counter()
        work()
        seconds = time.perf_counter() - begun
        transaction.set_rollback(True)
    return seconds


def kept_rows() -> dict[str, str]:
    """The rows of the loaded schedule as COPY writes them."""
    found = {}
    with connection.cursor() as cursor:
        for table, columns in COPIED.items():
            out = io.StringIO()
            cursor.copy_expert(f"COPY (SELECT {columns} FROM {table} WHERE edition = 'T2027') TO STDOUT", out)
            found[table] = out.getvalue()
            cursor.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")
    return found


def copy(rows: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        for table, text in rows.items():
            cursor.copy_expert(f"COPY bare_{table} ({COPIED[table]}) FROM STDIN", io.StringIO(text))


def measure(size: str) -> list[Check]:
    # Models can be imported only now.
    load = import_string("reference.services.files.load_schedule")
    at = import_string("core.clock.at_toronto")
    system = import_string("core.actor.system")
    text = schedule(NUMBERS[size])

    def run() -> None:
        outcome = load(text=text, actor=system("bench"), on=date(2026, 7, 20), at=at(date(2026, 7, 20), 9))
        if outcome.row_count != NUMBERS[size] or outcome.new_count != NUMBERS[size] * len(RATES):
            raise RuntimeError(f"the schedule was not loaded whole: {outcome}")

    begun = time.perf_counter()
    with transaction.atomic():
        run()
        rows = kept_rows()
        transaction.set_rollback(True)
    print(f"warmed up in {time.perf_counter() - begun:.1f} s", flush=True)
    with connection.cursor() as cursor:
        for table in COPIED:
            cursor.execute(f"CREATE TABLE IF NOT EXISTS bare_{table} (LIKE {table} INCLUDING ALL)")
    rounds = [(undone(run), undone(lambda: copy(rows))) for _round in range(ROUNDS)]
    whole, bare = (statistics.median(seconds) for seconds in zip(*rounds, strict=True))
    count = NUMBERS[size] * (1 + len(RATES))
    print(f"{count:,} rows: loaded in {whole:.2f} s, copied in {bare:.3f} s", flush=True)
    return [
        at_least("rows_loaded_a_second", count / whole, ROWS_A_SECOND),
        at_most("load_of_bare_copy", whole / bare, MOST_RATIO),
    ]


def main() -> None:
    size = size_asked_for()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carm_portal.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)
    report("tariff", size, measure(size))


if __name__ == "__main__":
    main()
