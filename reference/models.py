"""Dated tables of the outside world. Each row keeps its source and whether it was verified or stands in."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mark(models.TextChoices):
    VERIFIED = "verified", _("Verified")
    ILLUSTRATIVE = "illustrative", _("Illustrative")


def mark_field() -> "models.CharField[str, str]":
    return models.CharField(_("mark"), max_length=12, choices=Mark, default=Mark.ILLUSTRATIVE)


def source_field() -> "models.TextField[str, str]":
    return models.TextField(_("source"), blank=True, default="")


class Country(models.Model):
    code = models.CharField(_("code"), max_length=2, primary_key=True)
    name_en = models.CharField(_("English name"), max_length=80)
    name_fr = models.CharField(_("French name"), max_length=80)

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name_en

    def name_in(self, language: str) -> str:
        return self.name_fr if language == "fr" else self.name_en


class TariffTreatment(models.Model):
    code = models.CharField(_("code"), max_length=5, primary_key=True)
    number = models.PositiveSmallIntegerField(_("number"), null=True, blank=True)
    name_en = models.CharField(_("English name"), max_length=120)
    name_fr = models.CharField(_("French name"), max_length=120)
    effective_to = models.DateField(_("last day"), null=True, blank=True)
    mark = mark_field()
    source = source_field()

    class Meta:
        verbose_name = _("tariff treatment")
        verbose_name_plural = _("tariff treatments")
        ordering = ["number", "code"]

    def __str__(self) -> str:
        return self.code

    def name_in(self, language: str) -> str:
        return self.name_fr if language == "fr" else self.name_en


class TreatmentCountry(models.Model):
    """A country whose goods may claim the treatment between two days."""

    treatment = models.ForeignKey(
        TariffTreatment, on_delete=models.CASCADE, related_name="eligibilities", verbose_name=_("tariff treatment")
    )
    country = models.ForeignKey(Country, on_delete=models.CASCADE, related_name="+", verbose_name=_("country"))
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("last day"), null=True, blank=True)
    mark = mark_field()
    source = source_field()

    class Meta:
        verbose_name = _("country of a treatment")
        verbose_name_plural = _("countries of a treatment")
        constraints = [
            models.UniqueConstraint(
                fields=["treatment", "country", "effective_from"], name="one_eligibility_from_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.treatment_id} {self.country_id} {self.effective_from}"


class ClassificationNumber(models.Model):
    """A ten-digit number of the Customs Tariff, written 7318.16.00.10."""

    number = models.CharField(_("classification number"), max_length=13, unique=True)
    digits = models.CharField(_("digits"), max_length=10, unique=True)
    unit = models.CharField(_("unit of measure"), max_length=3, blank=True)
    description_en = models.CharField(_("English description"), max_length=300)
    description_fr = models.CharField(_("French description"), max_length=300)
    edition = models.CharField(_("edition"), max_length=10)
    search_text = models.TextField(_("words for the search"), blank=True, default="", editable=False)
    mark = mark_field()
    source = source_field()

    class Meta:
        verbose_name = _("classification number")
        verbose_name_plural = _("classification numbers")
        ordering = ["number"]

    def __str__(self) -> str:
        return self.number

    def description_in(self, language: str) -> str:
        return self.description_fr if language == "fr" else self.description_en


class TariffRate(models.Model):
    """The rate of one number under one treatment from a day on, as the tariff writes it."""

    classification = models.ForeignKey(
        ClassificationNumber, on_delete=models.CASCADE, related_name="rates", verbose_name=_("classification number")
    )
    treatment = models.ForeignKey(
        TariffTreatment, on_delete=models.CASCADE, related_name="+", verbose_name=_("tariff treatment")
    )
    effective_from = models.DateField(_("in force from"))
    text = models.CharField(_("rate"), max_length=100)
    edition = models.CharField(_("edition"), max_length=10)
    mark = mark_field()

    class Meta:
        verbose_name = _("tariff rate")
        verbose_name_plural = _("tariff rates")
        constraints = [
            models.UniqueConstraint(
                fields=["classification", "treatment", "effective_from"], name="one_tariff_rate_from_a_day"
            )
        ]

    def __str__(self) -> str:
        return self.text


class InterestRate(models.Model):
    """The rates of one quarter, as fractions of a year."""

    effective_from = models.DateField(_("in force from"), unique=True)
    effective_to = models.DateField(_("last day"))
    prescribed_rate = models.DecimalField(_("prescribed rate"), max_digits=8, decimal_places=6)
    specified_rate = models.DecimalField(_("specified rate"), max_digits=8, decimal_places=6)
    mark = mark_field()
    basis = models.CharField(_("basis"), max_length=300, blank=True)
    source = source_field()

    class Meta:
        verbose_name = _("interest rate")
        verbose_name_plural = _("interest rates")
        ordering = ["-effective_from"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(effective_to__gte=models.F("effective_from")), name="interest_rate_ends_after_start"
            ),
            models.CheckConstraint(
                condition=models.Q(specified_rate__gte=Decimal(0)), name="interest_rate_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return str(self.effective_from)


class ExchangeRate(models.Model):
    """Canadian dollars for one unit, loaded by an officer or a stand-in; beside the central bank's shipped history."""

    currency = models.CharField(_("currency"), max_length=3)
    rate_on = models.DateField(_("day of the rate"))
    rate = models.DecimalField(_("Canadian dollars for one unit"), max_digits=18, decimal_places=8)
    mark = mark_field()
    source = source_field()

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["currency", "-rate_on"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "rate_on"], name="one_exchange_rate_a_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=Decimal(0)), name="exchange_rate_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.rate_on}"


