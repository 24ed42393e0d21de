"""The excise table, as loaded or as shipped."""

from datetime import date

from core.once import once
from reference import shipped
from reference.models import ExciseRate
from reference.rules import excise


@once
def excise_rates() -> tuple[excise.ExciseRateFrom, ...]:
    """Every row of the excise table, or the shipped ones where none is loaded."""
    return (
        tuple(
            excise.ExciseRateFrom(
                code=row.code,
                kind=row.kind,
                goods_en=row.goods_en,
                goods_fr=row.goods_fr,
                prefixes=tuple(row.prefixes.split()),
                unit=row.unit,
                amount=row.amount,
                effective_from=row.effective_from,
                effective_to=row.effective_to,
                mark=row.mark,
                source=row.source,
            )
            for row in ExciseRate.objects.all()
        )
        or shipped.excise_rates()
    )


def excise_rates_of(number: str, unit: str, on: date) -> tuple[excise.ExciseRateFrom, ...]:
    """The excise rates of goods of the number, declared in their unit, on the day of release."""
    rows = excise_rates() if may_bear_excise(number) else ()
    return excise.excise_rates(rows, number, on, units={unit})


def may_bear_excise(number: str) -> bool:
    """Whether a row of any day names such goods. The table is loaded from the shipped one, so nothing is asked for."""
    digits = number.replace(".", "")
    return any(digits.startswith(row.prefixes) for row in shipped.excise_rates())
