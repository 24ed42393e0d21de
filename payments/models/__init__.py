"""What payments keeps: a module a subject."""

from payments.credits.models import OffsettingPreference, RefundRequest

from .payment import Payment

__all__ = ("OffsettingPreference", "Payment", "RefundRequest")
