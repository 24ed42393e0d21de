"""Declarations that are accepted: rates of every form, treatments, currencies, taxes, and changes of them."""

from django.utils.translation import gettext_lazy as _

from declarations.samples.parts import (
    RELEASE,
    RELEASES,
    Of,
    Sample,
    Setting,
    Topic,
    declaration,
    invoice,
    line,
    release,
)

BOOTS = line("6404.11.91.00", "CN", "MFN", "240", "9840.00")
PACKS = line("4202.92.20.90", "VN", "CPTPT", "300", "7350.00", origin_proof="CPTPP-2026-0714")
_duty, _tax = Of(Topic.DUTY), Of(Topic.TAXES)

_DUTY = (
    _duty("duty-ad-valorem", _("A percentage of the value for duty"), BOOTS, has_xml=True),
    _duty(
        "duty-free",
        _("Goods that are free under every treatment"),
        line("0901.11.00.20", "CO", "MFN", "800", "3120.00"),
    ),
    _duty(
        "duty-ust",
        _("United States Tariff with its proof of origin"),
        line("6109.10.00.12", "US", "UST", "500", "4250.00", origin_proof="CUSMA-2026-0715"),
    ),
    _duty(
        "duty-mxt",
        _("Mexico Tariff"),
        line("6203.42.00.41", "MX", "MXT", "160", "3980.40", origin_proof="CUSMA-2026-0716"),
    ),
    _duty(
        "duty-ceut",
        _("Canada–European Union Tariff"),
        line("7324.10.00.10", "DE", "CEUT", "40", "6120.00", origin_proof="REX-DE-7741"),
    ),
    _duty("duty-cptpt", _("Comprehensive and Progressive Trans-Pacific Partnership Tariff"), PACKS),
    _duty(
        "duty-gpt",
        _("General Preferential Tariff, below the most favoured nation"),
        line("8418.10.90.13", "EG", "GPT", "30", "11400.00", origin_proof="FORM-A-2026-31"),
    ),
    _duty("duty-specific", _("So many cents a litre"), line("2204.21.10.92", "AU", "MFN", "900", "7200.00")),
    _duty(
        "duty-absolute-alcohol",
        _("So many cents a litre of absolute ethyl alcohol"),
        line("2208.40.10.90", "JM", "MFN", "400", "5200.00"),
    ),
    _duty(
        "duty-not-less-than",
        _("A percentage, but not less than an amount a kilogram"),
        line("0207.14.92.00", "BR", "MFN", "1000", "1400.00"),
    ),
    _duty(
        "duty-between",
        _("A percentage between two amounts a kilogram"),
        line("0207.14.91.10", "BR", "MFN", "1000", "2500.00"),
    ),
    _duty(
        "duty-plus",
        _("An amount a tonne plus a percentage"),
        line("1104.29.12.00", "BR", "MFN", "12.5", "9800.00"),
    ),
    _duty("duty-tonne", _("An amount a tonne"), line("1701.99.90.20", "BR", "MFN", "20", "16400.00")),
    _duty("duty-two-lines", _("Two lines under two treatments"), BOOTS, PACKS, has_xml=True),
    _duty(
        "duty-two-invoices",
        _("Two invoices in two currencies"),
        call=declaration(
            invoice(BOOTS),
            invoice(line("9503.00.10.10", "CN", "MFN", "600", "2400.00"), currency="USD", number="SSP-88215"),
        ),
        has_xml=True,
    ),
    _duty(
        "duty-usd",
        _("United States dollars at the rate of the day of direct shipment"),
        BOOTS,
        invoice={"currency": "USD"},
    ),
    _duty(
        "duty-eur",
        _("Euros, shipped on a Sunday: the latest quote counts"),
        BOOTS,
        invoice={"currency": "EUR", "shipped_on": "2026-07-12"},
    ),
    _duty(
        "duty-jpy",
        _("Yen: a rate with many decimals"),
        line("8471.70.00.13", "JP", "MFN", "20", "2950000.00"),
        invoice={"currency": "JPY"},
    ),
    _duty(
        "duty-header",
        _("Transport, carrier, port of unlading, purchaser, valuation code and remarks"),
        call=declaration(
            invoice(
                {**BOOTS, "value_for_duty_code": "13", "special_authority": "20-1135", "remarks": "First delivery"},
                purchaser="Northlight West Ltd.",
                time_limit_months=12,
            ),
            header={
                "transport_mode": "HIGHWAY",
                "carrier": "8042",
                "unlading_port": "0453",
                "cargo_control_numbers": "8042PARS884120",
            },
        ),
        has_xml=True,
    ),
    _duty(
        "duty-ctype",
        _("A C-type declaration, to be paid at the port"),
        BOOTS,
        release=release("CTYPE"),
        setting=Setting.NO_RPP,
    ),
)

