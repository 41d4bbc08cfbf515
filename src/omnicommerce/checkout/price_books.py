"""The price books of all orders: what priced one is kept, and found again years later."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final

from omnicommerce.checkout.model import StoredConfiguration
from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.kernel.documents import StoredKind, pack, unpack
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.model import PricingConfiguration

__all__ = ["PriceBooks"]

_KIND: Final = "pricing"
_STORED: Final = StoredKind(1, PricingConfiguration)
_COMPILED_KEPT: Final = 8


class PriceBooks:
    """Keep the configuration behind each version of the price book, and compile it again.

    A configuration is written once, in the unit of work of the first order that it
    prices; a process that knows that it is there asks no more.

    Args:
        transactions: Where units of work run.
        current: The price book in force.
    """

    def __init__(self, transactions: Transactions[CheckoutStores], current: PriceBook) -> None:
        self._transactions = transactions
        self._current = current
        self._is_kept = False
        self._compiled = lru_cache(_COMPILED_KEPT)(self._compile)

    def keep(self, stores: CheckoutStores, *, at: datetime) -> None:
        """Keep the configuration of the price book in force with the rest of a unit of work."""
        version = self._current.version
        if not self._is_kept and not stores.configurations.has(version):
            document = pack(_KIND, _STORED.version, self._current.configuration)
            stores.configurations.keep(
                StoredConfiguration(version=version, document=document, created_at=at)
            )

    def saw(self, version: str) -> None:
        """Remember that an order priced by this version was kept, and so its configuration."""
        self._is_kept = self._is_kept or version == self._current.version

    def get(self, version: str) -> PriceBook:
        """Return the price book of a version.

        Not to be called inside a unit of work.

        Raises:
            NotFound: No order was ever priced by it.
        """
        return self._current if version == self._current.version else self._compiled(version)

    def _compile(self, version: str) -> PriceBook:
        stored = self._transactions.run(lambda s: s.configurations.get(version))
        return PriceBook.compile(unpack(stored.document, {_KIND: _STORED}))
