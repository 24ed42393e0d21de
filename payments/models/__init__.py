"""What payments keeps: a module a subject."""

from .payment import Payment

__all__ = ("Payment",)
