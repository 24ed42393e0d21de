"""One shape for every explained number: inputs, the rule with its source and date, and the arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import ZERO
from reference.rules.policy import PolicyRow


@dataclass(frozen=True)
class Step:
    """One line of the arithmetic; ``amount`` in dollars or ``on`` a day."""

    title: str
    amount: Decimal | None = None
    on: date | None = None
    why: str = ""
    link: str = ""


@dataclass(frozen=True)
class Rule:
    """What holds, where it stands, how sure that is (confirmed, reported, assumed), and from which day."""

    text: str
    source: str
    mark: str
    effective_from: date | None = None

    @classmethod
    def of(cls, text: str, row: PolicyRow) -> "Rule":
        return cls(text, row.source, row.mark, row.effective_from)


@dataclass(frozen=True)
class Explanation:
    """``steps`` with an amount add up to ``amount`` where ``is_sum``."""

    what: str
    title: str
    amount: Decimal | None
    on: date | None
    steps: Sequence[Step]
    rules: Sequence[Rule]
    is_sum: bool = True

    @property
    def adds_up(self) -> bool:
        parts = [step.amount for step in self.steps if step.amount is not None]
        return not self.is_sum or sum(parts, ZERO) == self.amount
