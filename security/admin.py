"""Financial security for officers: everything is read; the actions call the services."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from core import clock
from core import format as formats
from core.actor import Channel
from core.errors import DomainError
from core.http import actor_of
from core.money import parse_amount
from core.registers import ReadOnlyAdmin
from security import queries, services
from security.models import (
    AnnualReview,
    Bond,
    BondAllocation,
    BondVersion,
    Demand,
    Deposit,
    DepositRequest,
    Endorsement,
    Nudge,
    ReductionCase,
    RppEnrolment,
    SecurityRequirement,
)
from security.rules import RequestKind, RequestState, SuspensionReason


class ReasonForm(ActionForm):
    """An officer says why; the audit trail keeps it and the importer may read it."""

    reason = forms.CharField(label=_("Reason:"), max_length=300, required=False)


class DecisionForm(ReasonForm):
    amount = forms.CharField(label=_("Approved amount, if not the proposed one:"), max_length=16, required=False)


class SteeredAdmin(ReadOnlyAdmin):
    """A register whose rows an officer moves through services, always with a reason."""

    action_form = ReasonForm

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def each(self, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any, str, dict[str, Any]], Any]) -> None:
        """Act on each row by itself, say how many went and why the others did not."""
        reason = request.POST.get("reason", "").replace("\x00", "").strip()[:300]
        if not reason:
            self.message_user(request, _("Nothing was done: give a reason beside the action."), messages.ERROR)
            return
        at = clock.now()
        now = {"on": at.date(), "at": at, "actor": actor_of(request, channel=Channel.ADMIN)}
        done = 0
        for row in rows:
            try:
                act(row, reason, now)
                done += 1
            except DomainError as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)
        if done:
            words = ngettext("Done for %(count)d row.", "Done for %(count)d rows.", done)
            self.message_user(request, words % {"count": done}, messages.SUCCESS)


@admin.register(RppEnrolment)
class RppEnrolmentAdmin(SteeredAdmin):
    actions: Any = ("suspend", "reinstate", "remove")
    list_display = ("program_account", "state", "reason", "pattern", "ends_on", "nudge_level", "changed_on", "note")
    list_filter = ("state", "reason", "pattern", "nudge_level")
    list_select_related = ("program_account",)
    search_fields = ("=program_account__number", "=program_account__business__bn9")

    @admin.action(description=_("Suspend"), permissions=("steer",))
    def suspend(self, request: HttpRequest, rows: QuerySet[RppEnrolment]) -> None:
        self.each(
            request,
            rows,
            lambda row, reason, now: services.suspend_rpp(
                program_account_ids=[row.program_account_id], reason=SuspensionReason.OFFICER, note=reason, **now
            ),
        )

    @admin.action(description=_("Reinstate"), permissions=("steer",))
    def reinstate(self, request: HttpRequest, rows: QuerySet[RppEnrolment]) -> None:
        self.each(
            request,
            rows,
            lambda row, reason, now: services.lift_suspension(
                program_account_id=row.program_account_id, reason=reason, **now
            ),
        )

    @admin.action(description=_("Remove from the programme"), permissions=("steer",))
    def remove(self, request: HttpRequest, rows: QuerySet[RppEnrolment]) -> None:
        self.each(
            request,
            rows,
            lambda row, reason, now: services.remove_rpp(
                program_account_id=row.program_account_id, reason=reason, **now
            ),
        )


@admin.register(ReductionCase)
class ReductionCaseAdmin(SteeredAdmin):
    actions: Any = ("approve", "refuse")
    action_form = DecisionForm
    list_display = ("program_account", "state", "requirement", "proposed_amount", "approved_amount", "submitted_at")
    list_filter = ("state",)
    list_select_related = ("program_account",)
    search_fields = ("=program_account__number",)

    @admin.action(description=_("Approve"), permissions=("steer",))
    def approve(self, request: HttpRequest, rows: QuerySet[ReductionCase]) -> None:
        text = request.POST.get("amount", "").strip()
        try:
            amount = parse_amount(text) if text else None
        except ValueError:
            self.message_user(
                request, _("Nothing was done: enter the amount in digits, for example 1204.50."), messages.ERROR
            )
            return
        self.each(
            request,
            rows,
            lambda row, reason, now: services.decide_reduction_case(
                case_id=row.pk,
                approved_amount=row.proposed_amount if amount is None else amount,
                reasons=reason,
                **now,
            ),
        )

    @admin.action(description=_("Refuse"), permissions=("steer",))
    def refuse(self, request: HttpRequest, rows: QuerySet[ReductionCase]) -> None:
        self.each(
            request,
            rows,
            lambda row, reason, now: services.decide_reduction_case(
                case_id=row.pk, approved_amount=None, reasons=reason, **now
            ),
        )


@admin.register(AnnualReview)
class AnnualReviewAdmin(SteeredAdmin):
    actions: Any = ("hold", "release")
    list_display = (
        "program_account",
        "cycle",
        "year",
        "outcome",
        "old_amount",
        "new_amount",
        "driving_month_end",
        "shortfall",
        "due_on",
        "notified_at",
    )
    list_filter = ("cycle", "year", "outcome")
    list_select_related = ("program_account",)
    search_fields = ("=program_account__number",)

    @admin.action(description=_("Hold the suspension back"), permissions=("steer",))
    def hold(self, request: HttpRequest, rows: QuerySet[AnnualReview]) -> None:
        self.each(
            request,
            rows,
            lambda row, reason, now: services.hold_review(review_id=row.pk, reason=reason, **now),
        )

    @admin.action(description=_("End the hold"), permissions=("steer",))
    def release(self, request: HttpRequest, rows: QuerySet[AnnualReview]) -> None:
        self.each(
            request,
            rows,
            lambda row, reason, now: services.release_review(review_id=row.pk, reason=reason, **now),
        )


class _ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class BondVersionInline(_ReadOnlyInline):
    model = BondVersion


class BondAllocationInline(_ReadOnlyInline):
    model = BondAllocation


@admin.register(Bond)
class BondAdmin(ReadOnlyAdmin):
    list_display = ("agreement_number", "provider", "debtor", "program_account", "amount", "state", "validity_start")
    list_filter = ("state", "channel")
    list_select_related = ("provider", "debtor", "program_account")
    search_fields = ("=agreement_number", "=program_account__number", "=provider__bn9")
    inlines = (BondAllocationInline, BondVersionInline)
    readonly_fields = ("copy", "paper_form")

    @admin.display(description=_("Form on paper"), empty_value="–")
    def paper_form(self, bond: Bond) -> str:
        return bond.paper_form

    @admin.display(description=_("Signed copy"))
    def copy(self, bond: Bond) -> str:
        kept = queries.copy_of_bond(bond.pk)
        if kept is None:
            return "–"
        return format_html('<a href="{}">{}</a>', reverse("security:officer_bond_copy", args=[bond.pk]), kept.name)


@admin.register(Endorsement)
class EndorsementAdmin(ReadOnlyAdmin):
    list_display = ("bond", "program_account", "amount", "state", "mailed_on", "open_until", "decided_on", "reason")
    list_filter = ("state",)
    list_select_related = ("bond", "program_account")
    search_fields = ("=bond__agreement_number", "=program_account__number")


@admin.register(Demand)
class DemandAdmin(ReadOnlyAdmin):
    list_display = ("bond", "asked", "amount", "state", "sent_on", "answer_by", "paid_on")
    list_filter = ("state",)
    list_select_related = ("bond",)
    search_fields = ("=bond__agreement_number", "=program_account__number")


@admin.register(Deposit)
class DepositAdmin(ReadOnlyAdmin):
    list_display = ("payment_reference", "program_account", "amount", "applied", "returned", "state", "active_on")
    list_filter = ("state",)
    list_select_related = ("program_account",)
    search_fields = ("=payment_reference", "=program_account__number")


@admin.register(DepositRequest)
class DepositRequestAdmin(SteeredAdmin):
    """The queue of what an officer decides, enters or pays out about cash security."""

    actions: Any = ("approve", "refuse", "arrived", "sent_back", "pay_out")
    list_display = (
        "reference",
        "program_account",
        "kind",
        "amount",
        "state",
        "instrument",
        "reason",
        "asked_at",
        "uncovered",
        "decision",
    )
    list_filter = ("state", "kind")
    list_select_related = ("program_account",)
    search_fields = ("=program_account__number",)

    @admin.display(description=_("reference"))
    def reference(self, row: DepositRequest) -> str:
        return row.reference

    @admin.display(description=_("uncovered afterwards"))
    def uncovered(self, row: DepositRequest) -> str:
        """What of the requirement nothing would cover, for a request that waits."""
        if row.kind != RequestKind.APPLICATION or row.state != RequestState.ASKED:
            return ""
        effect = queries.application_of(row.program_account_id, row.amount, on=clock.today())
        return formats.money(effect.missing, get_language() or "en")

    @admin.action(description=_("Approve"), permissions=("steer",))
    def approve(self, request: HttpRequest, rows: QuerySet[DepositRequest]) -> None:
        self._all(request, rows, services.approve_deposit_request)

    @admin.action(description=_("Refuse"), permissions=("steer",))
    def refuse(self, request: HttpRequest, rows: QuerySet[DepositRequest]) -> None:
        self._all(request, rows, services.refuse_deposit_request)

    @admin.action(description=_("Cheque or money order has arrived (its number as the reason)"), permissions=("steer",))
    def arrived(self, request: HttpRequest, rows: QuerySet[DepositRequest]) -> None:
        self.each(
            request,
            rows,
            lambda row, reason, now: services.receive_paper_deposit(request_id=row.pk, reference=reason, **now),
        )

    @admin.action(description=_("Cheque or money order came back from the bank"), permissions=("steer",))
    def sent_back(self, request: HttpRequest, rows: QuerySet[DepositRequest]) -> None:
        self._all(request, rows, services.return_paper_deposit)

    @admin.action(description=_("Pay out"), permissions=("steer",))
    def pay_out(self, request: HttpRequest, rows: QuerySet[DepositRequest]) -> None:
        self._all(request, rows, services.pay_deposit_refund)

    def _all(self, request: HttpRequest, rows: QuerySet[DepositRequest], act: Callable[..., Any]) -> None:
        self.each(request, rows, lambda row, reason, now: act(request_id=row.pk, reason=reason, **now))


@admin.register(SecurityRequirement)
class SecurityRequirementAdmin(ReadOnlyAdmin):
    list_display = ("program_account", "amount", "source", "driving_month_end", "effective_on", "computed_on")
    list_filter = ("source",)
    list_select_related = ("program_account",)
    search_fields = ("=program_account__number",)


@admin.register(Nudge)
class NudgeAdmin(ReadOnlyAdmin):
    list_display = ("program_account", "kind", "amount", "limit", "told_on", "month_end")
    list_filter = ("kind",)
    list_select_related = ("program_account",)
    search_fields = ("=program_account__number",)
