"""A bond over several program accounts, its riders, and the versions that keep each of them whole."""

import html
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Membership
from core import format as formats
from core.errors import Conflict, DomainError
from security import queries, rules, services
from security.models import Bond, BondAllocation, Demand
from security.rules import BondState, RppState, Share, ShareProblem, VersionKind
from security.services.bond_parts import require_shares
from tests.builders import signed_in
from tests.security.conftest import SYSTEM, charge, daily, enrolled, moment, secured, told
from tests.security.test_pages import page
from tests.security.test_pages import text as markup

M = Decimal
_ACCOUNTS = {
    1: SimpleNamespace(number="700000011RM0001", business_id=7, imports=True),
    2: SimpleNamespace(number="700000011RM0002", business_id=7, imports=True),
    3: SimpleNamespace(number="700000011RM0003", business_id=7, imports=False),
    4: SimpleNamespace(number="700000029RM0001", business_id=8, imports=True),
    5: SimpleNamespace(number="700000011RC0001", business_id=7, imports=True),
}


def shares(*parts):
    return [Share(getattr(account, "pk", account), M(amount)) for account, amount in parts]


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([(1, "25000.00")], None),
        ([(1, "20000.00"), (2, "5000.00")], None),
        ([(1, "5000.00"), (2, "5000.00")], None),
        ([(1, "20000.00"), (2, "5000.01")], ShareProblem.OVER_AMOUNT),
        ([(1, "20000.00"), (2, "4999.99")], ShareProblem.BELOW_MINIMUM),
        ([(1, "5000.00"), (1, "6000.00")], ShareProblem.TWICE),
        ([(1, "5000.00"), (3, "6000.00")], ShareProblem.NOT_AN_IMPORTER),
        ([(1, "5000.00"), (4, "6000.00")], ShareProblem.OF_ANOTHER),
        ([(1, "5000.00"), (6, "6000.00")], ShareProblem.OF_ANOTHER),
        ([(1, "5000.00"), (5, "6000.00")], ShareProblem.MIXED_PROGRAMS),
    ],
)
def test_which_shares_a_bond_of_25_000_may_have(parts, problem):
    asked = {"amount": M("25000.00"), "minimum": M("5000.00"), "debtor_id": 7}
    assert rules.share_problem(shares(*parts), _ACCOUNTS, **asked) is problem


@pytest.mark.parametrize(
    ("amount", "share", "others", "paid", "left"),
    [
        ("25000", "25000", "0", "10000", ("15000", "15000")),
        ("25000", "25000", "0", "25000", ("0", "0")),
        ("25000", "10000", "15000", "4000", ("21000", "6000")),
        ("25000", "10000", "15000", "10000", ("15000", "0")),
        # The share was lowered after the demand was sent: the others keep theirs.
        ("25000", "5000", "20000", "9000", ("20000", "0")),
        # Nothing else is covered: what stood outside the share covers the account from now on.
        ("25000", "10000", "0", "10000", ("15000", "15000")),
    ],
)
def test_what_a_paid_demand_leaves_of_a_bond_and_of_the_share(amount, share, others, paid, left):
    found = rules.after_claim(amount=M(amount), share=M(share), others=M(others), paid=M(paid))
    assert found == (M(left[0]), M(left[1]))


CENTS = st.integers(1, 10**9).map(lambda value: M(value) / 100)


@given(st.dictionaries(st.integers(1, 5), CENTS, max_size=5), st.dictionaries(st.integers(1, 5), CENTS, max_size=5))
def test_what_accounts_lose_and_gain_is_what_the_shares_lose_and_gain(before, after):
    def rows(found):
        return [Share(number, amount) for number, amount in found.items()]

    less = rules.less_by_account(rows(before), rows(after))
    more = rules.less_by_account(rows(after), rows(before))
    assert not less.keys() & more.keys() and all(amount > 0 for amount in (*less.values(), *more.values()))
    assert sum(more.values(), M(0)) - sum(less.values(), M(0)) == sum(after.values(), M(0)) - sum(before.values(), M(0))


@pytest.mark.parametrize(
    ("before", "after", "is_one"),
    [
        (date(2026, 12, 31), date(2027, 1, 1), True),
        (date(2026, 12, 31), date(2026, 12, 31), False),
        (date(2026, 12, 31), date(2026, 12, 30), False),
        (date(2026, 12, 31), None, True),
        (None, date(2027, 1, 1), False),
        (None, None, False),
    ],
)
def test_an_extension_ends_later_or_never(before, after, is_one):
    assert rules.is_extension(before, after) is is_one


