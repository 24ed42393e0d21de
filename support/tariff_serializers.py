"""What the open tariff and the exchange rates accept and answer; rates in the words of the tariff."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from support.serializers import AmountField, CallSerializer, CurrencyField, DayField


class SearchCallSerializer(CallSerializer):
    q = serializers.CharField(max_length=100, help_text="Digits or words, English or French.")


class FoundNumberSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    unit = serializers.CharField()
    description_en = serializers.CharField()
    description_fr = serializers.CharField()
    edition = serializers.CharField()
    mark = serializers.CharField()


class NumberCallSerializer(CallSerializer):
    origin = serializers.RegexField(r"^[A-Z]{2}$", default="US", help_text="Country of origin, two letters.")
    on = DayField(default=None)
    value = AmountField(default=Decimal(1000))


class ListedRateSerializer(serializers.Serializer[Any]):
    treatment = serializers.CharField(source="listed.treatment.code")
    rate = serializers.CharField(source="listed.rate.text")
    effective_from = serializers.DateField(source="listed.effective_from")
    edition = serializers.CharField(source="listed.edition")
    is_illustrative = serializers.BooleanField(source="listed.is_illustrative")
    may_be_claimed = serializers.BooleanField(source="is_offered")


class SurtaxSerializer(serializers.Serializer[Any]):
    order = serializers.CharField(source="order.order")
    name = serializers.CharField(source="order.name")
    percent = serializers.SerializerMethodField()
    is_applied = serializers.BooleanField()
    yields_to = serializers.CharField()
    exemptions = serializers.ListField(child=serializers.CharField())
    codes = serializers.ListField(child=serializers.CharField())

    def get_percent(self, finding: Any) -> str:
        return format((finding.order.rate * 100).normalize(), "f")


class MeasureSerializer(serializers.Serializer[Any]):
    case = serializers.CharField()
    exporter = serializers.CharField()
    is_undertaking = serializers.BooleanField()
    is_illustrative = serializers.BooleanField()


class NumberSheetSerializer(serializers.Serializer[Any]):
    number = serializers.CharField(source="classification.number")
    unit = serializers.CharField(source="classification.unit")
    description_en = serializers.CharField(source="classification.description_en")
    description_fr = serializers.CharField(source="classification.description_fr")
    on = serializers.DateField()
    origin = serializers.CharField()
    rates = ListedRateSerializer(source="rows", many=True)
    surtaxes = SurtaxSerializer(many=True)
    measures = MeasureSerializer(many=True)


class ExchangeCallSerializer(CallSerializer):
    currency = CurrencyField()
    on = DayField(default=None)


class ExchangeQuoteSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    rate = serializers.CharField(help_text="Canadian dollars for one unit.")
    rate_on = serializers.DateField()
    mark = serializers.CharField()
    is_after_table_end = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        """``source`` is an attribute of every field, so the field of that name stands here."""
        return super().get_fields() | {"source": serializers.CharField()}
