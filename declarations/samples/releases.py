"""Requests for release: every kind, and the reasons for which goods are not released."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from declarations.samples.parts import Sample, Setting, Topic, release


def _of(name: str, title: Promise | str, call: dict[str, Any], **more: Any) -> Sample:
    return Sample(name, Topic.RELEASES, title, call, **more)


SAMPLES = (
    _of("release-pars", _("PARS, the goods are at the border"), release()),
    _of(
        "release-pars-early",
        _("PARS sent before the goods arrive"),
        release(expected_arrival_on="2026-07-23"),
    ),
    _of("release-rmd", _("Release on minimum documentation (RMD)"), release("RMD")),
    _of("release-iid", _("Integrated Import Declaration (IID)"), release("IID")),
    _of(
        "release-iid-permit",
        _("IID with the permit of another department"),
        release("IID", department="CFIA", permit_number="CFIA-2026-118", goods="Cut flowers"),
    ),
    _of("release-csa", _("Customs self assessment (CSA)"), release("CSA"), setting=Setting.CSA),
    _of(
        "release-clvs",
        _("Courier low value shipment"),
        release("CLVS", is_uncontrolled=True, estimated_value="420.00"),
        setting=Setting.COURIER,
    ),
    _of("release-ctype", _("C-type: paid at the port before release"), release("CTYPE"), setting=Setting.NO_RPP),
    _of("release-examined", _("Goods selected for examination"), release(), setting=Setting.EXAMINED),
    _of("release-no-rpp", _("Refused: no Release Prior to Payment"), release(), setting=Setting.NO_RPP),
    _of("release-not-csa", _("Refused: not admitted to customs self assessment"), release("CSA")),
    _of(
        "release-not-registered",
        _("Refused: the importer is not registered"),
        release(program_account="799999995RM0001"),
    ),
    _of(
        "release-clvs-too-much",
        _("Faulty: worth too much for the courier program"),
        release("CLVS", is_uncontrolled=True, estimated_value="3300.01"),
        setting=Setting.COURIER,
    ),
    _of(
        "release-permit-without-department",
        _("Faulty: a permit without its department"),
        release("IID", permit_number="CFIA-2026-118"),
    ),
    _of(
        "release-cargo-number",
        _("Faulty: a cargo control number with a hyphen"),
        release(cargo_control_number="8042-PARS-884120"),
    ),
)
