"""The items that somebody chose to pay."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.models.payment import Payment


class ChosenItem(models.Model):
    """One open item of the book that a payment is meant for, and for nothing else; in the order of their numbers."""

    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="chosen_items", verbose_name=_("payment")
    )
    item_id = models.BigIntegerField(_("item of the book"))

    class Meta:
        verbose_name = _("chosen item")
        verbose_name_plural = _("chosen items")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("payment", "item_id"), name="payments_item_chosen_once"),)

    def __str__(self) -> str:
        return f"{self.payment_id}: {self.item_id}"
