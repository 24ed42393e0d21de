"""The one model field for money."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Combinable
from django.forms import DecimalField, Field
from django.utils.translation import gettext_lazy as _

from core.money import cents, from_cents


class MoneyField(models.BigIntegerField):
    """Dollars as ``Decimal`` in Python, whole cents as ``bigint`` in the database.

    SQLite adds decimal columns as floating point, so cents are the only form in which a sum is exact on both databases.
    """

    description = _("Amount of money")
    _pyi_private_set_type: Decimal | Combinable  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]
    _pyi_lookup_exact_type: Decimal | Combinable  # type: ignore[assignment]

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Decimal | None:
        return None if value is None else from_cents(int(value))

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise ValidationError(_("“%(value)s” is not an amount."), code="invalid", params={"value": value}) from None

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return cents(value if isinstance(value, Decimal) else Decimal(str(value)))

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Field | None:
        return DecimalField(
            max_digits=14,
            decimal_places=2,
            required=not self.blank,
            label=kwargs.get("label", self.verbose_name),
            help_text=kwargs.get("help_text", self.help_text),
        )
