"""The demo world as data: who is there, what they import, when, and how they pay. All of it invented.

Business numbers come from the product's own range: nine digits beginning with 70 or 71 and a valid check digit.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from registration.applications.rules import Answers, Entity, Numbers, Paper, Where, Who
from registration.applications.services import Details

#: The demo year: it begins on the first day and the portal opens on the last.
FIRST_DAY = date(2025, 7, 2)
LAST_DAY = date(2026, 7, 25)


@dataclass(frozen=True)
class Goods:
    """Goods that a business imports: number, origin, treatment, and a typical shipment in the vendor's currency."""

    classification: str
    description: str
    origin: str
    treatment: str
    unit_value: Decimal
    quantity: int
    vendor: str
    vendor_country: str
    currency: str


@dataclass(frozen=True)
class Importer:
    """An importer and its year: about ``pace`` shipments a month, each ``volume`` times the typical one.

    ``shape`` scales the number of shipments month by month, January first.
    """

    key: str
    bn9: str
    legal_name: str
    street: str
    city: str
    region: str
    postal_code: str
    manager: str
    shape: tuple[float, ...]
    goods: tuple[Goods, ...]
    volume: Decimal = Decimal(1)
    pace: Decimal = Decimal("2.2")
    country: str = "CA"
    language: str = "en"
    broker: str = ""
    files_itself: bool = False
    estimate: Decimal = Decimal("20000.00")
    security: str = "bond"
    security_amount: Decimal = Decimal("10000.00")
    surety: str = "keystone"
    pays: str = "on_time"
    stops_paying_on: date | None = None
    is_registered: bool = True
    is_practice: bool = False
    second_account: str = ""
    email: str = ""


@dataclass(frozen=True)
class Provider:
    """A customs broker or a surety."""

    key: str
    bn9: str
    legal_name: str
    kind: str
    street: str
    city: str
    region: str
    postal_code: str
    manager: str
    language: str = "en"
    licence_number: str = ""
    account_security_number: str = ""
    clients: tuple[str, ...] = field(default=())


BOOTS = Goods(
    "6404.11.91.00",
    "Hiking footwear, textile uppers",
    "CN",
    "MFN",
    Decimal("41.00"),
    240,
    "Ridgeline Footwear Ltd.",
    "CN",
    "USD",
)
PACKS = Goods(
    "4202.92.20.90",
    "Knapsacks, textile outer surface",
    "VN",
    "CPTPT",
    Decimal("24.50"),
    300,
    "Hanoi Trail Goods Co.",
    "VN",
    "USD",
)
NUTS = Goods(
    "7318.16.00.10",
    "Lock nuts of iron or steel",
    "FI",
    "CEUT",
    Decimal("0.27"),
    8200,
    "Aalto Rope & Anchor Oy",
    "FI",
    "EUR",
)
BOATS = Goods(
    "8903.11.00.00", "Inflatable boats", "US", "UST", Decimal("610.00"), 14, "Cascadia Kayak Works", "US", "USD"
)
BICYCLES = Goods("8712.00.00.30", "Bicycles", "CN", "MFN", Decimal("190.00"), 120, "Taihu Cycle Works", "CN", "USD")
SHIRTS = Goods(
    "6109.10.00.12", "Knitted cotton T-shirts", "BD", "MFN", Decimal("4.10"), 2600, "Dhaka Outerwear Mills", "BD", "USD"
)
BEDDING = Goods(
    "6302.31.00.90", "Cotton bed linen", "IN", "MFN", Decimal("14.00"), 900, "Malabar Home Textiles", "IN", "USD"
)
GLASSES = Goods(
    "7013.22.00.90", "Stemware drinking glasses", "CZ", "CEUT", Decimal("6.20"), 1500, "Sklo Brdy s.r.o.", "CZ", "EUR"
)
STEEL = Goods(
    "7208.10.00.00", "Hot-rolled steel coils", "JP", "CPTPT", Decimal("1.05"), 48000, "Harima Steel KK", "JP", "USD"
)
TUBES = Goods(
    "7306.69.00.31", "Welded galvanized steel tubes", "US", "UST", Decimal("2.35"), 9000, "Erie Tube Co.", "US", "USD"
)
AXLES = Goods(
    "8708.50.39.00",
    "Drive-axles with differential",
    "MX",
    "MXT",
    Decimal("480.00"),
    60,
    "Ejes del Norte SA",
    "MX",
    "USD",
)
SEEDS = Goods("1209.30.10.00", "Flower seeds", "NL", "CEUT", Decimal("38.00"), 310, "Lisse Zaden BV", "NL", "EUR")
CRABS = Goods("0306.14.90.90", "Frozen crabs", "US", "UST", Decimal("17.40"), 2400, "Orsa Polar Fleet", "US", "USD")
LOBSTERS = Goods(
    "0306.15.00.00", "Frozen Norway lobsters", "GB", "MFN", Decimal("19.00"), 900, "Minch Shellfish Ltd", "GB", "GBP"
)
CABINETS = Goods(
    "9403.10.00.10",
    "Metal office filing cabinets",
    "US",
    "UST",
    Decimal("140.00"),
    45,
    "Lakeside Office Corp.",
    "US",
    "USD",
)
KITCHENS = Goods(
    "9403.40.00.90", "Wooden kitchen furniture", "IT", "CEUT", Decimal("260.00"), 40, "Arredo Brenta Srl", "IT", "EUR"
)
PANS = Goods(
    "7323.94.00.10",
    "Enamelled steel cooking utensils",
    "TH",
    "MFN",
    Decimal("7.80"),
    800,
    "Chao Enamel Co.",
    "TH",
    "USD",
)
BOOKS = Goods(
    "4901.91.00.00",
    "Dictionaries and encyclopaedias",
    "GB",
    "MFN",
    Decimal("11.00"),
    240,
    "Thames Reference",
    "GB",
    "GBP",
)
TROUSERS = Goods(
    "6203.42.00.41", "Men's denim trousers", "MX", "MXT", Decimal("13.50"), 700, "Telas de Puebla SA", "MX", "USD"
)