class SalesTax(models.Model):
    """A province's sales taxes from a day on, as fractions; the HST includes the GST."""

    province = models.CharField(_("province"), max_length=2)
    effective_from = models.DateField(_("in force from"))
    gst_rate = models.DecimalField(_("GST"), max_digits=7, decimal_places=6)
    hst_rate = models.DecimalField(_("HST"), max_digits=7, decimal_places=6)
    provincial_rate = models.DecimalField(_("provincial tax"), max_digits=7, decimal_places=6)
    provincial_name = models.CharField(_("name of the provincial tax"), max_length=10, blank=True)
    collected_at_border = models.CharField(_("collected at the border"), max_length=10)
    mark = mark_field()
    source = source_field()

    class Meta:
        verbose_name = _("sales tax")
        verbose_name_plural = _("sales taxes")
        ordering = ["province", "-effective_from"]
        constraints = [models.UniqueConstraint(fields=["province", "effective_from"], name="one_sales_tax_from_a_day")]

    def __str__(self) -> str:
        return f"{self.province} {self.effective_from}"


class SurtaxOrder(models.Model):
    """A surtax order; ``prefixes`` and ``origins`` are lists parted by spaces, ``*`` is every origin."""

    order = models.CharField(_("order"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    name_fr = models.CharField(_("French name"), max_length=160, blank=True, default="")
    goods = models.CharField(_("goods"), max_length=300)
    goods_fr = models.CharField(_("goods in French"), max_length=300, blank=True, default="")
    rate = models.DecimalField(_("rate"), max_digits=8, decimal_places=6)
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("last day"), null=True, blank=True)
    prefixes = models.TextField(_("first digits of the numbers"), blank=True, default="")
    #: Where the list of goods is not known here: what the order is about, so that the filer is told to look.
    reach = models.CharField(_("chapters it is about"), max_length=200, blank=True, default="")
    origins = models.CharField(_("origins"), max_length=100, blank=True)
    excluded_origins = models.CharField(_("excluded origins"), max_length=100, blank=True)
    group = models.CharField(_("group"), max_length=20, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=50)
    exemption = models.TextField(_("exemptions"), blank=True, default="")
    mark = mark_field()
    source = source_field()

    class Meta:
        verbose_name = _("surtax order")
        verbose_name_plural = _("surtax orders")
        ordering = ["-effective_from", "order"]
        constraints = [models.UniqueConstraint(fields=["order", "effective_from"], name="one_surtax_order_from_a_day")]

    def __str__(self) -> str:
        return self.order


class ExciseRate(models.Model):
    """Excise duty or tax by the unit, in dollars, from a day on; ``prefixes`` are parted by spaces."""

    class Kind(models.TextChoices):
        DUTY = "duty", _("Excise duty")
        TAX = "tax", _("Excise tax")

    code = models.CharField(_("code"), max_length=20)
    kind = models.CharField(_("kind"), max_length=4, choices=Kind)
    goods_en = models.CharField(_("goods in English"), max_length=300)
    goods_fr = models.CharField(_("goods in French"), max_length=300)
    prefixes = models.TextField(_("first digits of the numbers"))
    unit = models.CharField(_("unit of measure"), max_length=3)
    amount = models.DecimalField(_("dollars a unit"), max_digits=12, decimal_places=5)
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("last day"), null=True, blank=True)
    mark = mark_field()
    source = source_field()

    class Meta:
        verbose_name = _("excise rate")
        verbose_name_plural = _("excise rates")
        ordering = ["code", "-effective_from"]
        constraints = [models.UniqueConstraint(fields=["code", "effective_from"], name="one_excise_rate_from_a_day")]

    def __str__(self) -> str:
        return f"{self.code} {self.effective_from}"


