"""The shop of the demo: a small fashion brand with two stores in Madrid and one in Seville."""

from __future__ import annotations

from datetime import timedelta

from omnicommerce.catalog.model import Product, Variant
from omnicommerce.checkout.configuration import Channel, ShopConfiguration
from omnicommerce.fulfilment.model import PickupPoint
from omnicommerce.inventory.model import Location, Point
from omnicommerce.kernel.ids import ChannelId, LocationId, Sku
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import AllOf, AtLeast, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import WeeklySpan, Window
from omnicommerce.loyalty.model import Programme
from omnicommerce.pricing.effects import AmountOff, BuyGet, PercentOff
from omnicommerce.pricing.model import PriceList, PriceRow, PricingConfiguration
from omnicommerce.pricing.promotions import Promotion

__all__ = ["DRESS", "FRIEND_CODE", "HERE", "SCARF", "SHOES", "demo_shop"]

DRESS = Sku("ALBA-DRESS-M")
SCARF = Sku("LINO-SCARF")
SHOES = Sku("PLAZA-SHOES-38")
FRIEND_CODE = "AMIGA10"
HERE = Point(40_423_000, -3_694_500)
"""Where Clara has lunch: by the Plaza de la Independencia in Madrid."""


def demo_shop() -> ShopConfiguration:
    """Return the configuration of the demo's shop."""
    return ShopConfiguration(
        name="Alma",
        time_zone="Europe/Madrid",
        channels=_channels(),
        locations=_locations(),
        products=_products(),
        pricing=_pricing(),
        pickup_points=tuple(
            PickupPoint(
                location_id=store.location_id,
                opening=_opening(),
                preparation=timedelta(hours=2),
                slot_capacity=3,
                keep=timedelta(days=5),
            )
            for store in _locations()
            if store.is_store
        ),
        programme=Programme(
            programme_id="club-alma",
            earn_points=1,
            earn_per=Money.of("1.00", "EUR"),
            pending=timedelta(days=14),
            lifetime=timedelta(days=365),
            point_value=Money.of("0.01", "EUR"),
        ),
    )


def _channels() -> tuple[Channel, ...]:
    names = {
        "web": {"en": "Web shop", "es": "Tienda en línea"},
        "app": {"en": "App", "es": "Aplicación"},
        "store": {"en": "Store", "es": "Tienda"},
        "phone": {"en": "Call centre", "es": "Teléfono"},
        "chat": {"en": "Chat", "es": "Chat"},
        "marketplace": {"en": "Marketplace", "es": "Mercado en línea"},
    }
    return tuple(
        Channel(channel_id=ChannelId(channel), name=name, reads_prices=channel == "store")
        for channel, name in names.items()
    )


def _locations() -> tuple[Location, ...]:
    return (
        _location("madrid-gran-via", "Madrid, Gran Vía", Point(40_420_200, -3_705_700)),
        _location("madrid-serrano", "Madrid, Serrano", Point(40_427_400, -3_687_200)),
        _location("sevilla-sierpes", "Sevilla, Sierpes", Point(37_390_700, -5_994_700)),
    )


def _location(name: str, title: str, point: Point) -> Location:
    return Location(
        location_id=LocationId(name), name=title, point=point, time_zone="Europe/Madrid"
    )


def _opening() -> Window:
    from_ten_to_nine = (10 * 60, 21 * 60)
    return Window(
        zone="Europe/Madrid",
        weekly=tuple(WeeklySpan(weekday, *from_ten_to_nine) for weekday in range(6)),
    )


def _products() -> tuple[Product, ...]:
    return (
        Product(
            product_id="alba",
            name={"en": "Alba dress", "es": "Vestido Alba"},
            categories=frozenset({"dress", "women"}),
            variants=tuple(
                Variant(sku=Sku(f"ALBA-DRESS-{size}"), options={"size": size}, gtin=gtin)
                for size, gtin in (
                    ("S", "8412345000010"),
                    ("M", "8412345000027"),
                    ("L", "8412345000034"),
                )
            ),
        ),
        Product(
            product_id="lino",
            name={"en": "Lino scarf", "es": "Pañuelo Lino"},
            categories=frozenset({"accessory", "women"}),
            variants=(Variant(sku=SCARF, gtin="8412345000041"),),
        ),
        Product(
            product_id="plaza",
            name={"en": "Plaza shoes", "es": "Zapatos Plaza"},
            categories=frozenset({"shoes", "women"}),
            variants=(Variant(sku=SHOES, options={"size": "38"}, gtin="8412345000058"),),
        ),
    )


def _pricing() -> PricingConfiguration:
    prices = {
        "ALBA-DRESS-S": 8_990,
        "ALBA-DRESS-M": 8_990,
        "ALBA-DRESS-L": 8_990,
        SCARF: 2_495,
        SHOES: 6_450,
    }
    return PricingConfiguration(
        currency="EUR",
        products=(),
        lists=(PriceList("list"),),
        rows=tuple(
            PriceRow(price_list="list", sku=sku, amount=amount) for sku, amount in prices.items()
        ),
        promotions=(
            Promotion(
                promotion_id="friend",
                name={"en": "A friend's 10% on dresses", "es": "10 % de una amiga en vestidos"},
                when=OneOf("code", {FRIEND_CODE}),
                on=OneOf("category", {"dress"}),
                effect=PercentOff(Rate.percent(10)),
                limit_uses=1000,
                limit_per_customer=1,
            ),
            Promotion(
                promotion_id="scarves",
                name={"en": "3 scarves for 2", "es": "3 pañuelos por 2"},
                on=OneOf("category", {"accessory"}),
                effect=BuyGet(buy=2),
            ),
            Promotion(
                promotion_id="club-outfit",
                name={"en": "Club: €5 off an outfit", "es": "Club: 5 € menos en un conjunto"},
                when=AllOf((OneOf("customer_class", {"member"}), AtLeast("spend.left", 10_000))),
                effect=AmountOff(500),
                lane=1,
            ),
        ),
    )
