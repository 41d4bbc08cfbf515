"""Where a cart could be collected: its demand on stock against what each store has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from omnicommerce.cart.decide import open_cart_of
from omnicommerce.cart.fold import CartState
from omnicommerce.checkout.configuration import Shop
from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.inventory.decide import store_options
from omnicommerce.inventory.model import Point, StoreOption, stock_account
from omnicommerce.kernel.ids import CartId

__all__ = ["stock_demand", "stores_for"]


def stores_for(
    stores: CheckoutStores,
    shop: Shop,
    cart_id: CartId,
    *,
    actor: str,
    near: Point | None,
    at: datetime,
) -> tuple[StoreOption, ...]:
    """Rank the shop's pick-up points for a cart; see `Checkout.stores_for`."""
    cart = open_cart_of(stores.carts.get(cart_id), actor, at=at)
    demand = stock_demand(shop, cart)
    places = [shop.locations[location_id] for location_id in shop.pickup_points]
    accounts = [stock_account(sku, place.location_id) for sku in demand for place in places]
    return store_options(places, demand, stores.ledger.standings(accounts, at=at), near=near)


def stock_demand(shop: Shop, cart: CartState) -> Mapping[str, int]:
    """Return what stock would give for a cart, by SKU: kits count as their components.

    Raises:
        UnknownSku: Something is not sold any more.
    """
    articles = shop.articles(line.sku for line in cart.lines)
    demand: dict[str, int] = defaultdict(int)
    for line in cart.lines:
        for part in articles[line.sku].stock_parts(line.quantity):
            demand[part.sku] += part.quantity
    return dict(demand)
