"""What one number of the tariff bears: rates, surtaxes, measures and a sample. Nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from declarations.rules import LineAssessment, LineInput, line_assessment
from reference import queries
from reference.models import ClassificationNumber
from reference.queries.search import ListedRate, rates_of_number
from reference.rules.excise import ExciseRateFrom
from reference.rules.rates import SurtaxOrderFrom
from reference.rules.sima import SimaMeasureFrom
from reference.rules.surtax import SurtaxFinding
from reference.rules.tariff import QuantityMissing


@dataclass(frozen=True)
class TreatmentRow:
    """A listed rate, whether the origin may claim it, and what the sample comes to; None where a quantity lacks."""

    listed: ListedRate
    is_offered: bool
    sample: LineAssessment | None
    missing_unit: str = ""


@dataclass(frozen=True)
class NumberSheet:
    classification: ClassificationNumber
    origin: str
    on: date
    rows: tuple[TreatmentRow, ...]
    surtaxes: tuple[SurtaxFinding, ...]
    unlisted: tuple[SurtaxOrderFrom, ...]
    excise: tuple[ExciseRateFrom, ...]
    measures: tuple[SimaMeasureFrom, ...]


def number_sheet(
    *,
    classification: ClassificationNumber,
    origin: str,
    value: Decimal,
    quantities: Mapping[str, Decimal],
    on: date,
) -> NumberSheet:
    """Every rate of the number on the day, the sample's amounts under each, and what else touches the goods.

    The sample bears the surtaxes that apply by themselves and the GST; anti-dumping duty is not in it, because it hangs
    on the exporter.
    """
    findings = queries.surtax_findings_of(classification.digits, origin, on)
    surtax_rates = tuple(finding.order.rate for finding in findings if finding.is_applied)
    offered = {row.code for row in queries.treatments_for(origin, on)}
    rows = []
    for listed in rates_of_number(classification.digits, on):
        line = LineInput(value=value, duty_rate=listed.rate, quantities=dict(quantities), surtax_rates=surtax_rates)
        sample, missing = None, ""
        try:
            sample = line_assessment(line)
        except QuantityMissing as needed:
            missing = needed.unit
        rows.append(TreatmentRow(listed, listed.treatment.code in offered, sample, missing))
    return NumberSheet(
        classification=classification,
        origin=origin,
        on=on,
        rows=tuple(rows),
        surtaxes=findings,
        unlisted=queries.unlisted_surtaxes_of(classification.digits, origin, on),
        excise=queries.excise_rates_of(classification.digits, classification.unit, on),
        measures=queries.sima_measures_for(classification.digits, origin, on),
    )
