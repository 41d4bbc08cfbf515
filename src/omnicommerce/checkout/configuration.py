"""A shop's configuration as data, and the snapshot that commands run against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

import attrs

from omnicommerce.cart.model import CartPolicy
from omnicommerce.catalog.model import Product
from omnicommerce.catalog.ports import Article, ProductRepository
from omnicommerce.catalog.snapshot import Catalog
from omnicommerce.checkout.limits import Limits
from omnicommerce.fulfilment.model import PickupPoint
from omnicommerce.inventory.model import Location
from omnicommerce.kernel import documents
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue, Refused, UnknownSku
from omnicommerce.kernel.ids import ChannelId, valid_id
from omnicommerce.kernel.reasons import Reason
from omnicommerce.loyalty.model import Programme
from omnicommerce.orders.return_model import ReturnTerms
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.effects import EarnPoints, Gift
from omnicommerce.pricing.facts import is_history
from omnicommerce.pricing.model import PricingConfiguration, ProductTraits
from omnicommerce.pricing.tax.model import require_country

__all__ = ["Channel", "ChannelUnknown", "CheckoutPolicy", "Shop", "ShopConfiguration"]

T = TypeVar("T")


class ChannelUnknown(Refused):
    """The shop does not sell through this channel."""

    code = "refused.channel_unknown"


@attrs.frozen(kw_only=True)
class Channel:
    """A place where customers act: web, app, store, phone, chat.

    Args:
        channel_id: Identity.
        name: What it is called, by language.
        reads_prices: Whether its staff or scales may pass a line's own amounts
            (weighed and open-price goods) and paper coupons: a till may, the
            web may not.
    """

    channel_id: ChannelId = attrs.field(validator=valid_id)
    name: Mapping[str, str] = attrs.field(factory=dict)
    reads_prices: bool = False


@attrs.frozen(kw_only=True)
class CheckoutPolicy:
    """How long things wait.

    Args:
        quote_valid: How long a quote may be placed.
        payment_hold: How long a placed order keeps what it holds while it is
            not paid; every payment attempt starts it anew.
        returns: How goods are taken back.
    """

    quote_valid: timedelta = timedelta(minutes=15)
    payment_hold: timedelta = timedelta(minutes=15)
    returns: ReturnTerms = attrs.field(factory=ReturnTerms)

    def __attrs_post_init__(self) -> None:
        """Refuse waits that are none."""
        for name in ("quote_valid", "payment_hold"):
            if getattr(self, name) <= timedelta(0):
                raise InvalidValue(name, "must be longer than nothing")


@attrs.frozen(kw_only=True)
class ShopConfiguration:
    """Everything that is decided about a shop before anybody buys, as one document.

    Args:
        name: What the shop is called on receipts.
        time_zone: IANA zone for receipts and messages.
        channels: Where customers act.
        locations: Where stock is.
        products: What is sold. Their facts reach pricing by themselves:
            ``product``, ``category``, each attribute and each option.
        pricing: Price lists, rows and promotions.
        pickup_points: Where customers can collect.
        programme: The loyalty programme, if there is one.
        policy: How long things wait.
        carts: How long carts live and how much they hold.
    """

    name: str = "Shop"
    time_zone: str = "UTC"
    channels: tuple[Channel, ...]
    locations: tuple[Location, ...] = ()
    products: tuple[Product, ...] = ()
    pricing: PricingConfiguration
    pickup_points: tuple[PickupPoint, ...] = ()
    programme: Programme | None = None
    policy: CheckoutPolicy = attrs.field(factory=CheckoutPolicy)
    carts: CartPolicy = attrs.field(factory=CartPolicy)

    @classmethod
    def load(cls, data: Any, path: str = "$") -> ShopConfiguration:
        """Build a configuration from its JSON form, as `dump` returns it.

        Raises:
            InvalidConfiguration: Something is malformed; the error names its path.
        """
        return documents.load(cls, data, path)

    def dump(self) -> Any:
        """Return the JSON form: dicts, lists, texts, whole numbers, truth values, None."""
        return documents.dump(self)


class Shop:
    """A configuration compiled for use: immutable, shared by all threads.

    Args:
        configuration: What was decided.
        products: Where articles are looked up; the configuration's own by default.

    Raises:
        InvalidConfiguration: Something is malformed or contradicts itself; the
            path names the place.
    """

    def __init__(
        self, configuration: ShopConfiguration, *, products: ProductRepository | None = None
    ) -> None:
        self.configuration = configuration
        self.products: ProductRepository = products or Catalog(configuration.products)
        self.policy: CheckoutPolicy = configuration.policy
        self.programme: Programme | None = configuration.programme
        self.currency: Currency = configuration.pricing.currency
        self.channels: Mapping[str, Channel] = _by_id(
            configuration.channels, "channels", "channel_id"
        )
        self.locations: Mapping[str, Location] = _by_id(
            configuration.locations, "locations", "location_id"
        )
        self.pickup_points: Mapping[str, PickupPoint] = _by_id(
            configuration.pickup_points, "pickup_points", "location_id"
        )
        for place, point in enumerate(configuration.pickup_points):
            if point.location_id not in self.locations:
                raise InvalidConfiguration(
                    f"$.pickup_points[{place}].location_id",
                    f"there is no location {point.location_id!r}",
                )
        self._check_programme()
        _check_countries(configuration.locations)
        try:
            self.book: PriceBook = PriceBook.compile(_with_traits(configuration))
        except InvalidConfiguration as error:
            raise error.within("pricing") from None

    def channel(self, channel_id: str) -> Channel:
        """Return the channel, or raise `ChannelUnknown`."""
        try:
            return self.channels[channel_id]
        except (KeyError, TypeError):
            raise ChannelUnknown(
                Reason(
                    "checkout.channel_unknown",
                    {"channel": str(channel_id), "known": sorted(self.channels)},
                )
            ) from None

    def articles(self, skus: Iterable[str]) -> Mapping[str, Article]:
        """Return the articles of all these SKUs, or raise `UnknownSku` naming those not sold."""
        wanted = set(skus)
        found = self.products.many(wanted)
        missing = wanted.difference(found)
        if missing:
            raise UnknownSku(missing)
        return found

    @cached_property
    def limits(self) -> Limits:
        """What is limited of its promotions and codes."""
        return Limits.of(self.book)

    @cached_property
    def gives_gifts(self) -> bool:
        """Whether some promotion gives gifts, so that quotes must know what is there."""
        return any(isinstance(rule.promotion.effect, Gift) for rule in self.book.rules)

    @cached_property
    def asks_history(self) -> bool:
        """Whether some condition asks for earlier orders, so that quotes must know them."""
        return any(map(is_history, self.book.asked))

    def _check_programme(self) -> None:
        if self.programme is None:
            _refuse_promised_points(self.configuration.pricing)
            return
        for name in ("earn_per", "point_value"):
            money = getattr(self.programme, name)
            if money is not None and money.currency != self.currency:
                raise InvalidConfiguration(
                    f"$.programme.{name}", f"is in {money.currency}, the shop in {self.currency}"
                )


def _refuse_promised_points(pricing: PricingConfiguration) -> None:
    for place, promotion in enumerate(pricing.promotions):
        if isinstance(promotion.effect, EarnPoints):
            path = f"$.pricing.promotions[{place}].effect"
            problem = "promises points, and the shop has no programme to credit them"
            raise InvalidConfiguration(path, problem)


def _check_countries(locations: Iterable[Location]) -> None:
    for place, location in enumerate(locations):
        if location.country is not None:
            try:
                require_country(location.country)
            except InvalidValue as error:
                path = f"$.locations[{place}].country"
                raise InvalidConfiguration(path, error.message) from None


def _by_id(members: Iterable[T], where: str, name: str) -> dict[str, T]:
    found: dict[str, T] = {}
    for place, member in enumerate(members):
        identity: Any = getattr(member, name)
        if identity in found:
            raise InvalidConfiguration(f"$.{where}[{place}].{name}", f"{identity!r} appears twice")
        found[identity] = member
    return found


def _with_traits(configuration: ShopConfiguration) -> PricingConfiguration:
    known = {traits.sku for traits in configuration.pricing.products}
    traits = (
        trait
        for product in configuration.products
        for trait in _traits(product)
        if trait.sku not in known
    )
    return attrs.evolve(configuration.pricing, products=(*configuration.pricing.products, *traits))


def _traits(product: Product) -> Iterable[ProductTraits]:
    for variant in product.variants:
        facts = {name: {value} for name, value in product.attributes.items()}
        facts |= {name: {value} for name, value in variant.options.items()}
        facts["product"] = {product.product_id}
        facts["category"] = set(product.categories)
        yield ProductTraits(variant.sku, facts, product.measure, product.tax_class)
