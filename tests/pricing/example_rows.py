"""For each row of the table of features: is it in use in the example shop?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs

from omnicommerce import ShopConfiguration
from omnicommerce.cli.basket_files import read_basket
from omnicommerce.cli.shop_dir import read_shop
from omnicommerce.insight.whatif import PastBasket, what_if
from omnicommerce.kernel.predicates import AtLeast, During, Not, OneOf, Opaque, Predicate
from omnicommerce.kernel.window import Window
from omnicommerce.orders.return_model import ReturnPolicy
from omnicommerce.pricing import (
    AmountOff,
    Base,
    Basket,
    BundlePrice,
    BuyGet,
    CouponKind,
    EarnPoints,
    FirstThenEach,
    Gift,
    GroupOff,
    ManualDiscount,
    Per,
    PercentOff,
    PriceBook,
    PricedBasket,
    PricingConfiguration,
    Promotion,
    SelectionPolicy,
    SetPrice,
    Situation,
    Spread,
    Status,
    Target,
    Tiers,
    TotalPrice,
    advertised_price,
    changes,
    explain,
    near_misses,
    price,
)
from omnicommerce.pricing.audit.logic import atoms
from omnicommerce.pricing.locks import PriceLock, RefreshPrice
from omnicommerce.pricing.model import PriceRow, Tiering
from omnicommerce.pricing.tax import DeliveryTax, ServiceFailure, TaxConfiguration

__all__ = ["ROWS", "SHOP", "Use"]

SHOP: Final = Path(__file__).parents[2] / "examples" / "shop"
T = TypeVar("T")


class Use:
    """The example shop, its baskets, and what they cost."""

    @cached_property
    def shop(self) -> ShopConfiguration:
        """The whole shop."""
        return read_shop(SHOP).shop()

    @cached_property
    def configuration(self) -> PricingConfiguration:
        """Its prices and promotions."""
        return read_shop(SHOP).pricing()

    @cached_property
    def book(self) -> PriceBook:
        """The same, compiled."""
        return PriceBook.compile(self.configuration)

    @cached_property
    def baskets(self) -> Mapping[str, tuple[Basket, Situation]]:
        """Its baskets by the names of their files."""
        files = sorted((SHOP / "baskets").glob("*.json"))
        return {path.stem: read_basket(path) for path in files}

    @cached_property
    def priced(self) -> Mapping[str, PricedBasket]:
        """What they cost."""
        return {name: price(self.book, *case) for name, case in self.baskets.items()}

    @property
    def rows(self) -> tuple[PriceRow, ...]:
        """The price rows."""
        return self.configuration.rows

    @property
    def tax(self) -> TaxConfiguration:
        """The taxes."""
        assert self.configuration.tax is not None
        return self.configuration.tax

    @property
    def active(self) -> tuple[Promotion, ...]:
        """The promotions that count."""
        return tuple(p for p in self.configuration.promotions if p.status is Status.ACTIVE)

    def effects(self, cls: type[T]) -> Iterator[T]:
        """Yield the effects of a class, those inside others too."""
        for promotion in self.active:
            yield from (each for each in _nested(promotion.effect) if isinstance(each, cls))

    def atoms(self) -> Iterator[Any]:
        """Yield all atoms of all conditions on the situation."""
        for when in self.conditions():
            yield from (atom for _, atom in atoms(when))

    def conditions(self) -> Iterator[Predicate]:
        """Yield the conditions of lists, promotions, taxes, fees and deliveries."""
        configuration = self.configuration
        for promotion in configuration.promotions:
            yield promotion.when
            yield from (t.when for t in promotion.in_currencies.values() if t.when is not None)
        for each in (configuration.lists, configuration.surcharges, self.tax.bases):
            yield from (item.when for item in each)
        yield from (item.when for item in self.tax.exemptions)
        yield from (item.when for item in configuration.delivery_methods)

    def facts(self) -> set[str]:
        """Return the facts that some condition asks for."""
        return {a.fact for a in self.atoms() if isinstance(a, (OneOf, AtLeast))}

    def asks(self, *facts: str) -> bool:
        """Tell whether conditions ask for all of these facts."""
        return set(facts) <= self.facts()

    def windows(self) -> Iterator[Window]:
        """Yield the windows that conditions ask for."""
        yield from (atom.window for atom in self.atoms() if isinstance(atom, During))

    def some(self, field: str, *, of: str = "promotions") -> bool:
        """Tell whether a member of a collection says something in a field."""
        return any(getattr(item, field) for item in getattr(self.configuration, of))

    def bought(self, ask: Callable[[Basket], Any]) -> bool:
        """Tell whether some basket has something."""
        return any(ask(basket) for basket, _ in self.baskets.values())

    def locks(self) -> Iterator[PriceLock]:
        """Yield the promised prices of all baskets."""
        return chain.from_iterable(basket.locks for basket, _ in self.baskets.values())

    def best(self) -> PricedBasket:
        """Return a basket by the best choice for the customer."""
        basket, situation = self.baskets["4-new-york"]
        return price(self.book, basket, situation, policy=SelectionPolicy.BEST_FOR_CUSTOMER)


def _nested(effect: Any) -> Iterator[Any]:
    yield effect
    if isinstance(effect, GroupOff):
        yield from _nested(effect.effect)
    if isinstance(effect, Tiers):
        yield from chain.from_iterable(_nested(step.effect) for step in effect.steps)


def _shares_are_exact(priced: PricedBasket) -> bool:
    lines = priced.lines
    return priced.selling_minor == sum(line.selling_minor for line in lines) and all(
        sum(item.minor for unit in range(line.quantity) for item in line.unit_adjustments(unit))
        == sum(item.minor for item in line.adjustments)
        for line in lines
        if line.quantity < 20
    )


def _draft_gives(use: Use) -> bool:
    """Tell whether a draft gives something once it is named."""
    basket, situation = use.baskets["2-wedding"]
    book = PriceBook.compile(
        use.configuration,
        drafts=["rain", "round-down"],
        conditions={"it_rains": lambda _, __: True},
        effects={"whole_euros": lambda left, _, given: [each % given["step"] for each in left]},
    )
    return {"rain", "round-down"} <= set(price(book, basket, situation).uses)


def _what_if_tells(use: Use) -> bool:
    cheaper = attrs.evolve(use.configuration, selection=SelectionPolicy.BEST_FOR_CUSTOMER)
    past = [PastBasket("1", *use.baskets["4-new-york"])]
    return not what_if(use.book, PriceBook.compile(cheaper), past).unpriced


def _retired(use: Use) -> bool:
    """Tell whether putting a draft into force is a fact for the record."""
    promotions = [
        attrs.evolve(item, status=Status.ARCHIVED) if item.status is Status.DRAFT else item
        for item in use.configuration.promotions
    ]
    after = attrs.evolve(use.configuration, promotions=promotions)
    return {part.kind.value for part in changes(use.configuration, after).parts} == {"archived"}


def _near(use: Use) -> bool:
    basket, situation = use.baskets["5-at-the-till"]
    found = near_misses(use.book, basket, situation, units_at_most=3)
    return any(miss.promotion_id == "hats" and miss.quantity == 2 for miss in found)


def _advertised(use: Use, sku: str) -> Any:
    return advertised_price(use.book, sku, use.baskets["2-wedding"][1])


ROWS: Final[Mapping[str, Callable[[Use], Any]]] = {
    "P1": lambda use: len({item.currency for item in use.configuration.lists}) == 4,
    "P2": lambda use: any(
        isinstance(a, OneOf) and a.fact == "channel"
        for item in use.configuration.lists
        for _, a in atoms(item.when)
    ),
    "P3": lambda use: all(any(getattr(r, n) for r in use.rows) for n in ("country", "zone")),
    "P4": lambda use: use.some("customer_class", of="rows"),
    "P5": lambda use: use.some("customer", of="rows"),
    "P6": lambda use: {item.sale for item in use.configuration.lists} == {True, False},
    "P7": lambda use: use.some("window", of="rows"),
    "P8": lambda use: any(r.tiers and r.tiering is Tiering.ALL_UNITS for r in use.rows),
    "P9": lambda use: any(r.tiers and r.tiering is Tiering.GRADUATED for r in use.rows),
    "P10": lambda use: len([row for row in use.rows if row.mix and row.tiers]) > 1,
    "P11": lambda use: len(use.configuration.specificity) == 4,
    "P12": lambda use: _advertised(use, "ALBA-M").promotions == ("dresses",),
    "P13": lambda use: _advertised(use, "ALBA-M").compare_minor == 9990,
    "P14": lambda use: use.some("cost", of="guards"),
    "P15": lambda use: use.bought(
        lambda basket: any(line.given and line.given.overridden_by for line in basket.lines)
    ),
    "P16": lambda use: (
        use.configuration.cart_prices != RefreshPrice()
        and any(lock.source == "cart" for lock in use.locks())
    ),
    "P17": lambda use: any(lock.source.startswith("quote:") and lock.until for lock in use.locks()),
    "P18": lambda use: use.configuration.prior_price is not None,
    "P19": lambda use: use.configuration.unit_prices.references,
    "P20": lambda use: use.some("minimum", of="guards"),
    "P21": lambda use: (
        use.configuration.minimum_margin
        and use.configuration.never_below_cost
        and use.priced["2-wedding"].blocked
    ),
    "P22": lambda use: (
        use.some("plan", of="rows")
        and use.bought(lambda basket: any(line.plan for line in basket.lines))
    ),
    "P23": lambda use: (
        {item.minor < 0 for p in use.priced.values() for item in p.surcharges} == {True, False}
    ),
    "T1": lambda use: use.tax.includes_tax and any(not b.includes_tax for b in use.tax.bases),
    "T2": lambda use: (
        len({(rate.country, rate.tax_class) for rate in use.tax.rates}) > 5
        and any(rate.country is None and rate.tax_class is None for rate in use.tax.rates)
    ),
    "T3": lambda use: use.tax.service_failure is ServiceFailure.TABLE,
    "T4": lambda use: any(rate.window for rate in use.tax.rates),
    "T5": lambda use: use.tax.home is not None and use.tax.destination_keeps,
    "T6": lambda use: all(
        p.tax and p.tax.total.gross == p.total_minor for p in use.priced.values()
    ),
    "T7": lambda use: (
        use.tax.discounts_include_tax
        and any(effect.includes_tax for effect in use.effects(AmountOff))
    ),
    "T8": lambda use: use.tax.rounding.level,
    "T9": lambda use: use.tax.rounding.mode,
    "T10": lambda use: use.tax.rounding.remainder,
    "T11": lambda use: (
        {item.currency.exponent for item in use.configuration.lists if item.currency} == {0, 2, 3}
    ),
    "T12": lambda use: any(row.amount < row.per for row in use.rows),
    "T13": lambda use: use.tax.delivery is DeliveryTax.WEIGHTED,
    "T14": lambda use: use.tax.rounding.cash_step == 5,
    "T15": lambda use: use.tax.exemptions and use.priced["3-office"].tax_minor == 0,
    "C1": lambda use: use.asks("spend.base", "total.base", "items.base", "delivery.base"),
    "C2": lambda use: use.asks("spend.left", "spend.left.gross", "items.base.net"),
    "C3": lambda use: use.asks("matching.units", "matching.products", "matching.most"),
    "C4": lambda use: any(a.among for a in use.atoms() if isinstance(a, AtLeast)),
    "C5": lambda use: use.asks("customer_class"),
    "C6": lambda use: use.asks("history.orders", "history.orders_in_90_days"),
    "C7": lambda use: use.asks("role", "customer", "company"),
    "C8": lambda use: use.asks("channel", "location", "zone", "country", "currency"),
    "C9": lambda use: use.asks("payment", "delivery"),
    "C10": lambda use: any(window.starts_at and window.ends_at for window in use.windows()),
    "C11": lambda use: any(window.weekly and window.zone != "UTC" for window in use.windows()),
    "C12": lambda use: use.some("skip_reduced"),
    "C13": lambda use: any(
        isinstance(member, Not) for when in use.conditions() for member in _members(when)
    ),
    "C14": lambda use: any(isinstance(atom, Opaque) for atom in use.atoms()),
    "C15": lambda use: use.asks("attribute.partner"),
    "E1": lambda use: len({effect.level for effect in use.effects(PercentOff)}) == 3,
    "E2": lambda use: {effect.per for effect in use.effects(AmountOff)} == set(Per),
    "E3": lambda use: any(effect.per == 1 for effect in use.effects(SetPrice)),
    "E4": lambda use: all(any(use.effects(kind)) for kind in (SetPrice, BundlePrice, TotalPrice)),
    "E5": lambda use: (
        any(effect.bought for effect in use.effects(BuyGet))
        and any(effect.amount for effect in use.effects(BuyGet))
    ),
    "E6": lambda use: any(effect.max_repeats for effect in use.effects(BuyGet)),
    "E7": lambda use: any(effect.bought is None for effect in use.effects(BuyGet)),
    "E8": lambda use: len({effect.rewarded for effect in use.effects(BuyGet)}) == 3,
    "E9": lambda use: any(use.effects(FirstThenEach)) and any(use.effects(GroupOff)),
    "E10": lambda use: len({effect.by for effect in use.effects(Tiers)}) == 5,
    "E11": lambda use: (
        {item.target for item in use.active} == set(Target) and use.configuration.delivery_methods
    ),
    "E12": lambda use: (
        any(use.effects(Gift))
        and [gift.sku for gift in use.priced["5-at-the-till"].gifts] == ["CHOC-MILK"]
    ),
    "E13": lambda use: [gift.sku for gift in use.priced["2-wedding"].gifts] == ["CUP"],
    "E14": lambda use: use.some("cap"),
    "E15": lambda use: use.some("max_units") and use.some("max_units_each"),
    "E16": lambda use: any(use.effects(EarnPoints)) and use.priced["2-wedding"].points,
    "E17": lambda use: use.bought(lambda basket: any(map(_has_reason, basket.discounts))),
    "E18": lambda use: use.bought(
        lambda basket: any(coupon.kind is CouponKind.TENDER for coupon in basket.coupons)
    ),
    "L1": lambda use: use.asks("code") and any("code" not in _facts(p.when) for p in use.active),
    "L2": lambda use: len([c for c in use.configuration.codes if c.unlocks == "red-letter"]) == 3,
    "L3": lambda use: (
        use.some("limit_uses")
        and use.some("limit_per_customer")
        and use.some("limit_uses", of="codes")
    ),
    "L4": lambda use: any(effect.max_repeats for effect in use.effects(SetPrice)),
    "L5": lambda use: use.some("budget"),
    "L6": lambda use: use.some("fact_limits") and use.some("budget_per_customer"),
    "L7": lambda use: use.shop.policy.returns.restore_uses,
    "L8": lambda use: any(promotion.is_limited for promotion in use.active),
    "L9": lambda use: any(promotion.is_budgeted for promotion in use.active),
    "L10": lambda use: (
        use.configuration.code_policy.max_codes == 3
        and len(use.priced["2-wedding"].codes.codes) == 3
    ),
    "L11": lambda use: use.configuration.code_policy.ignore_case,
    "L12": lambda use: use.some("window", of="codes") and use.some("customer_id", of="codes"),
    "K1": lambda use: use.some("lane") and use.some("priority") and use.some("after"),
    "K2": lambda use: use.some("exclusive"),
    "K3": lambda use: (
        {item.over for item in use.configuration.stacking.exclusions} == {"product", "basket"}
    ),
    "K4": lambda use: (
        {item.winner for item in use.configuration.stacking.groups} == {"best", "first"}
    ),
    "K5": lambda use: len(use.configuration.stacking.alternatives) == 2,
    "K6": lambda use: getattr(use.best().certificate, "is_optimal", False),
    "K7": lambda use: {promotion.base for promotion in use.active} == set(Base),
    "K8": lambda use: any(p.discounts for p in use.priced.values()),
    "K9": lambda use: len({p.promotion_id for p in use.active}) == len(use.active),
    "O1": lambda use: any(line.adjustments for p in use.priced.values() for line in p.lines),
    "O2": lambda use: all(
        sum(item.shares) == item.minor for p in use.priced.values() for item in p.discounts
    ),
    "O3": lambda use: {effect.spread for effect in use.effects(AmountOff)} == set(Spread),
    "O4": lambda use: all(map(_shares_are_exact, use.priced.values())),
    "O5": lambda use: use.shop.policy.returns.policy is ReturnPolicy.REEVALUATE,
    "O6": lambda use: (
        {step.verdict for step in explain(use.book, *use.baskets["2-wedding"])}
        >= {"applied", "beaten", "failed"}
    ),
    "O7": _near,
    "O8": _draft_gives,
    "O9": lambda use: len({situation.at for _, situation in use.baskets.values()}) == 5,
    "O10": lambda use: {p.book_version for p in use.priced.values()} == {use.book.version},
    "O11": _what_if_tells,
    "O12": lambda use: use.active,
    "O13": lambda use: (
        {item.level for item in use.configuration.parity_groups} == {"merchandise", "payable"}
        and use.configuration.parity_exceptions
    ),
    "O14": lambda use: (
        {p.status for p in use.configuration.promotions} == set(Status) and _retired(use)
    ),
}
"""A row's number, and whether the shop, or its baskets, use what it is about."""


def _members(when: Predicate) -> Iterator[Predicate]:
    yield when
    inner = getattr(when, "of", ())
    for member in inner if isinstance(inner, tuple) else (inner,):
        yield from _members(member)


def _facts(when: Predicate) -> set[str]:
    return {getattr(atom, "fact", "") for _, atom in atoms(when)}


def _has_reason(discount: ManualDiscount) -> bool:
    return bool(discount.by and discount.why)
