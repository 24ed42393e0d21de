"""Who exists in a generated population: providers, businesses, people and grants; and what each account is to do."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from stdnum import luhn

from releases.rules import CTYPE_PREFIX, filer_number
from simulation.population import laws
from simulation.population.cover import is_new
from simulation.population.laws import Importer
from simulation.population.production import COURIER_NUMBERS, Plan
from simulation.population.tables import NULL

_BROKER_SERIES = 20_001
_KNOWN = "2024-10-21 14:00:00"
SURETIES = 4
#: Businesses with a person who manages them in the portal; nobody gets a way to sign in.
PEOPLE_SHARE = 0.30
_UNUSABLE = "!generated"


class Registry:
    """Gives out businesses and numbers in the order of the accounts; holds the series, not the accounts."""

    def __init__(self, *, program_accounts: int, first_user: int) -> None:
        self.brokers = laws.broker_count(program_accounts)
        self.program_accounts = program_accounts
        self.first_user = first_user
        self.sureties = tuple(self.brokers + number for number in range(1, SURETIES + 1))
        self.courier = self.brokers + SURETIES + 1
        self.courier_series = str(_BROKER_SERIES + self.brokers)
        self.businesses = self.courier
        #: The last number that each filer has given out.
        self.series: dict[str, int] = {self.courier_series: COURIER_NUMBERS * program_accounts}
        self.series_of = {number + 1: str(_BROKER_SERIES + number) for number in range(self.brokers)}
        self.own_filers = 0
        self.delegations = 0
        self.rows: dict[str, list[str]] = defaultdict(list)

    def taken(self) -> dict[str, bytes]:
        """The rows that were made since the last time."""
        rows, self.rows = self.rows, defaultdict(list)
        return {name: "".join(lines).encode() for name, lines in rows.items()}

    def providers(self) -> dict[str, bytes]:
        """The brokers with their licences, the sureties, and a courier in the low value program."""
        for number in range(self.brokers):
            self._business(
                number + 1, laws.broker_name(number), kind="CUSTOMS_BROKER", licence=f"{1000 + number}",
                licensed_until="2027-03-31", series=self.series_of[number + 1],
            )  # fmt: skip
        for number, surety in enumerate(self.sureties):
            self._business(surety, laws.surety_name(number), kind="SURETY")
        self._business(
            self.courier, laws.courier_name(1), kind="CUSTOMS_BROKER", licence=f"{1000 + self.brokers}",
            licensed_until="2027-03-31", series=self.courier_series,
        )  # fmt: skip
        self.rows["admission"].append(f"1\tCOURIER\t{self.courier}\t2024-10-21\tLow value program\n")
        return self.taken()

    def plans(self, importers: Iterable[Importer]) -> Iterator[Plan]:
        """What is to be made for each account, in order; the rows of who exists wait in ``taken``."""
        business = self.courier
        for importer in importers:
            business = self.courier + importer.business + 1
            if importer.opens_business:
                self._open(importer, business)
            account = f"{business_number(business)}RM{importer.program:04d}"
            opened = "2024-10-21" if is_new(importer.number) else f"{2010 + importer.number % 14}-04-01"
            self.rows["account"].append(f"{importer.number + 1}\t{business}\t{account}\tIMPORTER\t{opened}\n")
            if importer.has_courier and importer.broker is not None and importer.opens_business:
                self._grant(self.courier, business)
            filer = business if importer.broker is None else importer.broker + 1
            series = CTYPE_PREFIX if importer.pays_at_port else self.series_of[filer]
            before = self.series.get(series, 0)
            self.series[series] = before + importer.declaration_count
            yield Plan(importer, account, business, filer, series, before)
        self.businesses = business

    def _open(self, importer: Importer, business: int) -> None:
        series = NULL
        if importer.broker is None:
            self.own_filers += 1
            series = self.series_of[business] = filer_number(self.own_filers)
        else:
            self._grant(importer.broker + 1, business)
        language = "fr" if importer.is_french else "en"
        name = laws.business_name(importer.business, is_french=importer.is_french)
        self._business(
            business, name, language=language, series=series, is_foreign=importer.is_non_resident,
            place=importer.business * 7,
        )  # fmt: skip
        if business * 0.618033988749895 % 1 < PEOPLE_SHARE:
            user = self.first_user + business
            address = f"manager.{business}@importers.example"
            self.rows["user"].append(
                f"{user}\tgenerated-{business}\t{address}\tAlex\tManager {business}\t{_UNUSABLE}\t{language}\t"
                f"{_KNOWN}\t{_KNOWN}\n"
            )
            self.rows["membership"].append(f"{user}\t{user}\t{business}\tBAM\t1\t[]\t{_KNOWN}\n")

    def _grant(self, provider: int, client: int) -> None:
        self.delegations += 1
        self.rows["delegation"].append(
            f"{self.delegations}\t{provider}\t{client}\tPROVIDER\tACTIVE\tPROGRAM_MANAGEMENT\t1\t"
            "2024-10-21 15:00:00\t2024-11-20\t2024-10-21\t2024-10-21 16:00:00\n"
        )

    def _business(
        self, number: int, name: str, *, language: str = "en", kind: str = "", licence: str = "",
        licensed_until: str = NULL, series: str = NULL, is_foreign: bool = False, place: int | None = None,
    ) -> None:  # fmt: skip
        places = laws.FOREIGN_PLACES if is_foreign else laws.PLACES
        city, region, postal_code = places[(number - 1 if place is None else place) % len(places)]
        self.rows["business"].append(
            f"{number}\t{business_number(number)}\t{name}\t{100 + number % 900} Front Street\t{city}\t{region}\t"
            f"{postal_code}\t{'US' if is_foreign else 'CA'}\t{language}\t{int(is_foreign)}\t{kind}\t{licence}\t"
            f"{licensed_until}\t{series}\t{_KNOWN}\t{_KNOWN}\n"
        )


def business_number(number: int) -> str:
    """A number of the product's own range (7xx xxx xxx with a Luhn digit)."""
    stem = str(71_000_000 + number)
    return stem + luhn.calc_check_digit(stem)
