"""How pricing says no."""

from __future__ import annotations

from collections.abc import Iterable

from omnicommerce.kernel.errors import Refused, UnknownSku
from omnicommerce.kernel.reasons import Reason

__all__ = ["NotPriced", "UnknownSku"]


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
        self.line_ids: tuple[str, ...] = tuple(line_id for line_id, _ in unpriced)
