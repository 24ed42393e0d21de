"""What people are told about financial security; made into words in each recipient's own language."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import format as formats
from reference.rules.requirement import Requirement
from security.models import AnnualReview, Bond, Demand, Deposit, ReductionCase
from security.rules import DemandState, RppState, Shortfall, SuspensionReason

Message = tuple[Callable[[], str], Callable[[], str]]
RPP_ACTIVE = "RPP_ACTIVE"
RPP_ENROLLED = "RPP_ENROLLED"
RPP_SUSPENDED = "RPP_SUSPENDED"
RPP_REINSTATED = "RPP_REINSTATED"
RPP_REMOVED = "RPP_REMOVED"
RPP_CANCELLED = "RPP_CANCELLED"
WSA_TO_CONFIRM = "WSA_TO_CONFIRM"
WSA_RAISE_ASKED = "WSA_RAISE_ASKED"
WSA_CONFIRMED = "WSA_CONFIRMED"
WSA_ENTERED = "WSA_ENTERED"
WSA_REJECTED = "WSA_REJECTED"
WSA_WITHDRAWN = "WSA_WITHDRAWN"
WSA_AMENDED = "WSA_AMENDED"
WSA_REALLOCATED = "WSA_REALLOCATED"
WSA_EXTENDED = "WSA_EXTENDED"
WSA_RENAMED = "WSA_RENAMED"
WSA_TERMINATION_NOTICE = "WSA_TERMINATION_NOTICE"
WSA_ENDED = "WSA_ENDED"
WSA_STARTED = "WSA_STARTED"
WSA_LAPSED = "WSA_LAPSED"
WSA_DEMAND = "WSA_DEMAND"
DEPOSIT_ACTIVE = "DEPOSIT_ACTIVE"
DEPOSIT_REFUNDED = "DEPOSIT_REFUNDED"
REDUCTION_DECISION = "REDUCTION_DECISION"
ANNUAL_REVIEW_INCREASE = "ANNUAL_REVIEW_INCREASE"
ANNUAL_REVIEW_REMINDER = "ANNUAL_REVIEW_REMINDER"


def account_link(number: str) -> str:
    return f"/en/accounts/{number}/security/"


def review_link(number: str) -> str:
    return f"/en/accounts/{number}/security/review/"


def desk_link(bn9: str, bond_id: int) -> str:
    return f"/en/businesses/{bn9}/bonds/{bond_id}/"


def demand_link(bn9: str, demand_id: int) -> str:
    return f"/en/businesses/{bn9}/demands/{demand_id}/"


def _language() -> str:
    return get_language() or "en"


def _money(amount: Decimal) -> str:
    return formats.money(amount, _language())


def _day(day: date) -> str:
    return formats.day(day, _language())


def _weekday(day: date) -> str:
    return formats.weekday_day(day, _language())


def enrolled(*, number: str, state: str, requirement: Decimal, needed: Requirement) -> Message:
    account = formats.bn(number)
    if state == RppState.ACTIVE:
        return (
            lambda: _("Release Prior to Payment is active for %(account)s") % {"account": account},
            lambda: (
                _("Goods of %(account)s are released before you pay. The requirement is %(amount)s.")
                % {"account": account, "amount": _money(requirement)}
            ),
        )
    return (
        lambda: _("Post security for %(account)s to begin Release Prior to Payment") % {"account": account},
        lambda: (
            _(
                "You enrolled %(account)s. The requirement is %(amount)s: post a bond of %(bond)s or a cash deposit of"
                " %(cash)s, and releases begin at once."
            )
            % {
                "account": account,
                "amount": _money(requirement),
                "bond": _money(needed.bond),
                "cash": _money(needed.cash),
            }
        ),
    )


def _cure(reason: str) -> str:
    match reason:
        case SuspensionReason.OVERDUE_DEBT:
            return _("Amounts are overdue. Pay them and releases begin again at once.")
        case SuspensionReason.REVIEW_SHORTFALL:
            return _(
                "The deadline of the yearly review passed and your security is too low. Raise it to be reinstated."
            )
        case SuspensionReason.NO_SECURITY:
            return _("No security is posted any more. Post a bond or a cash deposit to be reinstated.")
    return _("An officer decided it. Contact client support to learn what is needed.")


def suspended(*, number: str, reason: str) -> Message:
    account = formats.bn(number)
    return (
        lambda: _("Release Prior to Payment is suspended for %(account)s") % {"account": account},
        lambda: (
            _("%(cure)s Until then each release of %(account)s is paid at the border.")
            % {"cure": _cure(reason), "account": account}
        ),
    )


def reinstated(*, number: str) -> Message:
    account = formats.bn(number)
    return (
        lambda: _("Release Prior to Payment is active for %(account)s") % {"account": account},
        lambda: _("Goods of %(account)s are released before you pay, from now on.") % {"account": account},
    )


def removed(*, number: str) -> Message:
    account = formats.bn(number)
    return (
        lambda: _("%(account)s was removed from Release Prior to Payment") % {"account": account},
        lambda: _("Enrol again to use it: the requirement is then computed anew from the last twelve months."),
    )


def cancelled(*, number: str) -> Message:
    account = formats.bn(number)
    return (
        lambda: _("You cancelled Release Prior to Payment for %(account)s") % {"account": account},
        lambda: _("Each release is now paid at the border. Your cash deposit can be returned once nothing is owed."),
    )


def bond_to_confirm(bond: Bond) -> Message:
    debtor, number, amount = bond.debtor.legal_name, bond.agreement_number, bond.amount
    return (
        lambda: _("%(debtor)s asks you to confirm bond %(number)s") % {"debtor": debtor, "number": number},
        lambda: (
            _("The bond of %(amount)s has no effect until you confirm it. Without an answer it lapses after 30 days.")
            % {"amount": _money(amount)}
        ),
    )


def bond_raise_asked(bond: Bond, amount: Decimal) -> Message:
    debtor, number, now = bond.debtor.legal_name, bond.agreement_number, bond.amount
    return (
        lambda: _("%(debtor)s asks you to raise bond %(number)s") % {"debtor": debtor, "number": number},
        lambda: (
            _("From %(now)s to %(amount)s. The bond stays as it is until you raise it.")
            % {"now": _money(now), "amount": _money(amount)}
        ),
    )


def bond_news(bond: Bond, category: str) -> Message:
    """What became of a bond, for the importer (and, when it ends or lapses, for the surety)."""
    provider, number, amount, ends = bond.provider.legal_name, bond.agreement_number, bond.amount, bond.terminates_on
    names = {"provider": provider, "number": number}
    match category:
        case "WSA_CONFIRMED":
            return (
                lambda: _("%(provider)s confirmed bond %(number)s") % names,
                lambda: (
                    _("The bond of %(amount)s is valid from %(day)s.")
                    % {"amount": _money(amount), "day": _day(bond.validity_start)}
                ),
            )
        case "WSA_ENTERED":
            debtor, form = bond.debtor_name, bond.paper_form
            return (
                lambda: _("Bond %(number)s of %(provider)s was entered from paper") % names,
                lambda: (
                    _("Form %(form)s over %(amount)s for %(debtor)s: it is valid from %(day)s.")
                    % {"form": form, "amount": _money(amount), "debtor": debtor, "day": _day(bond.validity_start)}
                ),
            )
        case "WSA_REJECTED":
            return (
                lambda: _("%(provider)s rejected bond %(number)s") % names,
                lambda: (
                    _("Reason given: %(reason)s. Agree on the details with the surety and enter the bond again.")
                    % {"reason": bond.reason}
                ),
            )
        case "WSA_WITHDRAWN":
            return (
                lambda: _("%(debtor)s withdrew bond %(number)s") % {**names, "debtor": bond.debtor.legal_name},
                lambda: _("You need not answer it any more."),
            )
        case "WSA_AMENDED":
            return (
                lambda: _("%(provider)s changed bond %(number)s") % names,
                lambda: _("Its amount is now %(amount)s.") % {"amount": _money(amount)},
            )
        case "WSA_REALLOCATED":
            return (
                lambda: _("%(provider)s changed bond %(number)s") % names,
                lambda: _("It is shared anew among your program accounts. See what covers each of them."),
            )
        case "WSA_EXTENDED":
            until = bond.validity_end
            return (
                lambda: _("%(provider)s extended bond %(number)s") % names,
                lambda: (
                    _("It is valid until %(day)s now.") % {"day": _day(until)} if until else _("It is continuous now.")
                ),
            )
        case "WSA_RENAMED":
            debtor = bond.debtor_name
            return (
                lambda: _("%(provider)s changed bond %(number)s") % names,
                lambda: _("The debtor's name on it is now %(debtor)s.") % {"debtor": debtor},
            )
        case "WSA_TERMINATION_NOTICE" if ends is not None:
            return (
                lambda: _("%(provider)s gave notice to end bond %(number)s") % names,
                lambda: (
                    _("It covers you until %(day)s. Post other security before, or Release Prior to Payment stops.")
                    % {"day": _day(date.fromordinal(ends.toordinal() - 1))}
                ),
            )
        case "WSA_TERMINATION_NOTICE":
            return (
                lambda: _("%(provider)s took back its notice on bond %(number)s") % names,
                lambda: _("The bond goes on as before."),
            )
        case "WSA_STARTED":
            return (
                lambda: _("Bond %(number)s of %(provider)s starts today") % names,
                lambda: _("It covers you with %(amount)s from now on.") % {"amount": _money(amount)},
            )
        case "WSA_LAPSED":
            return (
                lambda: _("Bond %(number)s of %(provider)s lapsed without an answer") % names,
                lambda: _("Agree with the surety and enter the bond again, or post a cash deposit."),
            )
    return (
        lambda: _("Bond %(number)s of %(provider)s has ended") % names,
        lambda: _("It covers you no more. See what is still covered and post other security if it is too little."),
    )


def deposit_active(deposit: Deposit, *, number: str) -> Message:
    account = formats.bn(number)
    return (
        lambda: _("Your cash deposit for %(account)s is active") % {"account": account},
        lambda: (
            _("%(amount)s was received, reference %(reference)s. A deposit earns no interest.")
            % {"amount": _money(deposit.amount), "reference": deposit.payment_reference}
        ),
    )


def deposit_refunded(amount: Decimal, *, number: str) -> Message:
    account = formats.bn(number)
    return (
        lambda: _("A cash deposit for %(account)s is on its way back") % {"account": account},
        lambda: _("%(amount)s will be paid out to you.") % {"amount": _money(amount)},
    )


def reduction_decided(case: ReductionCase, *, number: str) -> Message:
    account = formats.bn(number)
    approved = case.approved_amount
    if approved is None:
        return (
            lambda: _("Your request for a lower requirement of %(account)s was refused") % {"account": account},
            lambda: (
                _("Reasons: %(reasons)s. The requirement stays %(amount)s.")
                % {"reasons": case.decision_note, "amount": _money(case.requirement)}
            ),
        )
    return (
        lambda: _("Your request for a lower requirement of %(account)s was approved") % {"account": account},
        lambda: (
            _("The requirement is %(amount)s until the next yearly review. %(reasons)s")
            % {"reasons": case.decision_note, "amount": _money(approved)}
        ),
    )


def review_increase(
    *, number: str, year: int, old: Decimal, new: Decimal, needed: Requirement, missing: Decimal, due_on: date
) -> Message:
    account = formats.bn(number)

    def body() -> str:
        amounts = {"old": old, "new": new, "bond": needed.bond, "cash": needed.cash, "missing": missing}
        figures = {name: _money(amount) for name, amount in amounts.items()}
        return review_increase_body(figures, due_on=due_on, is_covered=not missing)

    return lambda: review_increase_subject(account, year=year), body


def review_increase_subject(account: str, *, year: int) -> str:
    return _("Yearly review %(year)s: the requirement of %(account)s went up") % {"year": year, "account": account}


def review_increase_body(figures: Mapping[str, str], *, due_on: date, is_covered: bool) -> str:
    """The notice of a rise in the language in use, its amounts already written."""
    words = {**figures, "due": _weekday(due_on)}
    if is_covered:
        return (
            _(
                "The requirement rises from %(old)s to %(new)s (a bond of %(bond)s or %(cash)s in cash) on %(due)s."
                " What you have posted already covers it."
            )
            % words
        )
    return (
        _(
            "The requirement rises from %(old)s to %(new)s (a bond of %(bond)s or %(cash)s in cash). %(missing)s is"
            " not covered yet. Be covered by %(due)s, or Release Prior to Payment is suspended."
        )
        % words
    )


def review_reminder(review: AnnualReview, *, number: str, lack: Shortfall) -> Message:
    account, due_on = formats.bn(number), review.due_on
    return (
        lambda: _("Raise the security of %(account)s by %(due)s") % {"account": account, "due": _day(due_on)},
        lambda: (
            _(
                "%(missing)s is still not covered: add %(bond)s to a bond or %(cash)s in cash. Miss the date and"
                " Release Prior to Payment is suspended."
            )
            % {"missing": _money(lack.missing), "bond": _money(lack.bond), "cash": _money(lack.cash)}
        ),
    )


def demand_sent(demand: Demand) -> Message:
    """To the surety: what is demanded, on which bond, until when."""
    bond = demand.bond
    return (
        lambda: _("Demand to pay %(amount)s on bond %(number)s") % _of_demand(demand),
        lambda: (
            _("%(debtor)s has not paid. Pay the amount or send what speaks against it by %(day)s.")
            % {"debtor": bond.debtor.legal_name, "day": _day(demand.answer_by)}
        ),
    )


def demand_known(demand: Demand) -> Message:
    """To the importer: its surety was asked to pay."""
    return (
        lambda: _("Your surety was asked to pay %(amount)s on bond %(number)s") % _of_demand(demand),
        lambda: (
            _("%(surety)s has 60 days to pay or to answer. Pay first what is overdue: an officer then withdraws it.")
            % {"surety": demand.bond.provider.legal_name}
        ),
    )


def demand_decided(demand: Demand) -> Message:
    """To the surety: what became of its rebuttal."""
    if demand.state == DemandState.WITHDRAWN:
        return (
            lambda: _("The demand on bond %(number)s was withdrawn") % _of_demand(demand),
            lambda: _("Nothing is to be paid. Reasons: %(reason)s") % {"reason": demand.decision},
        )
    return (
        lambda: _("The demand on bond %(number)s stands: pay %(amount)s") % _of_demand(demand),
        lambda: _("It is to be paid today. Reasons: %(reason)s") % {"reason": demand.decision},
    )


def demand_paid(demand: Demand) -> Message:
    return (
        lambda: _("Your payment of %(amount)s on bond %(number)s was received") % _of_demand(demand),
        lambda: _("The demand is settled; the bond is lower by that amount."),
    )


def _of_demand(demand: Demand) -> dict[str, str]:
    return {"amount": _money(demand.amount), "number": demand.bond.agreement_number}
