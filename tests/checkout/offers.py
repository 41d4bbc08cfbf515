"""A shop whose promotions are limited, and short ways through it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs

from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.checkout.model import CheckoutRequest
from omnicommerce.checkout.returning import ReturnOutcome
from omnicommerce.cli.demo_shop import demo_shop
from omnicommerce.commerce import Commerce
from omnicommerce.customers.model import Customer
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.ledger.model import AccountKey, Standing
from omnicommerce.orders.model import Order
from omnicommerce.orders.return_model import ReturnItem, ReturnPolicy, ReturnTerms
from omnicommerce.pricing.codes import CouponCode
from omnicommerce.pricing.effects import BuyGet, PercentOff
from omnicommerce.pricing.promotions import Promotion
from tests.shops import GRAN_VIA, OpenShop

__all__ = [
    "CAMPAIGN",
    "MANY",
    "SCARF_GIFT",
    "bring_back",
    "collected",
    "euros",
    "offers",
    "promotion",
    "quoted",
    "reopened",
    "request_for",
    "standing",
    "total_spent",
]

CAMPAIGN = AccountKey("budget", "campaign")
MANY = 1_000


def euros(amount: str) -> Money:
    """Read an amount in euros."""
    return Money.of(amount, "EUR")


def promotion(name: str, **fields: Any) -> Promotion:
    """Return a promotion: ten per cent off dresses, unless it is said otherwise."""
    given = {
        "effect": PercentOff(Rate.percent(10)),
        "on": OneOf("category", {"dress"}),
        **fields,
    }
    return Promotion(promotion_id=name, **given)


def offers(
    *promotions: Promotion,
    codes: tuple[CouponCode, ...] = (),
    policy: ReturnPolicy = ReturnPolicy.KEEP_SHARES,
    restore_uses: bool = True,
) -> ShopConfiguration:
    """Return the demo's shop with other promotions, and slots for everybody."""
    shop = demo_shop()
    places = tuple(attrs.evolve(each, slot_capacity=MANY) for each in shop.pickup_points)
    terms = ReturnTerms(policy=policy, restore_uses=restore_uses)
    return attrs.evolve(
        shop,
        pricing=attrs.evolve(shop.pricing, promotions=promotions, codes=codes),
        pickup_points=places,
        policy=attrs.evolve(shop.policy, returns=terms),
    )


SCARF_GIFT = promotion(
    "scarf-gift",
    effect=BuyGet(buy=1, get=1, bought=OneOf("category", {"dress"})),
    on=OneOf("category", {"accessory"}),
)
"""With a dress a scarf is free."""


def reopened(shop: OpenShop, configuration: ShopConfiguration) -> OpenShop:
    """Open the same store with another configuration."""
    commerce = Commerce(
        shop.commerce.store,
        configuration,
        gateway=shop.gateway,
        sender=shop.mailbox,
        clock=shop.clock,
        ids=shop.commerce.ids,
    )
    return attrs.evolve(shop, commerce=commerce)


def request_for(shop: OpenShop, customer: Customer, *skus: str, **more: Any) -> CheckoutRequest:
    """Put SKUs into a new cart and ask for it."""
    codes = tuple(more.pop("codes", "").split())
    cart_id = shop.cart(customer.customer_id, *skus, codes=codes)
    return attrs.evolve(shop.request(customer, cart_id), **more)


def quoted(shop: OpenShop, customer: Customer, *skus: str, **more: Any) -> Money:
    """Return what SKUs would cost."""
    return shop.commerce.checkout.quote(request_for(shop, customer, *skus, **more)).total_amount


def collected(shop: OpenShop, customer: Customer, *skus: str, **more: Any) -> Order:
    """Order, pay and collect SKUs."""
    order = shop.confirmed(customer, *skus, **more)
    pickup, code = shop.ready(order)
    return shop.commerce.counter.hand_over(pickup.pickup_id, code, location_id=GRAN_VIA).order


def bring_back(shop: OpenShop, order: Order, *items: ReturnItem | str, key: str) -> ReturnOutcome:
    """Return items of an order; a SKU stands for one sound unit of it."""
    brought = [ReturnItem(item, 1) if isinstance(item, str) else item for item in items]
    return shop.commerce.checkout.return_items(
        order.order_id, brought, reason="did not fit", key=key
    )


def standing(shop: OpenShop, account: AccountKey, later: timedelta = timedelta(0)) -> Standing:
    """Return how an account stands now, or later."""
    at = shop.clock.now() + later
    return shop.commerce.store.run(lambda s: s.ledger.standings([account], at=at))[account]


def total_spent(shop: OpenShop, account: AccountKey) -> int:
    """Return what orders took of an account and did not give back."""
    return -standing(shop, account).balance