@pytest.mark.parametrize(
    ("state", "last_day", "is_over"),
    [
        (BondState.ACTIVE, date(2026, 7, 22), False),
        (BondState.ACTIVE, date(2026, 7, 21), True),
        (BondState.ACTIVE, None, False),
        (BondState.PENDING_PROVIDER, date(2026, 7, 21), False),
        (BondState.EXPIRED, date(2026, 7, 25), True),
        (BondState.TERMINATED, None, True),
    ],
)
def test_a_bond_is_over_after_its_last_day(state, last_day, is_over):
    assert rules.has_ended(state, validity_end=last_day, on=date(2026, 7, 22)) is is_over


# --- Through the services


def args(on):
    return {"on": on, "at": moment(on), "actor": SYSTEM}


def status(account, on):
    return queries.rpp_status(account.pk, on=on)


def propose(account, provider, amount, on, **more):
    given = {"agreement_number": "CB-2204-0917", "validity_start": on, **args(on), **more}
    return services.propose_bond(program_account_id=account.pk, provider_id=provider.pk, amount=M(amount), **given)


def bn(account):
    return " ".join(formats.bn(account.number).split())


def kinds(bond):
    return list(queries.versions_of(bond.pk).order_by("number").values_list("kind", flat=True))


def text(response):
    return " ".join(html.unescape(strip_tags(markup(response).replace("<", " <"))).split())


def refused(code, act, **given):
    with pytest.raises(DomainError) as refusal:
        act(**given)
    assert refusal.value.code == code
    return refusal.value


@pytest.fixture
def two(world, cast):
    return cast.account, world.program_account(cast.northlight, "RM0002")


@pytest.mark.django_db
def test_a_bond_over_two_accounts_covers_each_with_its_share(world, cast, two, on):
    first, second = two
    for account in two:
        enrolled(account, on=on, estimate="40000.00")
    exporter = world.program_account(cast.northlight, "RM0003", profile="EXPORTER")
    elsewhere = world.program_account(world.business("Elsewhere Ltd."))
    for code, parts in {
        "own_share_missing": [(second, "20000.00")],
        "share_of_another": [(first, "5000.00"), (elsewhere, "5000.00")],
        "not_an_importer": [(first, "5000.00"), (exporter, "5000.00")],
        "bond_below_minimum": [(first, "20000.00"), (second, "4999.99")],
        "allocation_over_amount": [(first, "20000.00"), (second, "10000.01")],
        "share_twice": [(first, "5000.00"), (first, "5000.00")],
    }.items():
        error = refused(
            code, propose, account=first, provider=cast.keystone, amount="30000", on=on, shares=shares(*parts)
        )
        assert error.field == "shares"
    assert not Bond.objects.exists()

    parts = shares((first, "20000.00"), (second, "9000.00"))
    bond = propose(first, cast.keystone, "30000.00", on, shares=parts)
    bond = services.confirm_bond(bond_id=bond.pk, **args(on))
    assert told(cast.amara, "WSA_CONFIRMED") == 1
    one, other = status(first, on), status(second, on)
    assert (one.state, one.coverage.bond, one.is_sufficient) == (RppState.ACTIVE, M("20000.00"), True)
    assert (other.state, other.coverage.bond, other.shortfall.missing) == (RppState.ACTIVE, M("9000.00"), M("22000.00"))
    assert queries.coverage_by_account([first.pk, second.pk], on=on)[second.pk].bond == M("9000.00")
    (line,) = queries.lines_of(second, open_debt=M("0.00"))
    assert (line.given.original, line.given.amount) == (M("9000.00"), M("9000.00"))
    assert queries.exposure_of(cast.keystone.pk) == M("30000.00")
    charge(second, "20000.00", on)
    charge(first, "100.00", on)
    assert queries.used_of_bond(bond, on=on) == M("9100.00")


@pytest.mark.django_db
def test_a_bond_over_accounts_of_two_types_is_refused_with_what_to_do(on):
    asked = {"amount": M("25000.00"), "debtor_id": 7, "on": on}
    error = refused(
        "mixed_programs", require_shares, shares=shares((1, "5000"), (5, "6000")), accounts=_ACCOUNTS, **asked
    )
    assert "File another bond" in error.message


