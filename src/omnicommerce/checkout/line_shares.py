"""What a line of a priced basket costs with everything, and how that falls on its units."""

from __future__ import annotations

import attrs

from omnicommerce.orders.shares import UnitShares, added, even_runs, even_shares
from omnicommerce.pricing.result import PricedBasket

__all__ = ["paid_for", "shares_of"]


def paid_for(priced: PricedBasket, line_id: str) -> int:
    """Return what a line costs with everything, in minor units: with tax, whatever prices are."""
    tax = priced.line_tax(line_id)
    return priced.line(line_id).selling_minor if tax is None else tax.gross


def shares_of(priced: PricedBasket, line_id: str) -> UnitShares:
    """Return the shares of a line's units, those that pricing and tax tell of each unit."""
    line, tax = priced.line(line_id), priced.line_tax(line_id)
    changes = [change.minor for change in line.adjustments]
    shares = even_shares(line.base_minor, changes, line.quantity)
    if tax is None:
        return shares
    taxes = even_runs(tax.tax, line.quantity)
    entered = even_runs(tax.gross if tax.includes_tax else tax.net, line.quantity)
    paid = entered if tax.includes_tax else added(entered, taxes)
    return attrs.evolve(shares, paid=paid, taxes=taxes)
