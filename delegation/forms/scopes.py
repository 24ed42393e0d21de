"""What an access gives: programs, management, visibility and dates, signed."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Business, ProgramAccount
from core.forms import BusinessNumberField, Checkbox, Checkboxes, DateField, PortageForm, Radios
from delegation import rules
from delegation.forms.parts import (
    ALL,
    CLIENT,
    OTHERS,
    OWN,
    SOME,
    add_hints,
    comment_field,
    hold_back,
    ids_of,
    offer_accounts,
)
from delegation.models import Delegation
from delegation.rules import Scope, SignedAs

_BUSINESS = Delegation.Access.BUSINESS_MANAGEMENT
_PROGRAM = Delegation.Access.PROGRAM_MANAGEMENT


class SignForm(PortageForm):
    """The signature under a grant: the name typed, the title, and the declaration ticked."""

    signed_name = forms.CharField(
        label=_("Your name, as your signature"),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": _("Enter your name as your signature")},
    )
    signed_title = forms.CharField(
        label=_("Your title in the business"),
        help_text=_("For example Director, Owner or Customs manager"),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "organization-title"}),
        error_messages={"required": _("Enter your title in the business, for example Director")},
    )
    is_declared = forms.BooleanField(
        label=_("I sign this declaration"),
        widget=Checkbox(),
        error_messages={"required": _("Tick the declaration: without it no access is given")},
    )

    def __init__(self, *args: Any, text: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_declared"].widget = Checkbox(hint=text)

    @property
    def signed(self) -> SignedAs:
        """The signature of a valid form."""
        answers = self.cleaned_data
        return SignedAs(answers["signed_name"], answers["signed_title"], answers["is_declared"])


class ScopeForm(PortageForm):
    """What a provider gets: programs, role, visibility, dates; a preset fills it in as a starting point."""

    preset = forms.ChoiceField(
        label=_("1. Start from a preset"),
        help_text=_("It fills in the answers below. You can change any of them."),
        required=False,
        choices=[(preset.key, preset.label) for preset in rules.PRESETS],
        widget=Radios(hints={preset.key: preset.hint for preset in rules.PRESETS}, cards=True),
    )
    applied = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)
    programs = forms.ChoiceField(
        label=_("2. Programs"),
        choices=[(ALL, _("All programs")), (SOME, _("Only those I choose"))],
        widget=Radios(),
        error_messages={"required": _("Choose all programs, or those you choose")},
    )
    program_accounts = forms.MultipleChoiceField(
        label=_("Program accounts"),
        required=False,
        widget=Checkboxes(),
        error_messages={"invalid_choice": _("Choose among the program accounts listed")},
    )
    access = forms.ChoiceField(
        label=_("3. Role"),
        choices=Delegation.Access.choices,
        widget=Radios(
            hints={
                _BUSINESS: _("All programs, those added later too, and the business's profile to read"),
                _PROGRAM: _("Files and corrects declarations and pays, in the chosen programs"),
            }
        ),
        error_messages={
            "required": _("Choose the role: Business Management needs all programs"),
            "invalid_choice": _("Choose one of the two roles"),
        },
    )
    sees = forms.MultipleChoiceField(
        label=_("4. Which transactions they may see"),
        required=False,
        choices=[(OWN, ""), (CLIENT, ""), (OTHERS, "")],
        widget=Checkboxes(locked={OWN}),
    )
    valid_from = DateField(label=_("From"))
    valid_until = DateField(label=_("Until"), required=False)

    def __init__(
        self,
        *args: Any,
        accounts: Iterable[ProgramAccount],
        client: Business,
        provider: Business | None,
        held: frozenset[int] | None = None,
        counts: dict[int | None, int] | None = None,
        other_names: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = list(accounts)
        within = [account for account in offered if held is None or account.pk in held]
        offer_accounts(self.fields["program_accounts"], within)
        add_hints(
            self.fields["programs"],
            {ALL: _("%(programs)s, and any you add later") % {"programs": ", ".join(row.rm for row in offered)}},
        )
        if held is not None:
            hold_back(self.fields["programs"], {ALL: _("Only a Business Account Manager can give all programs")})
        if held is not None or self._programs() == SOME:
            hold_back(self.fields["access"], {_BUSINESS: _("Needs all programs")})
        if provider is not None:
            hold_back(self.fields["preset"], _presets_out_of_reach(provider, held))
        if provider is not None and provider.provider_kind != Business.ProviderKind.CUSTOMS_BROKER:
            add_hints(self.fields["access"], {_PROGRAM: _("Prepares adjustments and pays, in the chosen programs")})
        self._name_submitters(client, provider, counts or {}, list(other_names))

    def _programs(self) -> str:
        return str(self["programs"].value() or "")

    def _name_submitters(
        self, client: Business, provider: Business | None, counts: dict[int | None, int], other_names: list[str]
    ) -> None:
        them = provider.name if provider is not None else _("the third party")
        field = self.fields["sees"]
        field.choices = [  # type: ignore[attr-defined]
            (OWN, _("Submitted by %(business)s") % {"business": them}),
            (CLIENT, _("Submitted by %(business)s") % {"business": client.name}),
            (OTHERS, _("Submitted by other third parties")),
        ]
        their_id = provider.pk if provider is not None else None
        others = sum(count for key, count in counts.items() if key not in (client.pk, their_id))
        words = ngettext("%(count)s declaration", "%(count)s declarations", others) % {"count": others}
        if len(other_names) == 1:
            words = ngettext(
                "%(count)s declaration, by %(name)s", "%(count)s declarations, all by %(name)s", others
            ) % {"count": others, "name": other_names[0]}
        own = counts.get(client.pk, 0)
        add_hints(
            field,
            {
                OWN: _("Always included"),
                CLIENT: ngettext("%(count)s declaration", "%(count)s declarations", own) % {"count": own},
                OTHERS: words,
            },
        )

    @property
    def scope(self) -> Scope:
        """The answers of a valid form."""
        answers = self.cleaned_data
        return Scope(
            access=answers["access"],
            all_programs=answers["programs"] == ALL,
            program_account_ids=frozenset() if answers["programs"] == ALL else ids_of(answers["program_accounts"]),
            sees_client=CLIENT in answers["sees"],
            sees_others=OTHERS in answers["sees"],
            valid_from=answers["valid_from"],
            valid_until=answers["valid_until"],
        )


class NominateForm(ScopeForm):
    """A client names the provider and what it gives."""

    bn9 = BusinessNumberField(label=_("Business number of the broker or consultant"), help_text=_("Nine digits"))
    comment = comment_field(_("Comment for them"))
    field_order = ("bn9", "comment")


def answers_of(data: QueryDict) -> dict[str, Any]:
    """What was typed, as the initial values of a form that is shown again without judging it."""
    return {
        "preset": data.get("preset", ""),
        "applied": data.get("applied", ""),
        "programs": data.get("programs", ""),
        "program_accounts": data.getlist("program_accounts"),
        "access": data.get("access", ""),
        "sees": data.getlist("sees"),
        "valid_from": data.get("valid_from", ""),
        "valid_until": data.get("valid_until", ""),
        "bn9": data.get("bn9", ""),
        "comment": data.get("comment", ""),
    }


def preset_answers(key: str, *, accounts: Iterable[ProgramAccount], held: frozenset[int] | None) -> dict[str, Any]:
    """The answers that a preset fills in; nothing for a key that is none."""
    preset = rules.preset(key)
    if preset is None:
        return {}
    within = [account.pk for account in accounts if held is None or account.pk in held]
    everything = preset.all_programs and held is None
    return {
        "preset": key,
        "applied": key,
        "programs": ALL if everything else SOME,
        "program_accounts": [] if everything else [str(pk) for pk in (within if preset.all_programs else within[:1])],
        "access": preset.access if everything else _PROGRAM.value,
        "sees": [name for name, seen in ((CLIENT, preset.sees_client), (OTHERS, preset.sees_others)) if seen],
    }


def scope_answers(scope: Scope) -> dict[str, Any]:
    """An existing scope as the initial values of its form."""
    return {
        "programs": ALL if scope.all_programs else SOME,
        "program_accounts": [str(pk) for pk in scope.program_account_ids],
        "access": scope.access,
        "sees": [name for name, seen in ((CLIENT, scope.sees_client), (OTHERS, scope.sees_others)) if seen],
        "valid_from": scope.valid_from,
        "valid_until": scope.valid_until,
    }


def lenient_scope(answers: dict[str, Any], *, account_ids: frozenset[int]) -> Scope:
    """The scope that answers come closest to, for the preview: what is unknown gives nothing."""
    chosen = frozenset(int(pk) for pk in answers.get("program_accounts", ()) if str(pk).isdecimal())
    everything = answers.get("programs") == ALL
    asked = answers.get("access")
    return Scope(
        access=asked if asked == _BUSINESS and everything else _PROGRAM.value,
        all_programs=everything,
        program_account_ids=frozenset() if everything else chosen & account_ids,
        sees_client=CLIENT in answers.get("sees", ()),
        sees_others=OTHERS in answers.get("sees", ()),
    )


def first_answers(
    *, provider: Business | None, accounts: Iterable[ProgramAccount], held: frozenset[int] | None, on: date
) -> dict[str, Any]:
    """The careful beginning of an approval, for a year: one program and no finances; a consultant sees all."""
    is_consultant = provider is not None and provider.provider_kind == Business.ProviderKind.TRADE_CONSULTANT
    answers = preset_answers("consultant" if is_consultant else "extra", accounts=accounts, held=held)
    return {**answers, "valid_from": on, "valid_until": on + timedelta(days=364)}


def _presets_out_of_reach(provider: Business, held: frozenset[int] | None) -> dict[str, Any]:
    reasons: dict[str, Any] = {}
    for preset in rules.PRESETS:
        if not rules.fits(preset, provider_kind=provider.provider_kind):
            reasons[preset.key] = (
                _("Needs a customs broker") if preset.for_brokers else _("A customs broker may always file")
            )
        elif held is not None and preset.access == _BUSINESS:
            reasons[preset.key] = _("Only a Business Account Manager can give all programs")
    return reasons
