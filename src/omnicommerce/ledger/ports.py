"""What the ledger needs from a store, and what everybody may ask of the ledger."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from omnicommerce.ledger.model import (
    AccountKey,
    Beyond,
    Command,
    Demand,
    Entry,
    Hold,
    Lapsed,
    Lot,
    LotTerms,
    Moved,
    Standing,
    Swept,
)

__all__ = ["Ledger", "LedgerBooks", "Moved", "Swept"]


class Ledger(Protocol):
    """Hold and move scarce things, inside one unit of work.

    Every changing verb takes a `Command`; see there for what its key promises.
    Demands are summed per account before anything is touched, and accounts are
    touched in key order: that of the characters' code points. An account exists
    from its first credit, adjustment, floor, transfer in, or debit beyond what
    is there; before that it is empty. Whether it has lots is decided then and
    never changes. Identities and quantities are checked at the door
    (`InvalidValue`), before the key is looked up and anything is read.

    A `Refused` raised here ends the unit of work: even if the caller catches
    it, nothing of the unit is kept and any further verb raises it again. To
    choose between alternatives, ask `standings` first.
    """

    @abstractmethod
    def credit(
        self, account: AccountKey, quantity: int, *, by: Command, terms: LotTerms | None = None
    ) -> Moved:
        """Put value in; with ``terms`` it becomes a lot with its own dates.

        A deficit is repaid first, and the lot starts with what is left (no lot
        if nothing is). Only a lot that activates later keeps its whole value:
        once active, it counts against the deficit in what is available.

        Raises:
            InvalidValue: The account has lots and no terms were given, or the reverse.
            KeyReused: The key belongs to another request.
        """

    @abstractmethod
    def debit(
        self,
        account: AccountKey,
        quantity: int,
        *,
        by: Command,
        beyond: Beyond = Beyond.REFUSE,
        origin: str | None = None,
    ) -> Moved:
        """Take available value out at once, without a hold.

        Of an account with lots: first from lots of ``origin`` if given
        (pending ones too: a clawback), then active ones by earliest expiry.
        With ``Beyond.DEFICIT`` what is missing is recorded as a deficit (lots)
        or takes the balance below its floor (no lots); an account that did not
        exist begins to, with lots if an ``origin`` is given. Lots of that
        origin are taken whatever the deficit, lapsed ones never. The answer's
        quantities hold the whole, its ``beyond`` what is owed of it.

        Raises:
            Shortage: Less is available and ``beyond`` is ``REFUSE``.
        """

    @abstractmethod
    def hold(
        self,
        group: str,
        demands: Iterable[Demand],
        *,
        expires_at: datetime | None,
        by: Command,
    ) -> Moved:
        """Claim all the demands for a while, or none of them.

        Args:
            group: A new identity for this group of holds.
            demands: What is wanted; several for one account are summed.
            expires_at: First instant at which the hold no longer blocks
                anybody; None: until it is captured or released.
            by: The command.

        Raises:
            Shortage: Names every account that has too little, and whether it
                is held by others.
            InvalidValue: No demands, an ``expires_at`` that is not after
                ``by.at``, or a group that exists already.
        """

    @abstractmethod
    def extend(self, group: str, *, expires_at: datetime | None, by: Command) -> Moved:
        """Move the expiry of every open hold of the group, earlier or later.

        Raises:
            HoldEnded: Nothing of the group is open and undue at ``by.at``.
            InvalidValue: An ``expires_at`` that is not after ``by.at``.
            NotFound: There is no such group.
        """

    @abstractmethod
    def capture(self, group: str, *, by: Command, demands: Iterable[Demand] | None = None) -> Moved:
        """Make held units final; None: all that are open.

        What was held before its lot lapsed may be captured while the hold
        lives. Lots that expire first are captured first, and released last.

        Raises:
            HoldEnded: A hold is due, or has fewer units open than demanded, or
                nothing is open at all.
            NotFound: There is no such group.
        """

    @abstractmethod
    def release(self, group: str, *, by: Command, demands: Iterable[Demand] | None = None) -> Moved:
        """Give held units back; None: all that are open.

        Releasing everything of a group that is due or has ended is no error:
        what the clock ended is booked as expired, and nothing else moves.

        Raises:
            HoldEnded: ``demands`` names more than is open and undue.
            NotFound: There is no such group.
        """

    @abstractmethod
    def restore(
        self,
        group: str,
        *,
        by: Command,
        demands: Iterable[Demand] | None = None,
        lapsed: Lapsed = Lapsed.LAPSE,
    ) -> Moved:
        """Put captured units back, into their original lots with their original dates.

        None: everything captured and not yet restored; if that is nothing, no
        error. The lots that expire last are refilled first, so any sequence of
        partial restores ends like one full restore. What comes back to a lot
        that still lives repays a deficit first.

        Raises:
            HoldEnded: More is demanded than was captured and not yet restored.
            Refused: A lot lapsed meanwhile and ``lapsed`` is ``REFUSE``.
            NotFound: There is no such group.
        """

    @abstractmethod
    def transfer(
        self, source: AccountKey, target: AccountKey, quantity: int, *, by: Command
    ) -> Moved:
        """Move available value; lots keep origin and dates on the other side.

        A deficit there is repaid first. The answer names both accounts.

        Raises:
            Shortage: The source has less available.
            InvalidValue: Source and target are one account or of two kinds, or
                only one has lots.
        """

    @abstractmethod
    def adjust(
        self,
        account: AccountKey,
        change: int,
        *,
        by: Command,
        beyond: Beyond = Beyond.REFUSE,
        least: int | None = None,
    ) -> Moved:
        """Correct the balance of an account without lots, for example after a count.

        ``change`` is signed and not zero; the answer's quantities hold its size.
        A change that takes units never leaves a balance below ``least``, if given.

        Raises:
            Shortage: It would take more than is available, and ``beyond`` is
                ``REFUSE``; or more than is there above ``least``.
            InvalidValue: The account has lots.
        """

    @abstractmethod
    def count(
        self, account: AccountKey, counted: int, *, by: Command, expected: int | None = None
    ) -> Moved:
        """Make the balance of an account without lots what was counted.

        The count is the truth, so nothing refuses it: what is held beyond it
        stays held. The answer holds the size of the correction, if there was one.
        With ``expected`` it is booked only on top of that very balance.

        Raises:
            NotAsExpected: The balance is not ``expected``.
            InvalidValue: The account has lots, or the count is negative or absurd.
        """

    @abstractmethod
    def set_floor(self, account: AccountKey, floor: int, *, by: Command) -> Moved:
        """Keep units back from everybody (safety stock), or with a negative floor allow owing.

        Holds that exist stay; only new ones see the floor. Accounts with lots have none.
        """

    @abstractmethod
    def sweep(self, at: datetime, *, limit: int = 1000) -> Swept:
        """Book what the clock has ended: due holds and lapsed lots, oldest first.

        First at most ``limit`` holds by (expiry, group, account), then with
        what is left of the limit lots by (expiry, identity) and only their
        free units: what a hold claims lapses when it comes back.

        Tidies only: no later answer, refusal or standing changes by it.
        `holds`, `lots` and `entries` show what is booked.

        Raises:
            InvalidValue: A naive instant, or a limit below 1.
        """

    @abstractmethod
    def standings(
        self, accounts: Iterable[AccountKey], *, at: datetime
    ) -> Mapping[AccountKey, Standing]:
        """Return how each account stands at an instant, by the clock; unknown ones are empty."""

    @abstractmethod
    def holds(self, group: str) -> tuple[Hold, ...]:
        """Return the holds of a group in key order; none if there is no such group."""

    @abstractmethod
    def lots(self, account: AccountKey) -> tuple[Lot, ...]:
        """Return an account's lots by expiry (never last), then by identity."""

    @abstractmethod
    def entries(
        self, account: AccountKey | None = None, *, after: int = 0, limit: int = 1000
    ) -> tuple[Entry, ...]:
        """Return journal entries in sequence, of one account or of all.

        Sequences grow but may have gaps.
        """

    @abstractmethod
    def books(self) -> LedgerBooks:
        """Return a reader over everything, for the auditor."""


class LedgerBooks(Protocol):
    """Read the whole ledger in one consistent view, streaming."""

    @abstractmethod
    def accounts(self) -> Iterator[tuple[AccountKey, int, int, int, int]]:
        """Yield key, balance, held, floor and deficit of every account, in key order, as stored."""

    @abstractmethod
    def all_lots(self) -> Iterator[Lot]:
        """Yield every lot, in key order of accounts; ended ones too."""

    @abstractmethod
    def all_holds(self) -> Iterator[Hold]:
        """Yield every hold, ended ones too."""

    @abstractmethod
    def all_entries(self) -> Iterator[Entry]:
        """Yield the journal in sequence."""