_TAXES = (
    _tax(
        "tax-casual-ontario",
        _("Casual goods for Ontario: HST in place of GST"),
        {**BOOTS, "province": "ON"},
        has_xml=True,
    ),
    _tax("tax-casual-nova-scotia", _("Casual goods for Nova Scotia: its own HST"), {**BOOTS, "province": "NS"}),
    _tax(
        "tax-casual-british-columbia",
        _("Casual goods for British Columbia: provincial tax beside the GST"),
        {**BOOTS, "province": "BC"},
    ),
    _tax("tax-casual-alberta", _("Casual goods for Alberta: GST alone"), {**BOOTS, "province": "AB"}),
    _tax(
        "tax-casual-quebec",
        _("Casual goods for Quebec: collection at the border is illustrative"),
        {**BOOTS, "province": "QC"},
    ),
    _tax(
        "tax-gst-exempt",
        _("Goods with a GST status code bear no GST"),
        line("4901.91.00.00", "US", "MFN", "300", "2700.00", gst_exemption="48"),
    ),
    _tax(
        "tax-excise-tax",
        _("Excise tax stands in the value for tax"),
        line("8703.23.00.22", "JP", "MFN", "1", "38000.00", excise_tax="100.00"),
    ),
    _tax(
        "tax-excise-spirits",
        _("Excise duty on spirits, by the litre of absolute ethyl alcohol"),
        line("2208.30.00.20", "GB", "MFN", "40", "1900.00"),
        has_xml=True,
    ),
    _tax(
        "tax-excise-gasoline",
        _("Excise tax on gasoline, by the litre"),
        line("2710.12.90.14", "US", "UST", "5000", "4100.00", origin_proof="CUSMA-2026-0715"),
    ),
    _tax(
        "tax-excise-declared",
        _("Wine of little strength: the filer's own excise duty in place of the table's"),
        line("2204.21.10.92", "AU", "MFN", "900", "7200.00", excise_duty="315.90"),
    ),
    _tax(
        "tax-excise-exempt",
        _("Goods exempt from excise"),
        line("2208.30.00.20", "GB", "MFN", "40", "1900.00", excise_exemption="91"),
    ),
    Sample(
        "tax-courier-month",
        Topic.TAXES,
        _("Two courier releases of one month in one declaration of type F"),
        release("CLVS", is_uncontrolled=True, estimated_value="420.00", goods="Gifts"),
        {
            "releases": list(RELEASES),
            "header": {"transport_mode": "AIR", "carrier": "8042"},
            "invoices": [invoice(line("4202.92.20.90", "VN", "MFN", "12", "420.00", province="ON"))],
        },
        setting=Setting.COURIER,
        release_count=2,
        has_xml=True,
    ),
)

_asked = {"declaration": RELEASE, "reason": "The invoice of the vendor was wrong."}
_change = Of(Topic.CHANGES)
_CHANGES = (
    _change(
        "change-withdrawal",
        _("A withdrawal is asked for"),
        BOOTS,
        change={**_asked, "kind": "WITHDRAWAL", "reason_code": "DUPLICATE"},
    ),
    _change(
        "change-correction-value",
        _("A correction of the value: the difference is posted at once"),
        BOOTS,
        correction={
            "reason": "Freight of the vendor was left out.",
            "changes": [{"invoice": 1, "line": 1, "value": "9940.00"}],
        },
    ),
    _change(
        "change-correction-treatment",
        _("A correction that claims a preference: a credit"),
        line("6109.10.00.12", "US", "MFN", "500", "4250.00"),
        correction={
            "reason": "The proof of origin came later.",
            "changes": [{"invoice": 1, "line": 1, "treatment": "UST", "origin_proof": "CUSMA-2026-0715"}],
        },
    ),
    _change(
        "change-correction-faulty",
        _("Refused: a correction of a line that does not exist"),
        BOOTS,
        correction={"reason": "Fewer came.", "changes": [{"invoice": 1, "line": 2, "quantity": "200"}]},
    ),
    _change(
        "change-too-early",
        _("Refused: before the payment due date a correction needs no request"),
        BOOTS,
        change={
            **_asked,
            "kind": "ADJUSTMENT",
            "reason_code": "VALUE",
            "changes": [{"invoice": 1, "line": 1, "value": "9940.00"}],
        },
    ),
    _change(
        "change-no-decision",
        _("Refused: an appeal names the decision it is about"),
        BOOTS,
        change={"kind": "APPEAL", "decision": "SA-0000000", "reason_code": "VALUE", "reason": "The value was right."},
    ),
)

SAMPLES: tuple[Sample, ...] = (*_DUTY, *_TAXES, *_CHANGES)
