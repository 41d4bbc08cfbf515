"""How pricing says no."""

from __future__ import annotations

from collections.abc import Iterable

from omnicommerce.kernel.errors import Misuse, Refused
from omnicommerce.kernel.reasons import Reason

__all__ = ["NotPriced", "UnknownSku"]


class UnknownSku(Misuse):
    """The basket holds SKUs that the shop's configuration does not know; all are listed."""

    code = "misuse.unknown_sku"

    def __init__(self, skus: Iterable[str]) -> None:
        self.skus = tuple(sorted(skus))
        super().__init__(f"the price book knows no {', '.join(self.skus)}", skus=list(self.skus))


class NotPriced(Refused):
    """Nobody set a price for some lines here and now; there is one reason for each of them."""

    code = "refused.not_priced"

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        unpriced = tuple(sorted(lines))
        super().__init__(
            *(
                Reason("pricing.not_priced", {"line_id": line_id, "sku": sku})
                for line_id, sku in unpriced
            )
        )
        self.line_ids = tuple(line_id for line_id, _ in unpriced)
