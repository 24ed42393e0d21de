"""A signed endorsement in the mail, that will raise a bond on paper."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, ProgramAccount
from core.fields import MoneyField
from security.rules import EndorsementState


class Endorsement(models.Model):
    """What was said to be in the mail, and what became of it; one open at a time for a bond."""

    bond = models.ForeignKey(
        "security.Bond", on_delete=models.PROTECT, related_name="endorsements", verbose_name=_("bond"), db_index=False
    )
    #: The account whose share of the bond it raises, and that is not suspended meanwhile.
    program_account = models.ForeignKey(
        ProgramAccount, on_delete=models.PROTECT, related_name="endorsements", verbose_name=_("program account")
    )
    announced_by = models.ForeignKey(
        Business, on_delete=models.PROTECT, related_name="+", verbose_name=_("said by"), db_index=False
    )
    amount = MoneyField(_("amount that the bond is raised to"))
    state = models.CharField(
        _("state"), max_length=9, choices=EndorsementState.choices, default=EndorsementState.MAILED
    )
    mailed_on = models.DateField(_("in the mail since"))
    open_until = models.DateField(_("waited for until"))
    decided_on = models.DateField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("endorsement in the mail")
        verbose_name_plural = _("endorsements in the mail")
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=("bond",), condition=models.Q(state="MAILED"), name="security_one_open_endorsement"
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="security_endorsement_positive"),
        )
        indexes = (
            models.Index(fields=("bond", "-id"), name="security_endorsement_bond"),
            models.Index(fields=("open_until",), name="security_endorsement_open", condition=models.Q(state="MAILED")),
        )

    def __str__(self) -> str:
        return f"{self.bond_id} {self.amount}"
