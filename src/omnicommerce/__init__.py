"""The decisions of an omnichannel shop: one cart, one price, nothing sold twice.

The names below are what a shop's backend needs: to describe itself, to call the
services and to catch what they raise. Each is loaded from its room when it is
first asked for, so that ``from omnicommerce import Money`` loads money only.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from omnicommerce.cart.errors import CartClosed, CartFull, CartRefused, ForeignCart
    from omnicommerce.cart.model import Cart, CartPolicy
    from omnicommerce.cart.service import Visitor
    from omnicommerce.catalog.model import Component, Product, Variant
    from omnicommerce.catalog.ports import Article, ProductRepository
    from omnicommerce.checkout.configuration import (
        Channel,
        ChannelUnknown,
        CheckoutPolicy,
        ShopConfiguration,
    )
    from omnicommerce.checkout.errors import CheckoutRefused, PaymentDeclined, QuoteOutdated
    from omnicommerce.checkout.model import CheckoutRequest, PickupChoice, Quote
    from omnicommerce.commerce import Commerce
    from omnicommerce.customers.model import Customer
    from omnicommerce.fulfilment.decide import PickupRefused
    from omnicommerce.fulfilment.model import Pickup, PickupPoint, PickupStatus, Slot
    from omnicommerce.fulfilment.ports import Message, MessageSender
    from omnicommerce.inventory.model import Availability, Location, Point, StoreOption
    from omnicommerce.kernel.clock import Clock, ManualClock, SystemClock
    from omnicommerce.kernel.currency import Currency
    from omnicommerce.kernel.errors import (
        AdapterError,
        Conflict,
        InvalidConfiguration,
        InvalidValue,
        KeyReused,
        Misuse,
        NotFound,
        OmnicommerceError,
        OutcomeUnknown,
        Refused,
        StaleVersion,
        StoreUnavailable,
        UnknownDocument,
        UnknownSku,
    )
    from omnicommerce.kernel.ids import (
        CartId,
        ChannelId,
        CustomerId,
        IdFactory,
        LocationId,
        OrderId,
        RandomIds,
        SequentialIds,
        Sku,
    )
    from omnicommerce.kernel.money import Money
    from omnicommerce.kernel.predicates import AllOf, AnyOf, AtLeast, During, Not, OneOf
    from omnicommerce.kernel.quantity import Measure, Quantity
    from omnicommerce.kernel.rate import Rate
    from omnicommerce.kernel.reasons import Reason, Trace
    from omnicommerce.kernel.rounding import Rounding, RoundingMode
    from omnicommerce.kernel.window import WeeklySpan, Window
    from omnicommerce.ledger.errors import HoldEnded, Shortage
    from omnicommerce.loyalty.model import PointsBalance, Programme
    from omnicommerce.orders.decide import OrderStateRefused
    from omnicommerce.orders.model import Order, OrderStatus
    from omnicommerce.orders.ports import GatewayAnswer, GatewayVerdict, PaymentGateway
    from omnicommerce.pricing.basket import Basket, BasketLine, Coupon, GivenPrice, Situation
    from omnicommerce.pricing.book import PriceBook
    from omnicommerce.pricing.decide import price
    from omnicommerce.pricing.effects import AmountOff, BuyGet, OfferList, PercentOff, SetPrice
    from omnicommerce.pricing.errors import NotPriced
    from omnicommerce.pricing.explain import explain
    from omnicommerce.pricing.model import (
        PriceList,
        PriceRow,
        PricingConfiguration,
        ProductTraits,
    )
    from omnicommerce.pricing.parity import ParityReport, parity
    from omnicommerce.pricing.promotions import Promotion, SelectionPolicy, Stacking
    from omnicommerce.pricing.result import PricedBasket

__all__ = [
    "AdapterError",
    "AllOf",
    "AmountOff",
    "AnyOf",
    "Article",
    "AtLeast",
    "Availability",
    "Basket",
    "BasketLine",
    "BuyGet",
    "Cart",
    "CartClosed",
    "CartFull",
    "CartId",
    "CartPolicy",
    "CartRefused",
    "Channel",
    "ChannelId",
    "ChannelUnknown",
    "CheckoutPolicy",
    "CheckoutRefused",
    "CheckoutRequest",
    "Clock",
    "Commerce",
    "Component",
    "Conflict",
    "Coupon",
    "Currency",
    "Customer",
    "CustomerId",
    "During",
    "ForeignCart",
    "GatewayAnswer",
    "GatewayVerdict",
    "GivenPrice",
    "HoldEnded",
    "IdFactory",
    "InvalidConfiguration",
    "InvalidValue",
    "KeyReused",
    "Location",
    "LocationId",
    "ManualClock",
    "Measure",
    "Message",
    "MessageSender",
    "Misuse",
    "Money",
    "Not",
    "NotFound",
    "NotPriced",
    "OfferList",
    "OmnicommerceError",
    "OneOf",
    "Order",
    "OrderId",
    "OrderStateRefused",
    "OrderStatus",
    "OutcomeUnknown",
    "ParityReport",
    "PaymentDeclined",
    "PaymentGateway",
    "PercentOff",
    "Pickup",
    "PickupChoice",
    "PickupPoint",
    "PickupRefused",
    "PickupStatus",
    "Point",
    "PointsBalance",
    "PriceBook",
    "PriceList",
    "PriceRow",
    "PricedBasket",
    "PricingConfiguration",
    "Product",
    "ProductRepository",
    "ProductTraits",
    "Programme",
    "Promotion",
    "Quantity",
    "Quote",
    "QuoteOutdated",
    "RandomIds",
    "Rate",
    "Reason",
    "Refused",
    "Rounding",
    "RoundingMode",
    "SelectionPolicy",
    "SequentialIds",
    "SetPrice",
    "ShopConfiguration",
    "Shortage",
    "Situation",
    "Sku",
    "Slot",
    "Stacking",
    "StaleVersion",
    "StoreOption",
    "StoreUnavailable",
    "SystemClock",
    "Trace",
    "UnknownDocument",
    "UnknownSku",
    "Variant",
    "Visitor",
    "WeeklySpan",
    "Window",
    "explain",
    "parity",
    "price",
]

_HOMES: Final = {
    name: f"omnicommerce.{home}"
    for home, names in {
        "cart.errors": "CartClosed CartFull CartRefused ForeignCart",
        "cart.model": "Cart CartPolicy",
        "cart.service": "Visitor",
        "catalog.model": "Component Product Variant",
        "catalog.ports": "Article ProductRepository",
        "checkout.configuration": "Channel ChannelUnknown CheckoutPolicy ShopConfiguration",
        "checkout.errors": "CheckoutRefused PaymentDeclined QuoteOutdated",
        "checkout.model": "CheckoutRequest PickupChoice Quote",
        "commerce": "Commerce",
        "customers.model": "Customer",
        "fulfilment.decide": "PickupRefused",
        "fulfilment.model": "Pickup PickupPoint PickupStatus Slot",
        "fulfilment.ports": "Message MessageSender",
        "inventory.model": "Availability Location Point StoreOption",
        "kernel.clock": "Clock ManualClock SystemClock",
        "kernel.currency": "Currency",
        "kernel.errors": "AdapterError Conflict InvalidConfiguration InvalidValue KeyReused"
        " Misuse NotFound OmnicommerceError OutcomeUnknown Refused StaleVersion StoreUnavailable"
        " UnknownDocument UnknownSku",
        "kernel.ids": "CartId ChannelId CustomerId IdFactory LocationId OrderId RandomIds"
        " SequentialIds Sku",
        "kernel.money": "Money",
        "kernel.predicates": "AllOf AnyOf AtLeast During Not OneOf",
        "kernel.quantity": "Measure Quantity",
        "kernel.rate": "Rate",
        "kernel.reasons": "Reason Trace",
        "kernel.rounding": "Rounding RoundingMode",
        "kernel.window": "WeeklySpan Window",
        "ledger.errors": "HoldEnded Shortage",
        "loyalty.model": "PointsBalance Programme",
        "orders.decide": "OrderStateRefused",
        "orders.model": "Order OrderStatus",
        "orders.ports": "GatewayAnswer GatewayVerdict PaymentGateway",
        "pricing.basket": "Basket BasketLine Coupon GivenPrice Situation",
        "pricing.book": "PriceBook",
        "pricing.decide": "price",
        "pricing.effects": "AmountOff BuyGet OfferList PercentOff SetPrice",
        "pricing.errors": "NotPriced",
        "pricing.explain": "explain",
        "pricing.model": "PriceList PriceRow PricingConfiguration ProductTraits",
        "pricing.promotions": "Promotion SelectionPolicy Stacking",
        "pricing.parity": "ParityReport parity",
        "pricing.result": "PricedBasket",
    }.items()
    for name in names.split()
}


if not TYPE_CHECKING:  # else every misspelt name would pass the type checkers

    def __getattr__(name: str) -> Any:
        """Load a public name from its room the first time it is asked for."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
        return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