@pytest.mark.django_db
def test_five_bonds_of_ten_millions_or_one_of_fifty_shared_are_the_same_cover(world, cast, on):
    """The reported example of five program accounts above the cap, each of which ten millions cover."""
    for way in ("five", "one"):
        accounts = [world.program_account(cast.northlight, f"RM1{way == 'one':d}0{number}") for number in range(5)]
        for account in accounts:
            enrolled(account, on=on, estimate="25000000.00")
        if way == "five":
            for account in accounts:
                secured(account, cast.keystone, "10000000.00", on=on)
        else:
            parts = shares(*((account, "10000000.00") for account in accounts))
            bond = propose(accounts[0], cast.keystone, "50000000.00", on, shares=parts)
            services.confirm_bond(bond_id=bond.pk, **args(on))
        for account in accounts:
            now = status(account, on)
            assert (now.is_on, now.is_sufficient, now.coverage.bond) == (True, True, M("10000000.00"))


@pytest.mark.django_db
def test_a_bond_is_raised_lowered_and_shared_anew_as_far_as_each_account_stays_covered(cast, two, on):
    first, second = two
    for account in two:
        enrolled(account, on=on, estimate="40000.00")
    bond = secured(first, cast.keystone, "20000.00", on=on)
    assert status(second, on).state == RppState.PENDING_SECURITY
    # On one account a rider of the amount alone is enough; afterwards the shares are named.
    services.raise_bond(bond_id=bond.pk, amount=M("40000.00"), **args(on))
    assert BondAllocation.objects.get().amount == M("40000.00")
    services.reallocate_bond(bond_id=bond.pk, shares=shares((first, "20000"), (second, "20000")), **args(on))
    assert status(first, on).is_sufficient and status(second, on).is_sufficient
    assert status(second, on).state == RppState.ACTIVE
    for code, parts in {
        "same_shares": [(second, "20000.00"), (first, "20000.00")],
        "decrease_leaves_short": [(first, "20000.01"), (second, "19999.99")],
        "allocation_over_amount": [(first, "20000.01"), (second, "20000.00")],
    }.items():
        refused(code, services.reallocate_bond, bond_id=bond.pk, shares=shares(*parts), **args(on))
    refused(
        "decrease_leaves_short", services.reallocate_bond, bond_id=bond.pk, shares=shares((first, "40000")), **args(on)
    )
    for act, amount in ((services.raise_bond, "50000.00"), (services.lower_bond, "30000.00")):
        refused("shares_needed", act, bond_id=bond.pk, amount=M(amount), **args(on))
    parts = shares((first, "25000.00"), (second, "21000.00"))
    services.amend_bond(
        bond_id=bond.pk,
        kind=rules.VersionKind.INCREASE,
        amount=M("50000.00"),
        prior_version=4,
        shares=parts,
        **args(on),
    )
    parts = shares((first, "20000.00"), (second, "20000.00"))
    services.lower_bond(bond_id=bond.pk, amount=M("40000.00"), shares=parts, **args(on))
    error = refused(
        "decrease_leaves_short", services.lower_bond, bond_id=bond.pk, amount=M("39999.99"),
        shares=shares((first, "20000.00"), (second, "19999.99")), **args(on),
    )  # fmt: skip
    assert error.field == "shares"
    assert kinds(bond) == ["PROPOSED", "CONFIRMED", "INCREASE", "REALLOCATION", "INCREASE", "DECREASE"]
    versions = [row.shares for row in queries.versions_of(bond.pk).order_by("number")]
    assert versions[2] == {first.number: 4_000_000}
    assert versions[4] == {first.number: 2_500_000, second.number: 2_100_000}
    assert told(cast.amara, "WSA_REALLOCATED") == 1 and told(cast.amara, "WSA_AMENDED") == 3
    # A notice ends the cover of both accounts on its day.
    ends = on + timedelta(days=30)
    services.give_termination_notice(bond_id=bond.pk, terminates_on=ends, **args(on))
    daily(ends)
    assert [status(account, ends).state for account in two] == [RppState.SUSPENDED, RppState.SUSPENDED]
    assert kinds(bond)[-2:] == ["TERMINATION_NOTICE", "ENDED"] and told(cast.amara, "WSA_ENDED") == 1
    with pytest.raises(Conflict):
        services.reallocate_bond(bond_id=bond.pk, shares=shares((first, "20000.00")), **args(ends))


