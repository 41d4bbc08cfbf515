"""Prices and promotions: the price book, what a basket costs, and why."""

from __future__ import annotations

from omnicommerce.pricing.basket import (
    Basket,
    BasketLine,
    Coupon,
    CouponKind,
    GivenPrice,
    Situation,
)
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import SelectionPolicy, price
from omnicommerce.pricing.effects import (
    AmountOff,
    BuyGet,
    Effect,
    MatchBand,
    MatchCoupon,
    OfferList,
    PercentOff,
    Remainder,
    SetPrice,
)
from omnicommerce.pricing.errors import NotPriced, UnknownSku
from omnicommerce.pricing.explain import explain
from omnicommerce.pricing.model import (
    ListRole,
    NamedWindow,
    PriceKey,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
)
from omnicommerce.pricing.parity import ParityDifference, ParityReport, parity
from omnicommerce.pricing.result import Adjustment, CouponMatch, Discount, PricedBasket, PricedLine

__all__ = [
    "Adjustment",
    "AmountOff",
    "Basket",
    "BasketLine",
    "BuyGet",
    "Coupon",
    "CouponKind",
    "CouponMatch",
    "Discount",
    "Effect",
    "GivenPrice",
    "ListRole",
    "MatchBand",
    "MatchCoupon",
    "NamedWindow",
    "NotPriced",
    "OfferList",
    "ParityDifference",
    "ParityReport",
    "PercentOff",
    "PriceBook",
    "PriceKey",
    "PriceList",
    "PriceRow",
    "PricedBasket",
    "PricedLine",
    "PricingConfiguration",
    "ProductTraits",
    "Promotion",
    "Remainder",
    "SelectionPolicy",
    "SetPrice",
    "Situation",
    "UnknownSku",
    "explain",
    "parity",
    "price",
]