EVEN = (1.0,) * 12
SPRING = (0.4, 0.6, 1.3, 1.8, 2.2, 0.8, 0.9, 1.0, 1.0, 1.1, 1.2, 0.8)
WINTER = (0.6, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9, 1.2, 1.6, 2.0, 2.1, 1.0)
SUMMER = (0.0, 0.0, 0.6, 1.2, 2.0, 2.2, 1.6, 0.6, 0.0, 0.0, 0.0, 0.0)

IMPORTERS = (
    Importer(
        "northlight",
        "704123686",
        "Northlight Outdoor Supply Inc.",
        "1200 9 Avenue SE",
        "Calgary",
        "AB",
        "T2G 0S9",
        manager="amara.osei",
        shape=SPRING,
        goods=(BOOTS, PACKS, NUTS, BOATS),
        volume=Decimal("2.6"),
        pace=Decimal("7"),
        broker="harbourline",
        files_itself=True,
        estimate=Decimal("44200.00"),
        security_amount=Decimal("25000.00"),
        second_account="Rental fleet, Canmore",
    ),
    Importer(
        "desrosiers",
        "704200013",
        "Desrosiers Acier ltée",
        "45 rue Saint-Paul",
        "Québec",
        "QC",
        "G1K 3V7",
        manager="luc.desrosiers",
        shape=EVEN,
        goods=(TUBES, NUTS),
        volume=Decimal("1.3"),
        language="fr",
        broker="passerelle",
        estimate=Decimal("30000.00"),
        security_amount=Decimal("15000.00"),
        surety="boreal",
        stops_paying_on=date(2026, 4, 25),
    ),
    Importer(
        "velo",
        "704200021",
        "Vélo Boréal Distribution inc.",
        "880 avenue du Mont-Royal E",
        "Montréal",
        "QC",
        "H2J 1X1",
        manager="nadia.bergeron",
        shape=SPRING,
        goods=(BICYCLES, SHIRTS),
        volume=Decimal("3"),
        language="fr",
        broker="passerelle",
        estimate=Decimal("52000.00"),
        security_amount=Decimal("44000.00"),
    ),
    Importer(
        "grandlac",
        "704200039",
        "Grand Lac Metalworks Inc.",
        "3100 Harbour Road",
        "Thunder Bay",
        "ON",
        "P7B 5E4",
        manager="omar.haddad",
        shape=(1.0, 1.0, 1.2, 1.5, 1.9, 2.3, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
        goods=(STEEL, TUBES),
        volume=Decimal("2.2"),
        broker="harbourline",
        estimate=Decimal("60000.00"),
        security_amount=Decimal("20000.00"),
    ),
    Importer(
        "fern",
        "704200047",
        "Fern & Field Imports",
        "17 Orchard Lane",
        "Kelowna",
        "BC",
        "V1Y 6N2",
        manager="fern.aldous",
        shape=SPRING,
        goods=(SEEDS, GLASSES),
        volume=Decimal("3"),
        broker="harbourline",
        estimate=Decimal("9800.00"),
        security="cash",
        security_amount=Decimal("9800.00"),
        email="fern.aldous@bounce.example",
    ),
    Importer(
        "tamarack",
        "704200054",
        "Tamarack Seeds Co-operative",
        "220 Elevator Street",
        "Saskatoon",
        "SK",
        "S7K 1M5",
        manager="gil.peterson",
        shape=SUMMER,
        goods=(SEEDS,),
        volume=Decimal("1.7"),
        broker="harbourline",
        estimate=Decimal("4000.00"),
        security="cash",
        security_amount=Decimal("4000.00"),
    ),
    Importer(
        "orsa",
        "704200062",
        "Orsa Polar Foods Ltd.",
        "41 Pier Street",
        "Seattle",
        "WA",
        "98104",
        country="US",
        manager="tomas.whitfield",
        shape=WINTER,
        goods=(CRABS, LOBSTERS),
        volume=Decimal("2"),
        broker="harbourline",
        estimate=Decimal("36000.00"),
        security_amount=Decimal("25000.00"),
        surety="boreal",
    ),
    Importer(
        "beaumont",
        "704200070",
        "Beaumont Lift Systems Inc.",
        "6 Foundry Crescent",
        "Hamilton",
        "ON",
        "L8L 4Z1",
        manager="ivy.kaplan",
        shape=EVEN,
        goods=(AXLES, NUTS),
        volume=Decimal("6"),
        broker="passerelle",
        estimate=Decimal("45000.00"),
        security_amount=Decimal("24000.00"),
        pays="late_once",
    ),
    Importer(
        "lantern",
        "704200088",
        "Prairie Lantern Co.",
        "9 Main Street",
        "Brandon",
        "MB",
        "R7A 0P3",
        manager="june.moreau",
        shape=(0.5,) * 12,
        goods=(GLASSES,),
        files_itself=True,
        security="none",
    ),
    Importer(
        "atelier",
        "704200096",
        "Atelier Lumen inc.",
        "77 rue Wellington N",
        "Sherbrooke",
        "QC",
        "J1H 5B8",
        manager="paul.tessier",
        shape=WINTER,
        goods=(KITCHENS, GLASSES),
        volume=Decimal("2.5"),
        language="fr",
        broker="passerelle",
        estimate=Decimal("15000.00"),
        security_amount=Decimal("12500.00"),
    ),
    Importer(
        "maritime",
        "704200104",
        "Maritime Linen House Ltd.",
        "301 Barrington Street",
        "Halifax",
        "NS",
        "B3J 1Z5",
        manager="owen.doucet",
        shape=EVEN,
        goods=(BEDDING, SHIRTS),
        volume=Decimal("4"),
        broker="harbourline",
        estimate=Decimal("48000.00"),
        security_amount=Decimal("30000.00"),
    ),
    Importer(
        "sault",
        "704200112",
        "Sault Workwear Wholesale Inc.",
        "1450 Queen Street E",
        "Sault Ste. Marie",
        "ON",
        "P6A 2G5",
        manager="rita.koski",
        shape=WINTER,
        goods=(TROUSERS, BOOTS),
        volume=Decimal("3"),
        broker="harbourline",
        estimate=Decimal("30000.00"),
        security="paper",
        security_amount=Decimal("28000.00"),
    ),
    Importer(
        "cedar",
        "704200120",
        "Cedar Street Books Ltd.",
        "12 Cedar Street",
        "Victoria",
        "BC",
        "V8W 1P6",
        manager="sofia.marchetti",
        shape=(0.0,) * 12,
        goods=(BOOKS,),
        security="none",
    ),
    Importer(
        "larkspur",
        "706339074",
        "Larkspur Marine Parts Ltd.",
        "58 Water Street",
        "Lunenburg",
        "NS",
        "B0J 2C0",
        manager="former.larkspur",
        shape=EVEN,
        goods=(BOATS, NUTS),
        volume=Decimal("2.5"),
        broker="harbourline",
        estimate=Decimal("12000.00"),
        security="cash",
        security_amount=Decimal("12000.00"),
        is_practice=True,
    ),
    Importer(
        "juniper",
        "704200138",
        "Juniper Kitchen Supply Inc.",
        "402 Rideau Street",
        "Ottawa",
        "ON",
        "K1N 5Y9",
        manager="former.juniper",
        shape=EVEN,
        goods=(PANS, GLASSES),
        volume=Decimal("2.4"),
        broker="harbourline",
        estimate=Decimal("9000.00"),
        security="cash",
        security_amount=Decimal("9000.00"),
        is_practice=True,
    ),
    Importer(
        "baieverte",
        "704200146",
        "Textiles Baie-Verte inc.",
        "19 rue du Quai",
        "Rimouski",
        "QC",
        "G5L 4B5",
        manager="former.baieverte",
        shape=EVEN,
        goods=(BEDDING,),
        language="fr",
        broker="passerelle",
        estimate=Decimal("20000.00"),
        security="cash",
        security_amount=Decimal("20000.00"),
        is_practice=True,
    ),
    Importer(
        "quarry",
        "704200153",
        "Quarry Lane Furniture",
        "880 Quarry Lane",
        "Guelph",
        "ON",
        "N1H 3K4",
        manager="",
        shape=(0.0,) * 12,
        goods=(CABINETS,),
        is_registered=False,
    ),
)

PROVIDERS = (
    Provider(
        "harbourline",
        "712055003",
        "Harbourline Customs Brokers Ltd.",
        "CUSTOMS_BROKER",
        "1 Marginal Road",
        "Halifax",
        "NS",
        "B3H 4P7",
        manager="wen.zhao",
        licence_number="CB-4471",
        account_security_number="17042",
    ),
    Provider(
        "passerelle",
        "712055433",
        "Passerelle Courtage en douane inc.",
        "CUSTOMS_BROKER",
        "400 rue McGill",
        "Montréal",
        "QC",
        "H2Y 2G1",
        manager="ines.caron",
        language="fr",
        licence_number="CB-5120",
        account_security_number="30815",
    ),
    Provider(
        "keystone",
        "713000016",
        "Keystone North Surety",
        "SURETY",
        "200 Bay Street",
        "Toronto",
        "ON",
        "M5J 2J1",
        manager="peter.vance",
    ),
    Provider(
        "boreal",
        "713000024",
        "Boreal Guarantee Company",
        "SURETY",
        "10 Portage Avenue",
        "Winnipeg",
        "MB",
        "R3B 2B3",
        manager="hana.lindqvist",
    ),
)


@dataclass(frozen=True)
class Applicant:
    """Somebody without a program account, and what they hand in."""

    username: str
    answers: Answers
    details: Details
    papers: tuple[Paper, ...] = ()


APPLICATIONS = (
    Applicant(
        "tomas.reyes",
        Answers(Who.IMPORTER, Where.CANADA, Numbers.NONE, Entity.CORPORATION),
        Details(
            legal_name="Reyes Coffee Roasters Ltd.",
            street="77 Commercial Drive",
            city="Vancouver",
            region="BC",
            postal_code="V5L 3X1",
            program_name="Green coffee and machines",
        ),
    ),
    Applicant(
        "astrid.holm",
        Answers(Who.IMPORTER, Where.ABROAD, Numbers.BUSINESS, Entity.CORPORATION),
        Details(
            bn9="709900112",
            legal_name="Holm Segelduk AB",
            street="Hamngatan 12",
            city="Karlskrona",
            postal_code="371 31",
            country="SE",
            program_name="Sailcloth",
        ),
        papers=(Paper.IDENTITY, Paper.EXISTENCE, Paper.BOOKS),
    ),
    Applicant(
        "marcus.bell",
        Answers(Who.CUSTOMS_BROKER, Where.CANADA, Numbers.BUSINESS, Entity.CORPORATION),
        Details(
            bn9="709900229",
            legal_name="Bellwether Customs Brokers Inc.",
            street="9 Pier Street",
            city="Saint John",
            region="NB",
            postal_code="E2L 4B3",
            licence_number="CB-6004",
            licence_valid_until=date(2028, 3, 31),
            security_reference="KN-B-2044",
        ),
        papers=(Paper.LICENCE,),
    ),
)