@pytest.mark.django_db
def test_a_surety_files_a_bond_over_two_accounts_extends_it_and_follows_a_changed_name(cast, two, on):
    first, second = two
    elements = {
        "provider_id": cast.keystone.pk, "program_account_number": first.number, "agreement_number": "KN-2",
        "debtor_name": "northlight outdoor supply inc", "amount": M("15000.00"), "validity_start": on,
        "validity_end": on + timedelta(days=60),
    }  # fmt: skip
    refused("own_share_missing", services.file_bond, **elements, shares=shares((second, "5000.00")), **args(on))
    parts = shares((first, "5000.00"), (second, "10000.00"))
    bond = services.file_bond(**elements, shares=parts, **args(on))
    assert [version.debtor_name for version in queries.versions_of(bond.pk)] == ["Northlight Outdoor Supply Inc."]
    for day in (on + timedelta(days=59), on + timedelta(days=60)):
        refused("bad_validity", services.extend_bond, bond_id=bond.pk, validity_end=day, **args(on))
    longer = on + timedelta(days=90)
    services.extend_bond(bond_id=bond.pk, validity_end=longer, **args(on))
    daily(longer)
    assert Bond.objects.get().state == BondState.ACTIVE
    for name, code in (("Northlight", "debtor_name_differs"), ("Northlight Outdoor Supply Inc", "same_name")):
        refused(code, services.rename_bond_debtor, bond_id=bond.pk, debtor_name=name, **args(on))
    cast.northlight.legal_name = "Northlight Expeditions Inc."
    cast.northlight.save()
    services.rename_bond_debtor(bond_id=bond.pk, debtor_name="NORTHLIGHT EXPEDITIONS INC.", **args(longer))
    services.extend_bond(bond_id=bond.pk, validity_end=None, **args(longer))
    error = refused("bad_validity", services.extend_bond, bond_id=bond.pk, validity_end=None, **args(longer))
    assert "continuous" in error.message
    assert kinds(bond) == ["FILED", "EXTENSION", "NAME_CHANGE", "EXTENSION"]
    newest = queries.versions_of(bond.pk)[0]
    assert (newest.validity_end, newest.debtor_name) == (None, "Northlight Expeditions Inc.")
    assert newest.shares == {first.number: 500_000, second.number: 1_000_000}
    assert (told(cast.amara, "WSA_EXTENDED"), told(cast.amara, "WSA_RENAMED")) == (2, 1)
    services.give_termination_notice(bond_id=bond.pk, terminates_on=longer + timedelta(days=30), **args(longer))
    with pytest.raises(Conflict):
        services.extend_bond(bond_id=bond.pk, validity_end=None, **args(longer))
    services.withdraw_termination_notice(bond_id=bond.pk, **args(longer))
    assert kinds(bond)[-1] == VersionKind.REINSTATEMENT


@pytest.mark.django_db
def test_a_bond_that_has_ended_takes_no_rider_and_one_that_waits_takes_none_yet(cast, two, on):
    first, _second = two
    waiting = propose(first, cast.keystone, "5000.00", on, validity_end=on + timedelta(days=1))
    with pytest.raises(Conflict):
        services.extend_bond(bond_id=waiting.pk, validity_end=None, **args(on))
    for change, amount in ((services.raise_bond, "6000.00"), (services.lower_bond, "5000.00")):
        with pytest.raises(Conflict):
            change(bond_id=waiting.pk, amount=M(amount), **args(on))
    services.confirm_bond(bond_id=waiting.pk, **args(on))
    refused("same_amount", services.lower_bond, bond_id=waiting.pk, amount=M("5000.00"), **args(on))
    after = on + timedelta(days=2)
    refused("bond_ended", services.extend_bond, bond_id=waiting.pk, validity_end=None, **args(after))
    daily(after)
    refused("bond_ended", services.rename_bond_debtor, bond_id=waiting.pk, debtor_name="Any", **args(after))


@pytest.mark.django_db
def test_a_demand_is_for_the_debt_of_one_account_up_to_its_share_and_leaves_the_other_alone(cast, two, on):
    first, second = two
    early = on - timedelta(days=100)
    bond = propose(first, cast.keystone, "30000.00", early, shares=shares((first, "10000"), (second, "20000")))
    services.confirm_bond(bond_id=bond.pk, **args(early))
    charge(second, "21000.00", early + timedelta(days=1), last_day=early + timedelta(days=30))
    charge(first, "900.00", early + timedelta(days=1), last_day=early + timedelta(days=30))
    demands = [
        services.send_demand(program_account_id=account.pk, bond_id=bond.pk, reason="Unpaid", **args(on))
        for account in two
    ]
    assert [demand.amount for demand in demands] == [M("900.00"), M("20000.00")]
    services.close_paid_demand(demand_id=demands[1].pk, reference="R-1", **args(on))
    services.close_paid_demand(demand_id=demands[0].pk, reference="R-2", **args(on))
    bond.refresh_from_db()
    assert (bond.state, bond.amount) == (BondState.ACTIVE, M("9100.00"))
    assert list(BondAllocation.objects.values_list("program_account_id", "amount")) == [(first.pk, M("9100.00"))]
    assert kinds(bond)[-2:] == ["CLAIM_PAID", "CLAIM_PAID"]
    assert list(queries.demands_for(second.pk)) == [demands[1]] and Demand.objects.count() == 2


