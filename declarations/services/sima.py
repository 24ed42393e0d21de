"""SIMA on a line: which measure names the goods, and the arithmetic that the portal does for the filer."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, round_cents
from declarations import rules
from declarations.models import Line
from reference.rules.sima import SimaAssessment, SimaMeasureFrom, SimaSubject, sima_assessment, sima_measure_of

_SUBJECTS = {
    Line.SimaSubject.SUBJECT.value: SimaSubject.SUBJECT,
    Line.SimaSubject.NON_SUBJECT.value: SimaSubject.NON_SUBJECT,
    Line.SimaSubject.UNDERTAKING.value: SimaSubject.UNDERTAKING,
}


@dataclass(frozen=True)
class SimaFacts:
    """What a line says about SIMA; ``export_price`` is that of the whole line in Canadian dollars."""

    subject: str
    exporter: str
    export_price: Decimal
    quantities: dict[str, Decimal]


@dataclass(frozen=True)
class SimaOutcome:
    """What the portal computes: dollars, the code it derives, the arithmetic in figures, and the mark."""

    computed: Decimal | None = None
    code: str = ""
    arithmetic: str = ""
    is_illustrative: bool = False
    source: str = ""


def sima_outcome(facts: SimaFacts, measures: Sequence[SimaMeasureFrom]) -> SimaOutcome:
    """Nothing where the filer says nothing of SIMA; ``QuantityMissing`` as ``sima_assessment``."""
    if not facts.subject:
        return SimaOutcome()
    measure = sima_measure_of(measures, facts.exporter)
    found = sima_assessment(
        measure, export_price=facts.export_price, quantities=facts.quantities, subject=_SUBJECTS[facts.subject]
    )
    return SimaOutcome(
        computed=found.total,
        code=rules.sima_code(found.subject.value),
        arithmetic=_arithmetic(found)[:300],
        is_illustrative=found.measure.is_illustrative if found.measure else False,
        source=found.measure.source if found.measure else "",
    )


def _arithmetic(found: SimaAssessment) -> str:
    """Figures and signs alone, so that it reads the same in both languages."""
    measure = found.measure
    if measure is None:
        return ""
    name = f"{measure.case}, {measure.exporter}" if measure.exporter else measure.case
    if found.subject is SimaSubject.UNDERTAKING:
        return f"{name}: 0.00"
    if found.normal_value is None:
        steps = [f"{found.export_price} × {_percent(measure.antidumping_rate)}"]
    else:
        steps = [f"{found.normal_value} − {found.export_price}" if found.anti_dumping else "0.00"]
    if measure.countervailing_rate:
        steps.append(f"{found.export_price} × {_percent(measure.countervailing_rate)}")
    if measure.countervailing_amount:
        steps.append(str(round_cents(found.countervailing - found.export_price * measure.countervailing_rate)))
    return f"{name}: {' + '.join(steps)} = {found.total or ZERO}"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"
