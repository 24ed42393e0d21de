"""The rows of the book for one generated program account: as posting its events one by one would have made them."""

import hashlib
from collections import defaultdict
from datetime import date

from simulation.population.tables import NULL, RECORDED_BY, Day


class Item:
    """A debt or a credit, and how much of it is cleared."""

    __slots__ = ("amount", "cleared", "due", "id", "posted_on", "text")

    def __init__(self, id_: int, amount: int, due: str, posted_on: date, text: str) -> None:
        self.id, self.amount, self.due, self.posted_on, self.text = id_, amount, due, posted_on, text
        self.cleared = 0

    def age(self) -> tuple[str, date, int]:
        """The oldest due is paid first."""
        return self.due, self.posted_on, self.id

    @property
    def left(self) -> int:
        return self.amount - self.cleared


class AccountBook:
    """Entries, lines, items and clearings of one program account, numbered from where it begins."""

    def __init__(self, rows: dict[str, list[str]], *, number: int, first: int, account: str, business: int) -> None:
        self.rows, self.account = rows, account
        self.holder, self.payer = str(number + 1), str(business)
        # At least as many numbers as it can need lie between this account and the next.
        self.order = 8 << 60 | 4 * first + 64 * number
        self.posting = 8 * first + 128 * number
        self.item = self.clearing = 2 * first + 32 * number
        self.items: list[Item] = []
        self.debts: list[Item] = []
        self.credits: list[Item] = []
        #: Charged by slice of the yearly review.
        self.charged: dict[int, int] = defaultdict(int)

    def settle(self) -> None:
        """Write the items that are wholly cleared and will not change again."""
        self._write([item for item in self.items if not item.left])
        self.items = [item for item in self.items if item.left]

    def finish(self) -> None:
        """Write the items that stay open."""
        self._write(self.items)

    def _write(self, items: list[Item]) -> None:
        self.rows["items"] += [f"{item.text}{item.cleared}\n" for item in items]

    def charge(
        self, number: str, version: int, kind: str, filer: str, duty: int, gst: int, posted: Day, billing: Day,
        due: str, last: str,
    ) -> Item:  # fmt: skip
        """What a version charges, or gives back where it is below zero."""
        total, holder = duty + gst, self.holder
        source = f"declaration:{number}"
        if total > 0:
            own, category, item = "1100", "CTYPE" if kind == "CTYPE" else "CHARGE", ("DEBT", "CHARGE", total, due, last)
        else:
            own, category, item = "2000", "CREDIT", ("CREDIT", "CREDIT", -total, "None", "None")
        tax = f'[4010, {holder}, {-duty}, "DUTY"], ' if duty else ""
        payload = (
            f'["{kind}", {holder}, {filer}, "{source}", "", "{posted.iso}", "{billing.iso}", "", '
            f'[[{own}, {holder}, {total}, ""], {tax}[4060, {holder}, {-gst}, "GST"]], '
            f'["{item[0]}", "{item[1]}", {item[2]}, "{item[3]}", "{item[4]}"]]'
        )
        self.order += 1
        entry = f"{posted.stamp}{self.order:016x}"
        self.rows["entries"].append(
            f"{entry}\t{source}:v{version}\t{kind}\t{category}\t{holder}\t{filer}\t{source}\t\t{number}\t{posted.iso}\t"
            f"{billing.iso}\t{posted.moment}\t{RECORDED_BY}\t{hashlib.sha256(payload.encode()).hexdigest()}\t"
            f"{3 if duty else 2}\t{abs(total)}\t{total}\n"
        )
        place = f"{category}\t{posted.segment}\t{billing.segment}\n"
        write, row = self.rows["postings"].append, self.posting + 1
        write(f"{row}\t{entry}\t{own}\t{holder}\t{total}\t\t{place}")
        if duty:
            row += 1
            write(f"{row}\t{entry}\t4010\t{holder}\t{-duty}\tDUTY\t{place}")
        write(f"{row + 1}\t{entry}\t4060\t{holder}\t{-gst}\tGST\t{place}")
        self.posting = row + 1
        if total > 0:
            opened = self.open(entry, filer, source, "DEBT", "CHARGE", total, due, last, billing.iso, posted)
            self.debts.append(opened)
            if category == "CHARGE":
                self.charged[posted.slice] += total
        else:
            opened = self.open(entry, filer, source, "CREDIT", "CREDIT", -total, NULL, NULL, billing.iso, posted)
            self.credits.append(opened)
        return opened

    def clear(self, debt: Item, credit: Item, amount: int, key: str) -> tuple[Item, Item, int, str]:
        """Use a credit on a debt; the row follows with ``write_clearings``."""
        debt.cleared += amount
        credit.cleared += amount
        return debt, credit, amount, key

    def offset(self, debts: list[Item], credits_: list[Item], day: Day) -> None:
        """Use the credits on the debts, both in their order."""
        pairs = []
        left = iter(credits_)
        credit = next(left)
        for debt in debts:
            while debt.left:
                if not credit.left:
                    following = next(left, None)
                    if following is None:
                        break
                    credit = following
                amount = min(debt.left, credit.left)
                pairs.append(self.clear(debt, credit, amount, f"clearing:{debt.id}:{credit.id}:1"))
        total = sum([pair[2] for pair in pairs])
        fingerprint = hashlib.sha256("\n".join(sorted([pair[3] for pair in pairs])).encode()).hexdigest()
        entry = self.move(
            f"clearing:{self.holder}:{fingerprint}", "CLEARING", "NONE", "", "clearing", "", "", day,
            ((2000, total), (1100, -total)), 0, None,
        )  # fmt: skip
        self.write_clearings(pairs, entry, day)
        self.debts = [debt for debt in self.debts if debt.left]
        self.credits = [row for row in self.credits if row.left]

    def write_clearings(self, pairs: list[tuple[Item, Item, int, str]], entry: str, day: Day) -> None:
        for debt, credit, amount, key in pairs:
            self.clearing += 1
            self.rows["clearings"].append(
                f"{self.clearing}\t{key}\t{entry}\t{debt.id}\t{credit.id}\t{amount}\t{day.iso}\t{day.moment}\n"
            )

    def pay_at_port(self, debt: Item, number: str, method: str, day: Day) -> None:
        """The payment of a charge at release, on the spot."""
        key, source, total = f"declaration:{number}:v1", f"declaration:{number}", debt.amount
        credit = self.credit_of(f"{key}:payment", "CTYPE_PAYMENT", source, number, method, total, day)
        entry = self.move(
            f"{key}:clearing", "CLEARING", "NONE", "", source, number, "", day, ((2000, total), (1100, -total)), 0, None
        )
        self.write_clearings([self.clear(debt, credit, total, f"ctype:{_dashed(entry)}")], entry, day)
        self.debts.clear()

    def credit_of(self, key: str, kind: str, source: str, memo: str, method: str, amount: int, day: Day) -> Item:
        """Money that came in, as an open credit."""
        entry = self.move(
            key, kind, kind, self.payer, source, memo, method, day, ((1000, amount), (2000, -amount)), -amount,
            ("CREDIT", "PAYMENT", amount, "None", "None"),
        )  # fmt: skip
        return self.open(entry, self.payer, source, "CREDIT", "PAYMENT", amount, NULL, NULL, day.iso, day)

    def move(
        self, key: str, kind: str, category: str, submitter: str, source: str, memo: str, method: str, day: Day,
        legs: tuple[tuple[int, int], tuple[int, int]], effect: int, item: tuple[str, str, int, str, str] | None,
        mirrors: tuple[str, Day] | None = None,
    ) -> str:  # fmt: skip
        """An entry that moves one amount between two accounts; returns its identifier.

        ``mirrors`` is the entry that it takes back, and the day of that one.
        """
        holder, iso = self.holder, day.iso
        original, billing = mirrors or ("", day)
        (low, first), (high, second) = sorted(legs)
        opened = f'["{item[0]}", "{item[1]}", {item[2]}, "{item[3]}", "{item[4]}"]' if item else "null"
        # What ``ledger.rules.payload_hash`` makes of the same entry.
        payload = (
            f'["{kind}", {holder}, {submitter or "null"}, "{source}", "{method}", "{iso}", "{billing.iso}", '
            f'"{_dashed(original)}", [[{low}, {holder}, {first}, ""], [{high}, {holder}, {second}, ""]], {opened}]'
        )
        self.order += 1
        entry = f"{day.stamp}{self.order:016x}"
        row = (
            f"{entry}\t{key}\t{kind}\t{category}\t{holder}\t{submitter or NULL}\t{source}\t{method}\t{memo}\t{iso}\t"
            f"{billing.iso}\t{day.moment}\t{RECORDED_BY}\t{hashlib.sha256(payload.encode()).hexdigest()}\t2\t"
            f"{abs(first)}\t{effect}"
        )
        if original:
            self.rows["reversals"].append(f"{row}\t{original}\n")
        else:
            self.rows["entries"].append(f"{row}\n")
        place = f"{category}\t{day.segment}\t{billing.segment}\n"
        write, number = self.rows["postings"].append, self.posting
        for place_, (account, amount) in enumerate(legs, 1):
            write(f"{number + place_}\t{entry}\t{account}\t{holder}\t{amount}\t\t{place}")
        self.posting = number + 2
        return entry

    def open(
        self, entry: str, submitter: str, source: str, side: str, kind: str, amount: int, due: str, last: str,
        billing: str, posted: Day,
    ) -> Item:  # fmt: skip
        self.item += 1
        item = Item(
            self.item,
            amount,
            due,
            posted.on,
            f"{self.item}\t{entry}\t{self.holder}\t{submitter}\t{source}\t{side}\t{kind}\t{amount}\t{due}\t{last}\t"
            f"{billing}\t{posted.iso}\t",
        )
        self.items.append(item)
        return item

    def deposit(self, reference: str, amount: int, method: str, day: Day) -> str:
        """Cash security in the book: owed back, never set against a debt by itself; returns its entry's identifier."""
        source = f"deposit:{reference}"
        return self.move(
            source, "DEPOSIT", "NONE", self.payer, source, reference, method, day,
            ((1000, amount), (2100, -amount)), 0, None,
        )  # fmt: skip

    def take_back_deposit(self, entry: str, reference: str, amount: int, method: str, day: Day, arrived: Day) -> None:
        """The mirror of a deposit that its bank did not honour."""
        self.move(
            f"return:{reference}", "REVERSAL", "NONE", self.payer, f"deposit:{reference}", "Not honoured by the bank",
            method, day, ((1000, -amount), (2100, amount)), 0, None, mirrors=(entry, arrived),
        )  # fmt: skip

    def refund_deposit(self, reference: str, amount: int, day: Day) -> None:
        """A deposit made payable back to its holder."""
        key = f"deposit-refund:{reference}"
        self.move(
            key, "DEPOSIT_REFUND", "NONE", "", key, reference, "", day, ((2100, amount), (2200, -amount)), 0, None
        )

    def pay_out_deposit(self, reference: str, amount: int, day: Day) -> None:
        """The money of such a refund has left."""
        self.move(
            f"deposit-payout:{reference}", "PAYOUT", "NONE", "", f"deposit-refund:{reference}", reference, "CHEQUE",
            day, ((2200, amount), (1000, -amount)), 0, None,
        )  # fmt: skip

    def apply_deposit(self, reference: str, amount: int, day: Day) -> None:
        """A deposit becomes a credit and meets the debts, the oldest due first."""
        source = f"deposit-applied:{reference}"
        entry = self.move(
            source, "DEPOSIT_APPLIED", "PAYMENT", "", source, reference, "", day, ((2100, amount), (2000, -amount)),
            -amount, ("CREDIT", "PAYMENT", amount, "None", "None"),
        )  # fmt: skip
        credit = self.open(entry, NULL, source, "CREDIT", "PAYMENT", amount, NULL, NULL, day.iso, day)
        self.offset(sorted(self.debts, key=Item.age), [credit], day)


def _dashed(entry: str) -> str:
    """An entry's identifier as it is written for people; nothing for nothing."""
    return entry and f"{entry[:8]}-{entry[8:12]}-{entry[12:16]}-{entry[16:20]}-{entry[20:]}"
