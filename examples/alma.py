"""The small shop that most of the examples open, and how its customers come to a quote."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from omnicommerce import (
    ChannelId,
    CheckoutRequest,
    Commerce,
    Customer,
    LocationId,
    PickupChoice,
    Quote,
    ShopConfiguration,
    Visitor,
)

__all__ = ["ALMA", "GRAN_VIA", "MONDAY", "WEB", "names", "quote"]

WEB = ChannelId("web")
GRAN_VIA = LocationId("gran-via")

MONDAY: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)
"""Nine o'clock in Madrid."""

ALMA: Final = ShopConfiguration.load(
    {
        "name": "Alma",
        "time_zone": "Europe/Madrid",
        "channels": [
            {"channel_id": "app", "name": {"en": "App", "es": "Aplicación"}},
            {"channel_id": "web", "name": {"en": "Web shop", "es": "Tienda en línea"}},
        ],
        "locations": [
            {"location_id": "gran-via", "name": "Madrid, Gran Vía"},
            {"location_id": "serrano", "name": "Madrid, Serrano"},
        ],
        "pickup_points": [{"location_id": "gran-via"}, {"location_id": "serrano"}],
        "products": [
            {
                "product_id": "alba",
                "name": {"en": "Alba dress", "es": "Vestido Alba"},
                "categories": ["dress"],
                "variants": [{"sku": "DRESS-M", "options": {"size": "M"}}],
            },
            {
                "product_id": "lino",
                "name": {"en": "Lino scarf", "es": "Pañuelo Lino"},
                "variants": [{"sku": "SCARF"}],
            },
            {
                "product_id": "plaza",
                "name": {"en": "Plaza shoes", "es": "Zapatos Plaza"},
                "variants": [{"sku": "SHOES-38", "options": {"size": "38"}}],
            },
        ],
        "pricing": {
            "currency": "EUR",
            "products": [],
            "lists": [{"list_id": "shelf"}],
            "rows": [
                {"price_list": "shelf", "sku": "DRESS-M", "amount": 8990},
                {"price_list": "shelf", "sku": "SCARF", "amount": 2495},
                {"price_list": "shelf", "sku": "SHOES-38", "amount": 6450},
            ],
            "promotions": [
                {
                    "promotion_id": "dresses",
                    "name": {"en": "10% off dresses", "es": "10 % en vestidos"},
                    "on": {"type": "one_of", "fact": "category", "values": ["dress"]},
                    "effect": {"type": "percent_off", "rate": "10%"},
                }
            ],
        },
        "programme": {
            "programme_id": "club",
            "earn_points": 1,
            "earn_per": "1.00 EUR",
            "pending": "P14D",
            "lifetime": "P90D",
            "point_value": "0.05 EUR",
        },
    }
)


def names(language: str) -> dict[str, dict[str, str]]:
    """Return what sentences and receipts call things instead of their identities."""
    return {
        "sku": {
            item.sku: each.called(language) for each in ALMA.products for item in each.variants
        },
        "location": {each.location_id: each.name for each in ALMA.locations},
        "channel": {each.channel_id: each.name[language] for each in ALMA.channels},
        "promotion": {each.promotion_id: each.name[language] for each in ALMA.pricing.promotions},
    }


def quote(shop: Commerce, customer: Customer, *skus: str, points: int = 0) -> Quote:
    """Put one unit of each SKU into a new cart and quote it, to be collected at Gran Vía."""
    laptop = Visitor(customer.customer_id, "laptop")
    cart = shop.carts.start(laptop, WEB)
    for sku in skus:
        shop.carts.add(cart.cart_id, sku, by=laptop)
    request = CheckoutRequest(
        cart_id=cart.cart_id,
        actor=customer.customer_id,
        customer_id=customer.customer_id,
        channel=WEB,
        pickup=PickupChoice(GRAN_VIA),
        points=points,
    )
    return shop.checkout.quote(request)
