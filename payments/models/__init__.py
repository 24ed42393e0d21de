"""What payments keeps: a module a subject."""

from .chosen import ChosenItem
from .payment import Payment
from .planned import PlannedPayment

__all__ = ("ChosenItem", "Payment", "PlannedPayment")
