"""Step 7: the clock passes the 25th; the statement's boxes add up and lead to every declaration behind them."""

from decimal import Decimal

from notifications.models import Notification
from payments.models import Payment
from statements.models import DailyNotice, Statement
from tests.journeys.person import Person
from tests.journeys.town import Home, Town

BOXES = ("box_a", "box_b", "box_c", "box_d", "box_e", "box_f", "box_g")


def a_billed_month(town: Town) -> tuple[Home, Home, list[str]]:
    """Two declarations, 2,390.00 by the broker and 717.00 by the importer, billed together on 25 May."""
    northlight, harbourline = town.importer(), town.broker()
    town.secure(northlight, town.surety())
    town.delegate(harbourline, northlight)
    filed = [town.declare(northlight, by=harbourline), town.declare(northlight, "3000.00")]
    town.move_to(2026, 5, 25)
    return northlight, harbourline, [row.number for row in filed]


def test_the_boxes_add_up_and_every_declaration_is_a_link_away(town: Town) -> None:
    northlight, _harbourline, numbers = a_billed_month(town)
    statement = Statement.objects.get(program_account=northlight.account)
    assert statement.box_f == statement.box_h == Decimal("3107.00")
    assert sum((getattr(statement, box) for box in BOXES), Decimal(0)) == statement.box_h
    amara = Person(northlight.manager)
    amara.open(f"accounts/{northlight.number}/statements/")
    assert "3,107.00" in amara.page.text
    amara.open(f"accounts/{northlight.number}/statements/2026-05-25/")
    assert "29 May 2026" in amara.page.text and "$3,107.00" in amara.page.text
    for number in numbers:
        amara.open(f"accounts/{northlight.number}/statements/2026-05-25/")
        amara.follow(number)
        assert amara.page.status == 200 and f"/declarations/{number}/" in amara.page.url
    explained = amara.open(f"accounts/{northlight.number}/statements/2026-05-25/?box=F&explain=F")
    assert "3,107.00" in explained.text and "Explain this number" in explained.text
    # Days with postings have their notice, and the manager was told of the statement.
    assert DailyNotice.objects.filter(program_account=northlight.account).exists()
    assert Notification.objects.filter(user=northlight.manager, link__contains="/statements/2026-05-25/").exists()


def test_the_statement_is_there_as_csv_as_pdf_and_in_french(town: Town) -> None:
    northlight, _harbourline, numbers = a_billed_month(town)
    amara = Person(northlight.manager)
    base = f"/en/accounts/{northlight.number}/statements/2026-05-25/"
    listed = amara.client.get(base + "statement.csv")
    assert listed.status_code == 200 and listed["Content-Type"].startswith("text/csv")
    assert all(number in listed.content.decode() for number in numbers)
    printed = amara.client.get(base + "statement.pdf")
    assert printed.content.startswith(b"%PDF-") and printed["Content-Type"] == "application/pdf"
    french = Person(northlight.manager, language="fr").open(base.replace("/en/", "/fr/"))
    assert 'lang="fr"' in french.html and "3 107,00 $" in french.text and "29 mai 2026" in french.text


def test_the_broker_reads_it_only_with_full_visibility(town: Town) -> None:
    northlight, harbourline, _numbers = a_billed_month(town)
    passerelle = town.broker("Passerelle Courtage en douane inc.", "Ines Caron")
    town.delegate(passerelle, northlight, sees_client=False, sees_others=False)
    address = f"accounts/{northlight.number}/statements/2026-05-25/"
    assert Person(harbourline.manager).open(address).status == 200
    assert Person(passerelle.manager).open(address).status == 403
    assert Person(town.importer("Elsewhere Ltd.", "Eve Elsewhere").manager).open(address).status == 404
    assert not Payment.objects.exists()
