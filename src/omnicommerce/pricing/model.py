"""The configuration of prices and promotions: nouns, as data."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from omnicommerce.kernel import documents
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.predicates import ALWAYS, Predicate
from omnicommerce.kernel.quantity import Measure, require_quantity
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.effects import Effect, Remainder

__all__ = [
    "ListRole",
    "NamedWindow",
    "PriceKey",
    "PriceList",
    "PriceRow",
    "PricingConfiguration",
    "ProductTraits",
    "Promotion",
]


def _frozen_facts(
    facts: Mapping[str, Iterable[str]],
) -> Mapping[str, frozenset[str]]:
    for name, values in facts.items():
        if isinstance(values, str):
            raise InvalidValue(f"facts.{name}", f"must be a set of texts, not {values!r}")
    return MappingProxyType({name: frozenset(values) for name, values in facts.items()})


def _frozen_texts(texts: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(texts))


@attrs.frozen
class ProductTraits:
    """What pricing needs to know of a product.

    Args:
        sku: Its identity; also its fact ``sku``.
        facts: What promotions can ask of it, such as ``{"category": {"dress", "summer"}}``.
        measure: What one unit of its quantity is.
    """

    sku: str = attrs.field(validator=valid_id)
    facts: Mapping[str, frozenset[str]] = attrs.field(
        factory=dict, converter=_frozen_facts, hash=False
    )
    measure: Measure = Measure.EACH

    def __attrs_post_init__(self) -> None:
        """Keep the name of the built-in fact free."""
        if "sku" in self.facts:
            raise InvalidValue("facts.sku", "is built in and cannot be given")

    @property
    def all_facts(self) -> Mapping[str, frozenset[str]]:
        """The facts, the built-in ``sku`` included."""
        return {**self.facts, "sku": frozenset({self.sku})}


class ListRole(enum.StrEnum):
    """Whether a list sets the price before promotions, or what an `OfferList` asks."""

    BASE = "base"
    OFFER = "offer"


@attrs.frozen
class PriceList:
    """A source of price rows, and the situations in which it counts."""

    list_id: str = attrs.field(validator=valid_id)
    role: ListRole = ListRole.BASE
    when: Predicate = ALWAYS


@attrs.frozen
class NamedWindow:
    """A window that price rows refer to by its id."""

    window_id: str = attrs.field(validator=valid_id)
    window: Window


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
    """

    price_list: str
    sku: str
    amount: int = attrs.field()
    per: int = attrs.field(default=1)
    remainder: Remainder = Remainder.PRO_RATA
    mix: str | None = None
    location: str | None = None
    zone: str | None = None
    window: str | None = None
    customer_class: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse impossible amounts, sets and scopes."""
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


class PriceKey(enum.StrEnum):
    """What makes one row more specific than another.

    ``list``: base lists in their declared order. ``customer_class``: a row for
    a class before everybody's. ``scope``: location before zone before
    everywhere. ``window``: windows in their declared order before always.
    """

    LIST = "list"
    CUSTOMER_CLASS = "customer_class"
    SCOPE = "scope"
    WINDOW = "window"


@attrs.frozen(kw_only=True)
class Promotion:
    """A rule that makes matching baskets cheaper: conditions and an effect.

    Args:
        promotion_id: Its identity, kept in orders.
        name: What people read, by locale.
        when: What must hold of basket and situation. Texts: ``channel``,
            ``location``, ``zone``, ``customer_class``, ``customer``, ``code``.
            Numbers: ``spend.base`` (the basket before any promotion),
            ``spend.left`` (when its turn comes), ``matching.base``,
            ``matching.left``, ``matching.units`` (of the matching items).
        on: Which products it matches, by their facts.
        effect: What it does.
        lane: Phases of the calculation; lower lanes go first.
        priority: Within a lane, lower numbers go first, then the smaller id.
        exclusive: It takes only items that no promotion has touched, and
            leaves them to no other.
        limit_uses: How often it can be used by all customers; the ledger counts.
        limit_per_customer: How often by each customer.
    """

    promotion_id: str = attrs.field(validator=valid_id)
    effect: Effect
    name: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_texts, hash=False)
    when: Predicate = ALWAYS
    on: Predicate = ALWAYS
    lane: int = 0
    priority: int = 0
    exclusive: bool = False
    limit_uses: int | None = attrs.field(default=None)
    limit_per_customer: int | None = attrs.field(default=None)

    @limit_uses.validator
    @limit_per_customer.validator
    def _check_limit(self, attribute: attrs.Attribute[Any], value: int | None) -> None:
        if value is not None:
            require_quantity(value, attribute.name)

    @property
    def is_limited(self) -> bool:
        """Whether its uses are counted, so that they can run out."""
        return self.limit_uses is not None or self.limit_per_customer is not None


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


def _promotions(value: Iterable[Promotion]) -> tuple[Promotion, ...]:
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
