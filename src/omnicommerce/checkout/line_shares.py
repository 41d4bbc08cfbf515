"""What a line of a priced basket costs with everything, and how that falls on its units."""

from __future__ import annotations

import attrs

from omnicommerce.orders.shares import UnitShares, added, even_runs, even_shares
from omnicommerce.pricing.result import GivenAway, PricedBasket
from omnicommerce.pricing.tax.result import TaxedItem

__all__ = ["gift_shares", "gift_tax", "paid_for", "shares_of"]


def paid_for(priced: PricedBasket, line_id: str) -> int:
    """Return what a line costs with everything, in minor units: with tax, whatever prices are."""
    tax = priced.line_tax(line_id)
    return priced.line(line_id).selling_minor if tax is None else tax.gross


def shares_of(priced: PricedBasket, line_id: str) -> UnitShares:
    """Return the shares of a line's units, those that pricing and tax tell of each unit."""
    line, tax = priced.line(line_id), priced.line_tax(line_id)
    changes = [change.minor for change in line.adjustments]
    return _with_tax(even_shares(line.base_minor, changes, line.quantity), tax, line.quantity)


def gift_tax(priced: PricedBasket, number: int) -> TaxedItem | None:
    """Return the tax of one of the gifts; None: there are no taxes."""
    return None if priced.tax is None else priced.tax.item(f"gift:{number}")


def gift_shares(gift: GivenAway, tax: TaxedItem | None) -> UnitShares:
    """Return the shares of a gift's units: what each is worth, and what is taken off it."""
    changes = [-gift.off_minor] if gift.off_minor else []
    return _with_tax(even_shares(gift.worth_minor, changes, gift.quantity), tax, gift.quantity)


def _with_tax(shares: UnitShares, tax: TaxedItem | None, units: int) -> UnitShares:
    """Let units that are alike have their part of the tax too."""
    if tax is None:
        return shares
    taxes = even_runs(tax.tax, units)
    entered = even_runs(tax.gross if tax.includes_tax else tax.net, units)
    paid = entered if tax.includes_tax else added(entered, taxes)
    return attrs.evolve(shares, paid=paid, taxes=taxes)