class SimaMeasure(models.Model):
    """Anti-dumping and countervailing terms of an exporter, or of all others, from a day on; lists parted by spaces."""

    case = models.CharField(_("case"), max_length=40)
    goods_en = models.CharField(_("goods in English"), max_length=300)
    goods_fr = models.CharField(_("goods in French"), max_length=300)
    prefixes = models.TextField(_("first digits of the numbers"))
    origins = models.CharField(_("origins"), max_length=100)
    exporter = models.CharField(_("exporter"), max_length=120, blank=True, default="")
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("last day"), null=True, blank=True)
    normal_value = models.DecimalField(_("normal value"), max_digits=14, decimal_places=4, null=True, blank=True)
    unit = models.CharField(_("unit of measure"), max_length=3, blank=True, default="")
    antidumping_rate = models.DecimalField(_("anti-dumping rate"), max_digits=8, decimal_places=6)
    countervailing_amount = models.DecimalField(_("countervailing amount a unit"), max_digits=14, decimal_places=4)
    countervailing_rate = models.DecimalField(_("countervailing rate"), max_digits=8, decimal_places=6)
    is_undertaking = models.BooleanField(_("under an undertaking"), default=False)
    mark = mark_field()
    source = source_field()

    class Meta:
        verbose_name = _("anti-dumping or countervailing measure")
        verbose_name_plural = _("anti-dumping and countervailing measures")
        ordering = ["case", "exporter", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["case", "exporter", "effective_from"], name="one_sima_measure_from_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.exporter}".strip()


class Office(models.Model):
    code = models.CharField(_("code"), max_length=4, primary_key=True)
    name_en = models.CharField(_("English name"), max_length=80)
    name_fr = models.CharField(_("French name"), max_length=80)
    province = models.CharField(_("province"), max_length=2)
    mark = mark_field()
    source = source_field()

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name_en}"

    def name_in(self, language: str) -> str:
        return self.name_fr if language == "fr" else self.name_en


class CodeEntry(models.Model):
    """One code of a published list, e.g. a unit of measure."""

    list_name = models.CharField(_("list"), max_length=30)
    code = models.CharField(_("code"), max_length=20)
    meaning_en = models.CharField(_("English meaning"), max_length=200)
    meaning_fr = models.CharField(_("French meaning"), max_length=200)
    mark = mark_field()
    source = source_field()

    class Meta:
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        ordering = ["list_name", "code"]
        constraints = [models.UniqueConstraint(fields=["list_name", "code"], name="one_entry_a_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.meaning_en}"

    def meaning_in(self, language: str) -> str:
        return self.meaning_fr if language == "fr" else self.meaning_en


class BillingOverride(models.Model):
    """Dates the agency set for one billing period where they differ from the rule."""

    period_year = models.PositiveSmallIntegerField(_("year in which the period ends"))
    period_month = models.PositiveSmallIntegerField(_("month in which the period ends"))
    payment_due_on = models.DateField(_("payment due"), null=True, blank=True)
    last_day_to_pay = models.DateField(_("last day to pay"), null=True, blank=True)
    source = source_field()

    class Meta:
        verbose_name = _("change to the billing calendar")
        verbose_name_plural = _("changes to the billing calendar")
        ordering = ["-period_year", "-period_month"]
        constraints = [
            models.UniqueConstraint(fields=["period_year", "period_month"], name="one_override_a_period"),
            models.CheckConstraint(
                condition=models.Q(period_month__gte=1, period_month__lte=12), name="override_month_of_the_year"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_year:04d}-{self.period_month:02d}"


class ReviewCycle(models.Model):
    """How the yearly review runs from the review of ``first_year`` on."""

    first_year = models.PositiveSmallIntegerField(_("first year"), unique=True)
    name = models.CharField(_("name"), max_length=20)
    start_month = models.PositiveSmallIntegerField(_("month of the run"))
    start_day = models.PositiveSmallIntegerField(_("day of the run"))
    run_time = models.TimeField(_("time of the run"))
    due_month = models.PositiveSmallIntegerField(_("month of the deadline"))
    due_day = models.PositiveSmallIntegerField(_("day of the deadline"))
    due_years_later = models.PositiveSmallIntegerField(_("years from run to deadline"), default=0)
    mark = models.CharField(_("mark"), max_length=12)
    source = source_field()

    class Meta:
        verbose_name = _("review cycle")
        verbose_name_plural = _("review cycles")
        ordering = ["-first_year"]

    def __str__(self) -> str:
        return f"{self.name} {self.first_year}"


class PolicyParameter(models.Model):
    """A dated value of policy: amounts, shares, days, yes or no."""

    key = models.CharField(_("key"), max_length=60)
    effective_from = models.DateField(_("in force from"))
    value = models.CharField(_("value"), max_length=40)
    mark = models.CharField(_("mark"), max_length=12)
    source = source_field()

    class Meta:
        verbose_name = _("policy parameter")
        verbose_name_plural = _("policy parameters")
        ordering = ["key", "-effective_from"]
        constraints = [models.UniqueConstraint(fields=["key", "effective_from"], name="one_policy_value_from_a_day")]

    def __str__(self) -> str:
        return f"{self.key} {self.effective_from}"
