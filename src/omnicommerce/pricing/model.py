"""The configuration of prices and promotions: nouns, as data."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from omnicommerce.kernel import documents
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.predicates import ALWAYS, NEVER, Predicate
from omnicommerce.kernel.quantity import Measure, require_quantity, valid_quantity
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.code_policy import CodePolicy
from omnicommerce.pricing.codes import CouponCode
from omnicommerce.pricing.delivery import DeliveryMethod
from omnicommerce.pricing.effects import Remainder
from omnicommerce.pricing.locks import CartPricePolicy, RefreshPrice
from omnicommerce.pricing.parity_model import (
    ChannelFacts,
    ParityException,
    ParityGroup,
    as_channel_facts,
    as_exceptions,
    as_groups,
)
from omnicommerce.pricing.prior_price import PriorPriceRule
from omnicommerce.pricing.promotions import Promotion, SelectionPolicy, Stacking
from omnicommerce.pricing.tax.model import Surcharge, TaxConfiguration
from omnicommerce.pricing.unit_price import UnitPricing

__all__ = [
    "SCHEMA",
    "ListRole",
    "NamedWindow",
    "PriceGuard",
    "PriceKey",
    "PriceList",
    "PriceRow",
    "PriceTier",
    "PricingConfiguration",
    "ProductTraits",
    "Tiering",
]

SCHEMA: Final = 1
"""The newest version of the JSON form that this library reads."""


def _amount(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if type(value) is not int or value < 0:
        raise InvalidValue(
            attribute.name, f"must be a whole number of minor units, not negative: {value!r}"
        )


def _optional_currency(value: str | Currency | None) -> Currency | None:
    return None if value is None else Currency.of(value)


_optional_amount = attrs.validators.optional(_amount)


def _frozen_facts(
    facts: Mapping[str, Iterable[str]],
) -> Mapping[str, frozenset[str]]:
    for name, values in facts.items():
        if isinstance(values, str):
            raise InvalidValue(f"facts.{name}", f"must be a set of texts, not {values!r}")
    return MappingProxyType({name: frozenset(values) for name, values in facts.items()})


@attrs.frozen
class ProductTraits:
    """What pricing needs to know of a product.

    Args:
        sku: Its identity; also its fact ``sku``.
        facts: What promotions can ask of it, such as ``{"category": {"dress", "summer"}}``.
        measure: What one unit of its quantity is.
        tax_class: By which it is taxed; None: by the shop's default class.
        includes_tax: Whether its prices are entered with tax; None: as the shop's are.
    """

    sku: str = attrs.field(validator=valid_id)
    facts: Mapping[str, frozenset[str]] = attrs.field(
        factory=dict, converter=_frozen_facts, hash=False
    )
    measure: Measure = Measure.EACH
    tax_class: str | None = None
    includes_tax: bool | None = None

    def __attrs_post_init__(self) -> None:
        """Keep the name of the built-in fact free."""
        if "sku" in self.facts:
            raise InvalidValue("facts.sku", "is built in and cannot be given")

    @property
    def all_facts(self) -> Mapping[str, frozenset[str]]:
        """The facts, the built-in ``sku`` included."""
        return {**self.facts, "sku": frozenset({self.sku})}


@attrs.frozen(kw_only=True)
class PriceGuard:
    """What the price of a product may not fall below, whatever is promoted.

    Promotions are stopped at the highest of these; what they could not give is
    reported with them. Amounts are minor units for ``per`` units.

    Args:
        sku: Whose price it is.
        minimum: The floor of the price paid.
        cost: What the unit cost the shop; with the configuration's
            ``minimum_margin`` it makes a floor, and by itself it is one where
            ``never_below_cost`` is set.
        advertised_minimum: The minimum advertised price (MAP): promotions that
            show in listings stop here, those in the cart do not.
        per: How many units the amounts are for, in the product's smallest unit.
        currency: Of the amounts; None: the configuration's main one.
    """

    sku: str = attrs.field(validator=valid_id)
    minimum: int | None = attrs.field(default=None, validator=_optional_amount)
    cost: int | None = attrs.field(default=None, validator=_optional_amount)
    advertised_minimum: int | None = attrs.field(default=None, validator=_optional_amount)
    per: int = attrs.field(default=1, validator=valid_quantity)
    currency: Currency | None = attrs.field(default=None, converter=_optional_currency)

    def __attrs_post_init__(self) -> None:
        """Refuse a guard that guards nothing."""
        if self.minimum is None and self.cost is None and self.advertised_minimum is None:
            raise InvalidValue("minimum", "one of minimum, cost and advertised_minimum is needed")


class ListRole(enum.StrEnum):
    """Whether a list sets the price before promotions, or what an `OfferList` asks."""

    BASE = "base"
    OFFER = "offer"


@attrs.frozen
class PriceList:
    """A source of price rows, and the situations in which it counts.

    Args:
        list_id: Its identity.
        role: Whether it sets prices or makes offers.
        when: In which situations it counts, such as in some channels.
        sale: Whether it lowers prices for a while: the price without sale lists
            is then shown beside it, struck through. A list that is no sale
            replaces the prices of later lists and hides them.
        currency: Of its rows; None: the configuration's main one.
    """

    list_id: str = attrs.field(validator=valid_id)
    role: ListRole = ListRole.BASE
    when: Predicate = ALWAYS
    sale: bool = False
    currency: Currency | None = attrs.field(default=None, converter=_optional_currency)


@attrs.frozen
class NamedWindow:
    """A window that price rows refer to by its id."""

    window_id: str = attrs.field(validator=valid_id)
    window: Window


class Tiering(enum.StrEnum):
    """How quantity tiers price: the whole quantity by its tier, or each unit by its own bracket."""

    ALL_UNITS = "all_units"
    GRADUATED = "graduated"


@attrs.frozen
class PriceTier:
    """From so many units on, ``amount`` for one."""

    from_quantity: int = attrs.field(validator=valid_quantity)
    amount: int = attrs.field(validator=_amount)


def _tiers(value: Iterable[PriceTier]) -> tuple[PriceTier, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class PriceRow:
    """Say that ``per`` units of a SKU cost ``amount``, in this list, here and now.

    Args:
        price_list: The list it belongs to.
        sku: Whose price it is.
        amount: Minor units of the book's currency for ``per`` units.
        per: How many units ``amount`` buys, in the product's smallest unit:
            1000 for a price per kilogram.
        remainder: What units cost that do not fill a set: a part of ``amount``,
            or all of it. Buy one, get one is 2 for one price as ``whole_set``.
        mix: Units of all SKUs of a basket whose rows have the same list, per,
            amount, remainder and mix fill sets together; None: each SKU alone.
        location: Where it counts; at most one of location and zone is given.
        zone: In which price zone it counts.
        window: The id of a `NamedWindow`; None: always.
        customer_class: Whose price it is; None: everybody's.
        country: Where the buyer's market is; given without location and zone.
        customer: The customer or company whose contract it is; given without class.
        plan: The subscription plan it is for; None: bought once.
        tiers: Amounts for one unit from larger quantities on; ``amount`` holds below
            the first. With ``mix``, quantities of all SKUs of the mix count together.
        tiering: How tiers price.
        compare_at: What to show beside the price, for ``per`` units; None: nothing,
            or what the row would be without sale lists.
    """

    price_list: str
    sku: str
    amount: int = attrs.field(metadata={documents.JSON_SCHEMA: {"minimum": 0}})
    per: int = attrs.field(default=1, metadata={documents.JSON_SCHEMA: {"minimum": 1}})
    remainder: Remainder = Remainder.PRO_RATA
    mix: str | None = None
    location: str | None = None
    zone: str | None = None
    window: str | None = None
    customer_class: str | None = None
    country: str | None = None
    customer: str | None = None
    plan: str | None = None
    tiers: tuple[PriceTier, ...] = attrs.field(default=(), converter=_tiers)
    tiering: Tiering = Tiering.ALL_UNITS
    compare_at: int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse impossible amounts, sets, tiers and scopes."""
        if type(self.amount) is not int or self.amount < 0:
            raise InvalidValue(
                "amount", f"must be a whole number of minor units, not negative: {self.amount!r}"
            )
        if type(self.per) is not int or self.per != 1:
            require_quantity(self.per, "per")
        if self.remainder is Remainder.REGULAR:
            raise InvalidValue("remainder", "a row has no other price: pro_rata or whole_set")
        if self.location is not None and self.zone is not None:
            raise InvalidValue("zone", "a row with a location needs no zone")
        if self.tiers or self.country or self.customer or self.compare_at is not None:
            self._check_rare_fields()

    def _check_rare_fields(self) -> None:
        """Check what few rows have: there can be very many rows."""
        if self.country is not None and (self.location is not None or self.zone is not None):
            raise InvalidValue("country", "a row with a location or zone needs no country")
        if self.customer is not None and self.customer_class is not None:
            raise InvalidValue("customer", "a contract price has no customer class")
        if self.compare_at is not None and (
            type(self.compare_at) is not int or self.compare_at < self.amount
        ):
            raise InvalidValue("compare_at", "must not be less than amount")
        if not self.tiers:
            return
        if self.per != 1:
            raise InvalidValue("tiers", "are prices of one unit: per must be 1")
        limits = [1, *(tier.from_quantity for tier in self.tiers)]
        if limits != sorted(set(limits)):
            raise InvalidValue("tiers", "must have rising from_quantity, from 2 on")
        amounts = [self.amount, *(tier.amount for tier in self.tiers)]
        if amounts != sorted(amounts, reverse=True):
            raise InvalidValue("tiers", "must not have rising amounts: more units, same or lower")


