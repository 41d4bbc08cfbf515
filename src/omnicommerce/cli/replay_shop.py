"""The shop of the receipts: stores, products, a till and a points programme as configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from omnicommerce.catalog.model import Product, Variant
from omnicommerce.checkout.configuration import Channel, ShopConfiguration
from omnicommerce.cli.receipts_book import Receipt
from omnicommerce.cli.replay_pricing import Material
from omnicommerce.fulfilment.model import PickupPoint
from omnicommerce.inventory.model import Location
from omnicommerce.kernel.ids import ChannelId, LocationId, Sku
from omnicommerce.kernel.money import Money
from omnicommerce.loyalty.model import Programme

__all__ = ["CARD_HOLDER", "TIME_ZONE", "receipts_shop"]

CARD_HOLDER = "card"
"""The customer class that the card price is for."""

TIME_ZONE = "America/New_York"


def receipts_shop(material: Material) -> ShopConfiguration:
    """Return the configuration of the shop that issued these receipts.

    Its stores are the ones of the receipts, its products what was bought
    there. Customers collect at once and without slots, as they do at a till,
    and earn one point per whole dollar that they pay, without delay.
    """
    locations = tuple(_locations(material.receipts))
    return ShopConfiguration(
        name="The grocer of the receipts",
        time_zone=TIME_ZONE,
        channels=_tills(material.receipts),
        locations=locations,
        products=_products(material.receipts),
        pricing=material.configuration,
        pickup_points=tuple(
            PickupPoint(
                location_id=location.location_id,
                preparation=timedelta(0),
                keep=timedelta(days=1),
            )
            for location in locations
        ),
        programme=Programme(
            programme_id="card",
            earn_points=1,
            earn_per=Money.of("1.00", material.configuration.currency),
        ),
    )


def _tills(receipts: Iterable[Receipt]) -> tuple[Channel, ...]:
    channels = sorted({receipt.situation.channel for receipt in receipts})
    return tuple(
        Channel(channel_id=ChannelId(channel), name={"en": "Till", "es": "Caja"}, reads_prices=True)
        for channel in channels
    )


def _locations(receipts: Iterable[Receipt]) -> Iterator[Location]:
    zones = {receipt.situation.location or "": receipt.situation.zone for receipt in receipts}
    for store, zone in sorted(zones.items()):
        yield Location(
            location_id=LocationId(store), name=f"Store {store}", zone=zone, time_zone=TIME_ZONE
        )


def _products(receipts: Iterable[Receipt]) -> tuple[Product, ...]:
    skus = {line.sku for receipt in receipts for line in receipt.basket.lines}
    return tuple(
        Product(
            product_id=sku,
            name={"en": f"Product {sku}", "es": f"Producto {sku}"},
            variants=(Variant(sku=Sku(sku)),),
        )
        for sku in sorted(skus)
    )
