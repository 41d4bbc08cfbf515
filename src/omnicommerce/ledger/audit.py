"""The auditor: folds the journal against accounts, lots and holds, and never edits.

=========================  ====================================================
code of the reason         what should be equal, or bounded
=========================  ====================================================
``audit.balance``          an account's balance and the sum of its entries
``audit.held``             an account's held units and the sum of its entries
``audit.claims``           an account's held units and its open holds
``audit.lots``             balance and remaining lots less the deficit; held too
``audit.deficit``          a deficit and its entries, at least 0, only with lots
``audit.lot_remaining``    a lot's remaining units and its entries
``audit.lot_held``         a lot's held units, its entries and its open parts
``audit.lot_issued``       a lot's issued units and the entries that filled it
``audit.lot_bounds``       0 <= held <= remaining <= issued
``audit.hold_bounds``      no counter below 0, all of them within the quantity
``audit.hold_parts``       a hold's counters and those of its parts
``audit.hold_journal``     a hold's open units and the entries of its group
``audit.moved``            the two legs of transfers, per kind
``audit.counter``          a counter that is unknown, or moves without balance
``audit.no_account``       entries, lots or holds of an account that is not there
=========================  ====================================================
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import attrs

from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.model import AccountKey, Counter, Entry, Hold, HoldPart, Lot, Verb
from omnicommerce.ledger.ports import LedgerBooks

__all__ = ["AuditReport", "Compensation", "Discrepancy", "audit"]

_COUNTERS: Final = frozenset(counter.value for counter in Counter)
_FILLING: Final = frozenset({Verb.CREDIT, Verb.TRANSFER})


@attrs.frozen(kw_only=True)
class Compensation:
    """What to change a stored figure by, so that it equals the journal again.

    Data for a person to judge. No verb does it, because every verb writes the
    figure and the journal together; whoever broke the figure mends it.

    Args:
        account: The account, or the account of the lot.
        figure: Which figure: ``balance``, ``held``, ``deficit``, ``remaining``…
        change: By how much, signed.
        lot_id: The lot, where the figure is a lot's.
    """

    account: AccountKey
    figure: str
    change: int
    lot_id: str | None = None


@attrs.frozen(kw_only=True)
class Discrepancy:
    """One figure that is not what it should be.

    ``proposal`` is None where the journal does not say which figure is wrong.
    """

    subject: AccountKey
    reason: Reason
    proposal: Compensation | None = None


@attrs.frozen(kw_only=True)
class AuditReport:
    """What the auditor counted, and every discrepancy in order of account and code.

    ``issued`` to ``moved`` of ``counters`` are by kind: what all accounts of
    the kind gained from that counter, so that kind's balances are their sum.
    """

    accounts: int
    lots: int
    holds: int
    entries: int
    counters: Mapping[tuple[str, str], int]
    discrepancies: tuple[Discrepancy, ...]

    @property
    def is_clean(self) -> bool:
        """Tell whether everything adds up."""
        return not self.discrepancies


@attrs.define
class _Sums:
    """What the journal, the lots and the holds say about one account."""

    balance: int = 0
    held: int = 0
    owed: int = 0
    claims: int = 0
    lots: int = 0
    remaining: int = 0
    lots_held: int = 0


@attrs.define
class _LotSums:
    """What the journal and the holds say about one lot."""

    remaining: int = 0
    held: int = 0
    issued: int = 0
    claims: int = 0


def audit(books: LedgerBooks) -> AuditReport:
    """Check that every figure of the ledger follows from the journal, and every invariant.

    Read in one pass over each table, streaming: memory grows with accounts,
    lots and open holds, not with the journal.

    Args:
        books: One consistent view, from `Ledger.books` within a unit of work.
    """
    auditor = _Auditor()
    for entry in books.all_entries():
        auditor.fold(entry)
    for hold in books.all_holds():
        auditor.check_hold(hold)
    for lot in books.all_lots():
        auditor.check_lot(lot)
    for key, balance, held, _, deficit in books.accounts():
        auditor.check_account(key, balance=balance, held=held, deficit=deficit)
    return auditor.report()


class _Auditor:
    def __init__(self) -> None:
        self._sums: defaultdict[AccountKey, _Sums] = defaultdict(_Sums)
        self._lots: defaultdict[str, _LotSums] = defaultdict(_LotSums)
        self._lots_of: dict[str, AccountKey] = {}
        self._groups: defaultdict[tuple[str, AccountKey], int] = defaultdict(int)
        self._counters: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._found: list[Discrepancy] = []
        self._accounts = self._lot_rows = self._holds = self._entries = 0

    def fold(self, entry: Entry) -> None:
        self._entries += 1
        key = entry.account
        sums = self._sums[key]
        sums.balance += entry.balance_change
        sums.held += entry.held_change
        if entry.lot_id is None:
            sums.owed -= entry.balance_change
        else:
            self._fold_lot(entry, entry.lot_id)
        if entry.group is not None and entry.held_change:
            self._fold_group((entry.group, key), entry.held_change)
        self._counters[key.kind, entry.counter] += entry.balance_change
        silent = entry.counter == Counter.NONE
        if entry.counter not in _COUNTERS or silent is not (entry.balance_change == 0):
            self._note(key, "counter", counter=entry.counter, change=entry.balance_change)

    def _fold_lot(self, entry: Entry, lot_id: str) -> None:
        lot = self._lots[lot_id]
        self._lots_of[lot_id] = entry.account
        lot.remaining += entry.balance_change
        lot.held += entry.held_change
        if entry.verb in _FILLING and entry.balance_change > 0:
            lot.issued += entry.balance_change

    def _fold_group(self, claim: tuple[str, AccountKey], change: int) -> None:
        """Keep only what is open, so that ended holds take no memory."""
        self._groups[claim] += change
        if not self._groups[claim]:
            del self._groups[claim]

    def check_hold(self, hold: Hold) -> None:
        self._holds += 1
        key = hold.account
        self._sums[key].claims += hold.open
        for part in hold.parts:
            self._lots[part.lot_id].claims += part.open
            self._lots_of.setdefault(part.lot_id, key)
        claims: tuple[Hold | HoldPart, ...] = (hold, *hold.parts)
        if not all(_is_bounded(claim) for claim in claims):
            self._note(key, "hold_bounds", group=hold.group)
        columns = zip(*(_counters(part) for part in hold.parts), strict=True)
        if hold.parts and _counters(hold) != tuple(sum(column) for column in columns):
            self._note(key, "hold_parts", group=hold.group)
        journal = self._groups.pop((hold.group, key), 0)
        if hold.open != journal:
            self._note(key, "hold_journal", group=hold.group, stored=hold.open, folded=journal)

    def check_lot(self, lot: Lot) -> None:
        self._lot_rows += 1
        key = lot.account
        sums = self._sums[key]
        sums.lots += 1
        sums.remaining += lot.remaining
        sums.lots_held += lot.held
        name = lot.lot_id
        folded = self._lots.pop(name, _LotSums())
        if self._lots_of.pop(name, key) != key:
            self._note(key, "no_account", lot=name)
        self._compare(key, "lot_remaining", lot.remaining, folded.remaining, "remaining", name)
        self._compare(key, "lot_held", lot.held, folded.held, "held", name)
        self._compare(key, "lot_held", lot.held, folded.claims, None, name)
        self._compare(key, "lot_issued", lot.issued, folded.issued, "issued", name)
        if not 0 <= lot.held <= lot.remaining <= lot.issued:
            self._note(key, "lot_bounds", lot=name)

    def check_account(self, key: AccountKey, *, balance: int, held: int, deficit: int) -> None:
        self._accounts += 1
        sums = self._sums.pop(key, _Sums())
        self._compare(key, "balance", balance, sums.balance, "balance")
        self._compare(key, "held", held, sums.held, "held")
        self._compare(key, "claims", held, sums.claims)
        if sums.lots or deficit:
            self._compare(key, "lots", balance, sums.remaining - deficit)
            self._compare(key, "lots", held, sums.lots_held)
            self._compare(key, "deficit", deficit, sums.owed, "deficit")
        if deficit < 0:
            self._note(key, "deficit", stored=deficit)

    def report(self) -> AuditReport:
        for key in self._sums:
            self._note(key, "no_account")
        for lot_id in self._lots:
            self._note(self._lots_of[lot_id], "no_account", lot=lot_id)
        for (group, key), claimed in self._groups.items():
            self._note(key, "hold_journal", group=group, stored=0, folded=claimed)
        for (kind, counter), total in self._counters.items():
            if counter == Counter.MOVED and total:
                self._note(AccountKey(kind, "-"), "moved", sum=total)
        return AuditReport(
            accounts=self._accounts,
            lots=self._lot_rows,
            holds=self._holds,
            entries=self._entries,
            counters=dict(self._counters),
            discrepancies=tuple(sorted(self._found, key=lambda d: (d.subject, d.reason.code))),
        )

    def _compare(
        self,
        key: AccountKey,
        code: str,
        stored: int,
        folded: int,
        figure: str | None = None,
        lot_id: str | None = None,
    ) -> None:
        if stored == folded:
            return
        proposal = None
        if figure is not None:
            change = folded - stored
            proposal = Compensation(account=key, figure=figure, change=change, lot_id=lot_id)
        lot = {} if lot_id is None else {"lot": lot_id}
        self._note(key, code, proposal, stored=stored, folded=folded, **lot)

    def _note(
        self, key: AccountKey, code: str, proposal: Compensation | None = None, **figures: Any
    ) -> None:
        subject = {"kind": key.kind, "subject": key.subject, "scope": key.scope}
        reason = Reason(f"audit.{code}", {**subject, **figures})
        self._found.append(Discrepancy(subject=key, reason=reason, proposal=proposal))


def _counters(claim: Hold | HoldPart) -> tuple[int, ...]:
    return claim.quantity, claim.captured, claim.released, claim.expired, claim.restored


def _is_bounded(claim: Hold | HoldPart) -> bool:
    return min(_counters(claim)) >= 0 and claim.open >= 0 and claim.restored <= claim.captured