class PriceKey(enum.StrEnum):
    """What makes one row more specific than another.

    ``list``: base lists in their declared order. ``customer_class``: a contract
    before a class before everybody's price. ``scope``: location before zone before
    country before everywhere. ``window``: windows in their declared order before
    always.
    """

    LIST = "list"
    CUSTOMER_CLASS = "customer_class"
    SCOPE = "scope"
    WINDOW = "window"


def _currency(value: str | Currency) -> Currency:
    return Currency.of(value)


def _products(value: Iterable[ProductTraits]) -> tuple[ProductTraits, ...]:
    return tuple(value)


def _lists(value: Iterable[PriceList]) -> tuple[PriceList, ...]:
    return tuple(value)


def _rows(value: Iterable[PriceRow]) -> tuple[PriceRow, ...]:
    return tuple(value)


def _windows(value: Iterable[NamedWindow]) -> tuple[NamedWindow, ...]:
    return tuple(value)


def _guards(value: Iterable[PriceGuard]) -> tuple[PriceGuard, ...]:
    return tuple(value)


def _promotions(value: Iterable[Promotion]) -> tuple[Promotion, ...]:
    return tuple(value)


def _surcharges(value: Iterable[Surcharge]) -> tuple[Surcharge, ...]:
    return tuple(value)


