"""How the ledger says no."""

from __future__ import annotations

import attrs

from omnicommerce.kernel.errors import Refused
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.model import AccountKey

__all__ = ["HoldEnded", "NotAsExpected", "Short", "Shortage"]


@attrs.frozen(kw_only=True)
class Short:
    """One account that has less available than was wanted.

    ``held`` counts how much more would be available if every hold were
    released: where that would have been enough, the reason is ``ledger.held``
    and trying again later may succeed; otherwise it is ``ledger.insufficient``.
    """

    account: AccountKey
    wanted: int
    available: int
    held: int = 0

    @property
    def reason(self) -> Reason:
        """The reason to show."""
        enough_but_held = self.wanted <= self.available + self.held
        return Reason(
            "ledger.held" if enough_but_held else "ledger.insufficient",
            {
                "kind": self.account.kind,
                "subject": self.account.subject,
                "scope": self.account.scope,
                "wanted": self.wanted,
                "available": self.available,
            },
        )


class Shortage(Refused):
    """Some accounts have less than was wanted; all of them are listed, nothing was taken."""

    code = "refused.shortage"

    def __init__(self, *shortages: Short) -> None:
        super().__init__(*(short.reason for short in shortages))
        self.shortages = shortages


class HoldEnded(Refused):
    """The hold is over (expired, captured or released), or has fewer units open than asked for."""

    code = "refused.hold_ended"


class NotAsExpected(Refused):
    """The balance is not the one that the command was made for; nothing was changed.

    Args:
        account: Whose balance.
        expected: What the command expected of it, in smallest units.
        stored: What it is.
    """

    code = "refused.not_as_expected"

    def __init__(self, account: AccountKey, *, expected: int, stored: int) -> None:
        super().__init__(
            Reason(
                "ledger.not_as_expected",
                {
                    "kind": account.kind,
                    "subject": account.subject,
                    "scope": account.scope,
                    "expected_units": expected,
                    "stored": stored,
                },
            )
        )
        self.account: AccountKey = account
        self.expected: int = expected
        self.stored: int = stored
