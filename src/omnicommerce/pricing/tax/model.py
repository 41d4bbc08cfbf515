"""The configuration of taxes and surcharges: nouns, as data."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.predicates import ALWAYS, Predicate
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import Rounding
from omnicommerce.kernel.window import Window

__all__ = [
    "BUYER_EXEMPT",
    "DeliveryTax",
    "Jurisdiction",
    "Kept",
    "PriceBasis",
    "ServiceFailure",
    "Surcharge",
    "SurchargeBase",
    "TaxConfiguration",
    "TaxExemption",
    "TaxRate",
    "require_country",
]

_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)


def require_country(value: object, field: str = "country") -> str:
    """Return ``value`` if it can be a country: two capital letters, as ISO 3166-1 writes them.

    Raises:
        InvalidValue: It is anything else. A country in small letters would find no rate.
    """
    if not isinstance(value, str) or _COUNTRY.fullmatch(value) is None:
        raise InvalidValue(field, f"must be two capital letters such as 'ES', not {value!r}")
    return value


def _valid_country(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None:
        require_country(value, attribute.name)


def _set(values: Iterable[str]) -> frozenset[str]:
    if isinstance(values, str):
        raise InvalidValue("texts", f"must be a set of texts, not {values!r}")
    return frozenset(values)


def _optional_set(values: Iterable[str] | None) -> frozenset[str] | None:
    return None if values is None else _set(values)


_optional_id = attrs.validators.optional(valid_id)


class Kept(enum.StrEnum):
    """What of an amount that holds tax stays as it is when its tax is another one."""

    GROSS = "gross"
    NET = "net"


class DeliveryTax(enum.StrEnum):
    """By which rate delivery is taxed.

    ``own_class``: by its own tax class. ``weighted``: by the average rate of the
    items, weighted by what they cost without tax. ``highest``: by the highest rate
    of an item that costs something.
    """

    OWN_CLASS = "own_class"
    WEIGHTED = "weighted"
    HIGHEST = "highest"


class ServiceFailure(enum.StrEnum):
    """What to do when an outside tax service gives no answer: say so, or use the own rates."""

    REFUSE = "refuse"
    TABLE = "table"


class SurchargeBase(enum.StrEnum):
    """What a surcharge in per cent is a share of, after all promotions."""

    ITEMS = "items"
    ITEMS_AND_DELIVERY = "items_and_delivery"


@attrs.frozen
class Jurisdiction:
    """A country, or a region of it."""

    country: str = attrs.field(validator=_valid_country)
    region: str | None = attrs.field(default=None, validator=_optional_id)

    @country.validator
    def _check_country(self, attribute: attrs.Attribute[Any], value: object) -> None:
        require_country(value, attribute.name)


@attrs.frozen(kw_only=True)
class TaxRate:
    """What one tax takes from one class of goods, in one place, for a time.

    All taxes that hold for a class in a place apply at once, to the same amount
    without tax, and each is rounded. Of one tax (by its name) a single rate holds:
    that of the region before that of the country, that of the class before that of
    any class. Rates without a country count where nothing else is found: one that
    has no class either is the default rate.

    Args:
        rate: Such as ``Rate.percent(21)``; 0% is a tax of nothing, which receipts show.
        tax_class: Whose rate it is; None: of every class that has none of its own.
        country: Where it holds, in two letters; None: wherever no other rate is found.
        region: In which part of the country; None: in all of it.
        name: Which tax it is, as receipts call it: ``IVA``, ``GST``.
        window: When it holds; None: always. A rate ends where the next one begins.
        on_top_of: Names of taxes that this one is levied on as well.
        replaces: Names of taxes of the country that are not levied in this region,
            besides the one of the same name.

    Raises:
        InvalidValue: A negative rate, a region without country, or a window with hours.
    """

    rate: Rate = attrs.field()
    tax_class: str | None = attrs.field(default=None, validator=_optional_id)
    country: str | None = attrs.field(default=None, validator=_valid_country)
    region: str | None = attrs.field(default=None, validator=_optional_id)
    name: str = attrs.field(default="tax", validator=valid_id)
    window: Window | None = None
    on_top_of: frozenset[str] = attrs.field(default=frozenset(), converter=_set)
    replaces: frozenset[str] = attrs.field(default=frozenset(), converter=_set)

    @rate.validator
    def _check_rate(self, attribute: attrs.Attribute[Any], value: object) -> None:
        if type(value) is not Rate or value.value < 0:
            raise InvalidValue(attribute.name, f"must be a rate of zero or more, not {value!s}")

    def __attrs_post_init__(self) -> None:
        """Refuse a region that belongs to no country, and taxes by the hour."""
        if self.region is not None and self.country is None:
            raise InvalidValue("region", f"{self.region!r} needs its country")
        if self.replaces and self.region is None:
            raise InvalidValue("replaces", "only the rate of a region takes another tax's place")
        if self.window is not None and self.window.weekly is not None:
            raise InvalidValue("window", "a tax has no opening hours: leave weekly out")

    @property
    def place(self) -> tuple[str | None, str | None]:
        """Country and region."""
        return self.country, self.region


@attrs.frozen
class PriceBasis:
    """Say whether prices hold tax, in some situations.

    Args:
        when: In which: conditions on the situation, such as on ``channel``,
            ``country`` or ``currency``.
        includes_tax: Whether they do.
    """

    when: Predicate
    includes_tax: bool


@attrs.frozen(kw_only=True)
class TaxExemption:
    """Say who owes no tax, and what they pay where prices hold it.

    Args:
        exemption_id: Its identity, kept with the order.
        when: Who: conditions on the situation, such as on ``customer_class``.
        taxes: Names of the taxes that they do not owe; None: of all.
        tax_classes: The classes that it counts for; None: all.
        keeps: What stays of a price that holds tax. ``net``: the customer pays it
            without the tax. ``gross``: the customer pays it whole, and the shop keeps it.
    """

    exemption_id: str = attrs.field(validator=valid_id)
    when: Predicate
    taxes: frozenset[str] | None = attrs.field(default=None, converter=_optional_set)
    tax_classes: frozenset[str] | None = attrs.field(default=None, converter=_optional_set)
    keeps: Kept = Kept.NET

    def covers(self, rate: TaxRate, tax_class: str | None) -> bool:
        """Tell whether it frees goods of this class from this tax."""
        return (self.taxes is None or rate.name in self.taxes) and (
            self.tax_classes is None or tax_class in self.tax_classes
        )


BUYER_EXEMPT: Final = TaxExemption(exemption_id="buyer", when=ALWAYS)
"""For a buyer who is known to owe no tax at all, whatever the configuration says."""


def _rates(value: Iterable[TaxRate]) -> tuple[TaxRate, ...]:
    return tuple(value)


def _bases(value: Iterable[PriceBasis]) -> tuple[PriceBasis, ...]:
    return tuple(value)


def _exemptions(value: Iterable[TaxExemption]) -> tuple[TaxExemption, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class TaxConfiguration:
    """Everything a tax depends on, besides the basket and the situation.

    Unit prices below a minor unit are price rows with ``per``: 0.00123 is an
    amount of 123 per 1,000 in a currency of two decimals. Tax is worked out on the
    amounts of lines, which are whole.

    Args:
        rates: What is levied where.
        default_class: The tax class of what names none; None: it is not taxed.
        includes_tax: Whether prices, and amounts off, are entered with tax.
        bases: Situations in which they are entered otherwise; the first that holds counts.
        home: Where the shop is: its tax is the one that prices hold, and the one of
            who does not say where they are.
        destination_keeps: What stays of a price that holds tax where the destination
            has other rates: what is paid, or what the shop gets. Prices without tax
            get the tax of the destination.
        rounding: What is rounded once, how, and which of net and tax is the rest.
        discounts_include_tax: Whether fixed amounts off are meant with tax; None: as
            prices are entered.
        delivery: By which rate delivery is taxed.
        exemptions: Who owes no tax.
        service_failure: What to do when an outside tax service gives no answer.
    """

    rates: tuple[TaxRate, ...] = attrs.field(default=(), converter=_rates)
    default_class: str | None = attrs.field(default=None, validator=_optional_id)
    includes_tax: bool = True
    bases: tuple[PriceBasis, ...] = attrs.field(default=(), converter=_bases)
    home: Jurisdiction | None = None
    destination_keeps: Kept = Kept.GROSS
    rounding: Rounding = attrs.field(factory=Rounding)
    discounts_include_tax: bool | None = None
    delivery: DeliveryTax = DeliveryTax.OWN_CLASS
    exemptions: tuple[TaxExemption, ...] = attrs.field(default=(), converter=_exemptions)
    service_failure: ServiceFailure = ServiceFailure.REFUSE

    def __attrs_post_init__(self) -> None:
        """Refuse to keep net amounts that nobody can know."""
        if self.destination_keeps is Kept.NET and self.home is None:
            raise InvalidValue("home", "is needed to know which tax prices hold")


def _frozen_texts(texts: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(texts))


@attrs.frozen(kw_only=True)
class Surcharge:
    """A fee on top of items and delivery, which no promotion lowers, or an allowance below zero.

    Args:
        surcharge_id: Its identity, kept in orders.
        name: What people read, by locale.
        when: In which situations it is due, such as for a means of payment.
        amount: Minor units; below zero it lowers the total. Either this or ``rate``.
        rate: A share of ``base``, rounded once.
        base: What it is a share of.
        tax_class: By which tax class it is taxed; None: by the shop's default class.
        includes_tax: Whether the amount holds tax; None: as the shop's prices do.

    Raises:
        InvalidValue: Neither amount nor rate, or both.
    """

    surcharge_id: str = attrs.field(validator=valid_id)
    name: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_texts, hash=False)
    when: Predicate = ALWAYS
    amount: int | None = attrs.field(default=None)
    rate: Rate | None = None
    base: SurchargeBase = SurchargeBase.ITEMS
    tax_class: str | None = attrs.field(default=None, validator=_optional_id)
    includes_tax: bool | None = None

    @amount.validator
    def _check_amount(self, attribute: attrs.Attribute[Any], value: object) -> None:
        if value is not None and type(value) is not int:
            raise InvalidValue(attribute.name, f"must be whole minor units, not {value!r}")

    def __attrs_post_init__(self) -> None:
        """Refuse what has no size, or two."""
        if (self.amount is None) == (self.rate is None):
            raise InvalidValue("amount", "either amount or rate is needed, not both")