def _codes(value: Iterable[CouponCode]) -> tuple[CouponCode, ...]:
    return tuple(value)


def _methods(value: Iterable[DeliveryMethod]) -> tuple[DeliveryMethod, ...]:
    return tuple(value)


def _keys(value: Iterable[PriceKey]) -> tuple[PriceKey, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class PricingConfiguration:
    """Everything a price depends on, besides the basket and the situation.

    Args:
        currency: The one currency of all its amounts.
        products: What is sold.
        lists: Price lists; base lists are tried in this order.
        rows: Their prices.
        windows: Windows that rows refer to.
        promotions: In any order: lane, priority and id decide.
        specificity: What makes a row win, the most important first.
        row_rounding: How a part of “n for x” is rounded, once per product or mix.
        rate_rounding: How percentages are rounded.
        selection: How competing promotions are chosen.
        stacking: Which promotions combine.
        untouchable: Products that no promotion may touch; conditions still count them.
        guards: What prices may not fall below.
        minimum_margin: What must be left of the price above cost, as a share of the
            price; None: nothing.
        never_below_cost: Whether a known cost is a floor.
        tax: Rates, and how they are applied; None: nothing is taxed.
        surcharges: Fees and allowances on top.
        codes: Coupon codes, and what they unlock.
        code_policy: When two ways of writing a code are the same, and how many count.
        schema: The version of the JSON form.
        delivery_methods: Ways of delivery, and what they cost before promotions. Who
            makes a basket has its delivery lines priced by them (`delivery_line`).
        cart_prices: What happens when a price changes while the item is in a cart
            (`kept_prices`).
        prior_price: How the lowest price before a reduction is counted
            (`lowest_prior_price`); None: it is not shown.
        unit_prices: For which quantities unit prices are shown.
        parity_groups: Channels that are bound to equal prices.
        parity_exceptions: What they may nevertheless differ in.
        channel_facts: What each channel can know of who buys there; the audit uses it.
    """

    currency: Currency = attrs.field(converter=_currency)
    products: tuple[ProductTraits, ...] = attrs.field(converter=_products)
    lists: tuple[PriceList, ...] = attrs.field(converter=_lists)
    rows: tuple[PriceRow, ...] = attrs.field(converter=_rows)
    windows: tuple[NamedWindow, ...] = attrs.field(default=(), converter=_windows)
    promotions: tuple[Promotion, ...] = attrs.field(default=(), converter=_promotions)
    specificity: tuple[PriceKey, ...] = attrs.field(default=tuple(PriceKey), converter=_keys)
    row_rounding: RoundingMode = RoundingMode.UP
    rate_rounding: RoundingMode = RoundingMode.HALF_UP
    selection: SelectionPolicy = SelectionPolicy.DECLARED_ORDER
    stacking: Stacking = attrs.field(factory=Stacking)
    untouchable: Predicate = NEVER
    guards: tuple[PriceGuard, ...] = attrs.field(default=(), converter=_guards)
    minimum_margin: Rate | None = attrs.field(default=None)
    never_below_cost: bool = False
    tax: TaxConfiguration | None = None
    surcharges: tuple[Surcharge, ...] = attrs.field(default=(), converter=_surcharges)
    codes: tuple[CouponCode, ...] = attrs.field(default=(), converter=_codes)
    code_policy: CodePolicy = attrs.field(factory=CodePolicy)
    schema: int = attrs.field(default=SCHEMA)
    delivery_methods: tuple[DeliveryMethod, ...] = attrs.field(default=(), converter=_methods)
    cart_prices: CartPricePolicy = attrs.field(factory=RefreshPrice)
    prior_price: PriorPriceRule | None = None
    unit_prices: UnitPricing = attrs.field(factory=UnitPricing)

    @schema.validator
    def _check_schema(self, _: object, value: int) -> None:
        if type(value) is not int or not 1 <= value <= SCHEMA:
            raise InvalidValue(
                "schema", f"is {value!r}, this library knows up to {SCHEMA}: install a newer one"
            )

    parity_groups: tuple[ParityGroup, ...] = attrs.field(default=(), converter=as_groups)
    parity_exceptions: tuple[ParityException, ...] = attrs.field(
        default=(), converter=as_exceptions
    )
    channel_facts: tuple[ChannelFacts, ...] = attrs.field(default=(), converter=as_channel_facts)

    @minimum_margin.validator
    def _check_margin(self, _: object, value: Rate | None) -> None:
        if value is not None and not 0 <= value.value < 1:
            raise InvalidValue("minimum_margin", f"must be from 0% to under 100%, not {value}")

    @classmethod
    def load(cls, data: Any, path: str = "$") -> PricingConfiguration:
        """Build a configuration from its JSON form, as `dump` returns it.

        Raises:
            InvalidConfiguration: Something is malformed; the error names its path.
        """
        return documents.load(cls, data, path)

    def dump(self) -> Any:
        """Return the JSON form: dicts, lists, texts, whole numbers, truth values, None."""
        return documents.dump(self)

    @specificity.validator
    def _check_specificity(self, _: object, value: tuple[PriceKey, ...]) -> None:
        if sorted(value) != sorted(PriceKey):
            raise InvalidValue("specificity", f"must name each of {', '.join(PriceKey)} once")
