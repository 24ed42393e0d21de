"""Anti-dumping and countervailing duty, and surtax orders with what may be claimed against them."""

from django.utils.translation import gettext_lazy as _

from declarations.samples.parts import Of, Topic, line

_of = Of(Topic.TRADE)
REBAR = line("7228.30.00.51", "TR", "MFN", "5000", "5200.00")
NUTS = line("7318.16.00.10", "TW", "MFN", "1000", "2600.00")
STEEL = line("7208.10.00.00", "US", "UST", "10000", "12400.00", origin_proof="CUSMA-2026-0715")
CAR = line("8703.23.00.22", "US", "MFN", "1", "41000.00")

SAMPLES = (
    _of(
        "sima-all-others",
        _("Anti-dumping duty at the rate for all other exporters"),
        {**REBAR, "sima_subject": "SUBJECT"},
    ),
    _of(
        "sima-normal-value",
        _("An exporter with a normal value: the margin is computed"),
        {**REBAR, "sima_subject": "SUBJECT", "sima_exporter": "Anadolu Practice Steel"},
        has_xml=True,
    ),
    _of(
        "sima-undertaking",
        _("An exporter under an undertaking: nothing is due"),
        line(
            "7228.30.00.51",
            "KR",
            "MFN",
            "5000",
            "5200.00",
            sima_subject="UNDERTAKING",
            sima_exporter="Hanbit Practice Mills",
        ),
    ),
    _of(
        "sima-price-in-dollars",
        _("A SIMA price in another currency than the invoice"),
        {**REBAR, "sima_subject": "SUBJECT", "sima_price": "3900.00", "sima_currency": "USD"},
    ),
    _of(
        "sima-self-declared",
        _("A higher amount that the filer declares counts"),
        {**REBAR, "sima_subject": "SUBJECT", "sima": "3000.00"},
    ),
    _of("sima-not-subject", _("Goods that are not subject to a measure"), {**REBAR, "sima_subject": "NON_SUBJECT"}),
    _of("sima-fasteners", _("Anti-dumping and countervailing duty on one line"), {**NUTS, "sima_subject": "SUBJECT"}),
    _of("surtax-us-steel", _("Surtax on steel of the United States"), STEEL, has_xml=True),
    _of(
        "surtax-us-aluminum",
        _("Surtax on aluminum of the United States"),
        line("7610.10.00.20", "US", "MFN", "20", "8600.00"),
    ),
    _of("surtax-china-steel", _("Surtax on steel of China"), line("7306.69.00.31", "CN", "MFN", "4000", "9900.00")),
    _of("surtax-vehicle", _("Surtax on a vehicle that is not entitled to the United States Tariff"), CAR),
    _of(
        "surtax-vehicle-cusma",
        _("A vehicle under the United States Tariff: 15 % of the value bears no surtax"),
        {**CAR, "treatment": "UST", "origin_proof": "CUSMA-2026-0716"},
    ),
    _of(
        "surtax-vehicle-content",
        _("A vehicle under the United States Tariff with its Canadian and Mexican content"),
        {**CAR, "treatment": "UST", "origin_proof": "CUSMA-2026-0716", "surtax_content": "12000.00"},
        has_xml=True,
    ),
    _of("surtax-derivative", _("Surtax on steel derivative goods of every origin"), NUTS),
    _of(
        "surtax-not-the-goods",
        _("The order does not name these goods: no surtax"),
        {**STEEL, "surtax_ground": "GOODS"},
    ),
    _of(
        "surtax-remission",
        _("A remission order spares the surtax"),
        {**STEEL, "surtax_ground": "REMISSION", "surtax_reference": "SOR/2025-122"},
        has_xml=True,
    ),
    _of(
        "surtax-aerospace",
        _("Goods for motor vehicles or aerospace bear no surtax of the derivative order"),
        {**NUTS, "surtax_ground": "AEROSPACE"},
    ),
    _of(
        "surtax-in-transit",
        _("Goods in transit on the first day of the order"),
        line("7306.69.00.31", "CN", "MFN", "4000", "9900.00", surtax_ground="TRANSIT"),
    ),
    _of(
        "surtax-no-such-exemption",
        _("Refused: the order has no such exemption"),
        {**STEEL, "surtax_ground": "SMALL"},
    ),
    _of(
        "surtax-remission-without-number",
        _("Refused: a remission without its number"),
        {**STEEL, "surtax_ground": "REMISSION"},
    ),
)
