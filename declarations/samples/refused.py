"""Declarations that are refused; each answer names the first field at fault and what to do."""

from django.utils.translation import gettext_lazy as _

from declarations.samples.accepted import BOOTS
from declarations.samples.parts import RELEASE, RELEASES, Of, Setting, Topic, declaration, invoice, line, release

_of = Of(Topic.REFUSED)

SAMPLES = (
    _of(
        "refused-classification", _("A number that is not in the tariff"), {**BOOTS, "classification": "9999.99.99.99"}
    ),
    _of("refused-treatment", _("A treatment that the origin cannot claim"), {**BOOTS, "treatment": "CEUT"}),
    _of("refused-origin", _("A country that does not exist"), {**BOOTS, "origin": "QQ"}),
    _of("refused-origin-form", _("A country as a word in place of its code"), {**BOOTS, "origin": "China"}),
    _of("refused-quantity", _("A quantity below zero"), {**BOOTS, "quantity": "-1"}),
    _of("refused-total", _("An invoice that does not add up to its lines"), BOOTS, invoice={"total": "9000.00"}),
    _of("refused-currency", _("A currency that is not quoted"), BOOTS, invoice={"currency": "XXX"}),
    _of(
        "refused-shipped",
        _("Goods shipped after the day of the declaration"),
        BOOTS,
        invoice={"shipped_on": "2026-07-30"},
    ),
    _of("refused-day", _("A day that is not in the calendar"), BOOTS, invoice={"shipped_on": "2026-02-30"}),
    _of(
        "refused-release",
        _("The release of another importer, or of nobody"),
        call=declaration(invoice(BOOTS)) | {"release": "17042000099999"},
    ),
    _of("refused-twice", _("A release that is accounted for already"), BOOTS, is_filed_twice=True),
    _of(
        "refused-not-released",
        _("Goods that have not arrived"),
        BOOTS,
        release=release(expected_arrival_on="2026-07-23"),
    ),
    _of("refused-gst-status", _("A GST status code that is not in the list"), {**BOOTS, "gst_exemption": "99"}),
    _of(
        "refused-excise",
        _("Goods said to be exempt from excise, with an amount of it"),
        line("2208.30.00.20", "GB", "MFN", "40", "1900.00", excise_exemption="91", excise_duty="500.00"),
    ),
    _of("refused-province", _("Casual goods for a province that does not exist"), {**BOOTS, "province": "XX"}),
    _of(
        "refused-authority",
        _("A special authority that is no number of an order"),
        {**BOOTS, "special_authority": "remission"},
    ),
    _of("refused-valuation", _("A value for duty code that does not exist"), {**BOOTS, "value_for_duty_code": "12"}),
    _of(
        "refused-port",
        _("A port of unlading that is no office"),
        call=declaration(invoice(BOOTS), header={"unlading_port": "9999"}),
    ),
    _of(
        "refused-release-and-releases",
        _("One release and several at once"),
        call={"release": RELEASE, "releases": list(RELEASES), "invoices": [invoice(BOOTS)]},
        setting=Setting.COURIER,
        release=release("CLVS", is_uncontrolled=True, estimated_value="420.00"),
    ),
    _of("refused-no-line", _("An invoice without lines"), call=declaration({**invoice(BOOTS), "lines": []})),
)