# --- On the pages


@pytest.mark.django_db
def test_an_importer_shares_a_bond_and_its_surety_amends_it_over_the_pages(world, cast, two, on):
    first, second = two
    amara, peter = signed_in(cast.amara), signed_in(cast.peter)
    form = page("propose_bond", first.number)
    typed = {"agreement_number": "KN-7", "provider": cast.keystone.pk, "amount": "30000.00", "validity_start": str(on),
             "validity_end": str(on + timedelta(days=60)), f"share_{first.pk}": "20000.00"}  # fmt: skip
    refusal = amara.post(form, {**typed, f"share_{second.pk}": "4000.00"})
    assert refusal.status_code == 422 and "at least $5,000.00" in text(refusal) and "4000.00" in markup(refusal)
    assert amara.post(form, {**typed, f"share_{second.pk}": "9000.00"}).status_code == 302
    bond = Bond.objects.get()
    desk = page("bond", cast.keystone.bn9, bond.pk)
    assert peter.post(desk, {"act": "confirm"}).status_code == 302
    for typed, code in (
        ({"act": "raise", "raise-amount": "40000"}, 422),
        ({"act": "raise", "raise-amount": "40000", f"raise-share_{first.pk}": "25000"}, 302),
        ({"act": "lower", "lower-amount": "35000", f"lower-share_{first.pk}": "25000"}, 302),
        ({"act": "reallocate", f"reallocate-share_{first.pk}": "25000", "reallocate-other_number": "12"}, 422),
        ({"act": "reallocate", "reallocate-other_number": second.number}, 422),
        ({"act": "reallocate", f"reallocate-share_{first.pk}": "20000", "reallocate-other_share": "15000",
          "reallocate-other_number": f"{second.number[:9]} rm 0002"}, 302),
        ({"act": "extend", "extend-validity_end": str(on)}, 422),
        ({"act": "extend", "extend-validity_end": ""}, 302),
        ({"act": "rename", "rename-debtor_name": "Somebody"}, 422),
    ):  # fmt: skip
        assert peter.post(desk, typed).status_code == code, typed
    cast.northlight.legal_name = "Northlight Expeditions Inc."
    cast.northlight.save()
    assert "registered as Northlight Expeditions Inc. now" in text(peter.get(desk))
    assert peter.post(desk, {"act": "rename", "rename-debtor_name": "Northlight Expeditions Inc."}).status_code == 302
    assert kinds(bond) == [
        "PROPOSED", "CONFIRMED", "INCREASE", "DECREASE", "REALLOCATION", "EXTENSION", "NAME_CHANGE",
    ]  # fmt: skip
    shown = text(peter.get(desk, {"before": "4", "after": "7"}))
    assert "Reallocation rider" in shown and "Two versions side by side" in shown
    share = f"Share of {bn(second)} Changed Version 4 No share Version 7 $15,000.00"
    assert share in shown and "Changed Version 4 20 September 2026 Version 7 Continuous" in shown
    assert "Amount Version 4 $35,000.00 Version 7 $35,000.00" in shown
    assert "Two versions" not in text(peter.get(desk, {"before": "4", "after": "99"}))
    assert first.number[9:] in text(peter.get(page("desk", cast.keystone.bn9)))


@pytest.mark.django_db
def test_who_looks_after_one_account_sees_its_share_and_nothing_of_the_others(world, cast, two, on):
    first, second = two
    bond = propose(first, cast.keystone, "30000.00", on, shares=shares((first, "21000"), (second, "9000")))
    one = world.person("Noor Haddad")
    world.membership(one, cast.northlight, Membership.Role.PAM, accounts=(second,))
    client = signed_in(one)
    where = page("account_bond", second.number, bond.pk)
    shown = text(client.get(where, {"before": "1", "after": "1"}))
    assert "$9,000.00" in shown and "other program accounts of the business too" in shown
    assert "30,000" not in shown and "21,000" not in shown and bn(first) not in shown
    assert client.post(where, {"act": "withdraw"}).status_code == 403
    assert "share_" not in client.get(page("propose_bond", second.number)).content.decode()
    whole = text(signed_in(cast.amara).get(where))
    assert "$30,000.00" in whole and "$21,000.00" in whole and "Withdraw the bond" in whole
