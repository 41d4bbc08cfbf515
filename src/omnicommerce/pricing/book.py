"""The price book: a configuration, checked, indexed and frozen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.predicates import NEVER, Facts, Predicate, holds
from omnicommerce.kernel.quantity import Measure
from omnicommerce.kernel.reasons import Reason, TraceStep
from omnicommerce.pricing.basket import Basket, Role, Situation
from omnicommerce.pricing.codes import CodeBook, Unlocked
from omnicommerce.pricing.effects import OfferList
from omnicommerce.pricing.errors import UnknownSku
from omnicommerce.pricing.facts import PLACE_FACTS, facts_of, members, necessary
from omnicommerce.pricing.fingerprint import fingerprint
from omnicommerce.pricing.local import floors_of, localised
from omnicommerce.pricing.model import ListRole, PriceList, PricingConfiguration, ProductTraits
from omnicommerce.pricing.promotions import Competition
from omnicommerce.pricing.rows import Finder, Place, RowIndex
from omnicommerce.pricing.rules import OpaqueFunction, Rule, compile_promotions
from omnicommerce.pricing.sheet import Floor
from omnicommerce.pricing.tax.rates import TaxTable
from omnicommerce.pricing.validate import check, code_book

__all__ = ["FAILED", "Condition", "PriceBook", "View"]

FAILED: Final = "failed"
"""The verdict of a trace on a promotion that had no reason to apply."""

Condition: TypeAlias = Callable[[Basket, Situation], bool]
"""The function of an `Opaque` condition; it must be pure."""

_VIEWS_KEPT: Final = 4096
_ANSWERS_KEPT: Final = 1 << 16
_NO_CODES: Final = Unlocked()
_NO_FUNCTIONS: Final[Mapping[str, Any]] = MappingProxyType({})
_NOWHERE: Final[frozenset[str]] = frozenset()


class View:
    """The price book as seen from one place at one time: which rows win, which rules can run."""

    __slots__ = ("_active", "_lists", "_plans", "_rows", "base", "facts", "offers", "regular")

    def __init__(
        self, book: PriceBook, windows: tuple[str, ...], channel: str, place: Place, role: Role
    ) -> None:
        self.facts: Facts = {
            "channel": frozenset({channel}),
            "location": _text(place.location),
            "zone": _text(place.zone),
            "country": _text(place.country),
            "currency": frozenset({book.currency.code}),
            "role": frozenset({role.value}),
            "customer_class": place.customer_classes,
        }
        self._rows = partial(book.rows.finder, place=place, windows=windows)
        base = [item for item in book.lists[ListRole.BASE] if holds(item.when, self.facts)]
        self._lists = tuple(item.list_id for item in base)
        self.base: Finder = self._rows(self._lists)
        self.regular: Finder | None = None
        if any(item.sale for item in base):
            self.regular = self._rows([item.list_id for item in base if not item.sale])
        self.offers: Mapping[str, Finder] = {
            item.list_id: self._rows((item.list_id,))
            for item in book.lists[ListRole.OFFER]
            if holds(item.when, self.facts)
        }
        self._plans: dict[str, Finder] = {}
        self._active: dict[int, bool] = {}

    def on_plan(self, plan: str) -> Finder:
        """Return the function from a SKU to its row for a subscription plan."""
        if plan not in self._plans:
            self._plans[plan] = self._rows(self._lists, plan=plan)
        return self._plans[plan]

    def is_active(self, rule: Rule) -> bool:
        """Tell whether the rule's conditions on the place hold; the answer is kept."""
        if rule.by_place is None:
            return True
        known = self._active.get(rule.position)
        if known is None:
            known = self._active[rule.position] = holds(rule.by_place, self.facts)
        return known


class PriceBook:
    """An immutable, indexed snapshot of a pricing configuration.

    Pricing costs as much as the promotions that can match a basket, however
    many are configured. The indexes of a place and time are built when first
    asked for and a bounded number of them is kept; that never changes an answer.

    Attributes:
        configuration: What it was compiled from.
        version: Fingerprint of the configuration: equal content, equal version,
            on any machine. Orders keep it.
        currency: The currency of every price.
        rules: The promotions, compiled, in their declared order.
        rows: The price rows, indexed.
        lists: The price lists by role.
        floors: What prices may not fall below, by SKU.
        tracks: Whether it matters which units a promotion used up.
        competes: Whether some promotions are of groups or families.
        is_plain: Whether no rule competes with any other or is limited in any way.
        taxes: The tax rates; None: there are none.
        has_charges: Whether there are taxes or surcharges.
        for_baskets: Positions of the rules that match all products, or delivery.
        asked: The facts that some condition asks for.
        asks_facts: Whether any rule depends on more than place and numbers.
        codes: The coupon codes, and those that conditions ask for.
    """

    def __init__(
        self,
        configuration: PricingConfiguration,
        *,
        currency: Currency | None = None,
        drafts: Iterable[str] = (),
        conditions: Mapping[str, Condition] = _NO_FUNCTIONS,
        effects: Mapping[str, OpaqueFunction] = _NO_FUNCTIONS,
    ) -> None:
        check(configuration)
        self.configuration: PricingConfiguration = configuration
        self.version: str = fingerprint(configuration)
        self.currency: Currency = currency or configuration.currency
        self.conditions: Mapping[str, Condition] = conditions
        self._drafts: frozenset[str] = frozenset(drafts)
        self._effects = effects
        here = localised(configuration, self.currency, self._drafts)
        self.floors: Mapping[str, Floor] = floors_of(here)
        self.rules: tuple[Rule, ...] = compile_promotions(here, effects, guarded=bool(self.floors))
        self.tracks: bool = _tracks(here)
        self.competes: bool = any(p.group or p.family for p in here.promotions)
        self.is_plain: bool = not (self.tracks or self.competes) and all(
            rule.is_plain or rule.gives or rule.bands for rule in self.rules
        )
        self.asked: frozenset[str] = frozenset().union(
            *(facts_of(rule.rest) for rule in self.rules if rule.rest is not None),
            *(facts_of(predicate) for predicate in _charging(configuration)),
        )
        self.asks_facts: bool = bool(self.asked - PLACE_FACTS)
        self.lists: Mapping[ListRole, tuple[PriceList, ...]] = {
            role: tuple(item for item in here.lists if item.role is role) for role in ListRole
        }
        self.rows: RowIndex = RowIndex(here)
        self._products: Mapping[str, ProductTraits] = {
            product.sku: product for product in configuration.products
        }
        self.codes: CodeBook = code_book(configuration)
        tax = configuration.tax
        self.taxes: TaxTable | None = None if tax is None else TaxTable.compile(tax, self.currency)
        self.has_charges: bool = tax is not None or bool(configuration.surcharges)
        self._matches = _ProductIndex(self.rules, configuration.untouchable)
        self._matching: dict[str, tuple[int, ...]] = {}
        self._baskets = _BasketIndex(self.rules)
        self.for_baskets: tuple[int, ...] = tuple(
            rule.position for rule in self.rules if rule.everything or rule.of_delivery
        )
        self._view = lru_cache(_VIEWS_KEPT)(partial(View, self))
        self._lookup = lru_cache(_ANSWERS_KEPT)(self._compute_match)
        self._others: dict[str, PriceBook] = {}

    @classmethod
    def compile(
        cls,
        configuration: PricingConfiguration,
        *,
        drafts: Iterable[str] = (),
        conditions: Mapping[str, Condition] = _NO_FUNCTIONS,
        effects: Mapping[str, OpaqueFunction] = _NO_FUNCTIONS,
    ) -> PriceBook:
        """Check and index a configuration.

        Args:
            configuration: Prices and promotions.
            drafts: Ids of drafts that are to count, to try them out.
            conditions: The functions of `Opaque` conditions by name, from basket and
                situation to whether they hold.
            effects: The functions of `OpaqueEffect` by name.

        Raises:
            InvalidConfiguration: Something contradicts itself; the error names its path.

        Example:
            >>> from omnicommerce.pricing import PriceList, PriceRow, ProductTraits
            >>> book = PriceBook.compile(
            ...     PricingConfiguration(
            ...         currency="EUR",
            ...         products=[ProductTraits("DRESS-M", {"category": {"dress"}})],
            ...         lists=[PriceList("shelf")],
            ...         rows=[PriceRow(price_list="shelf", sku="DRESS-M", amount=4990)],
            ...     )
            ... )
            >>> len(book.version)
            16
        """
        return cls(configuration, drafts=drafts, conditions=conditions, effects=effects)

    def in_currency(self, code: str) -> PriceBook:
        """Return the same configuration as a book of another of its currencies.

        Raises:
            InvalidValue: There is no such currency.
        """
        if code == self.currency.code:
            return self
        if code not in self._others:
            self._others[code] = PriceBook(
                self.configuration,
                currency=Currency.of(code),
                drafts=self._drafts,
                conditions=self.conditions,
                effects=self._effects,
            )
        return self._others[code]

    def __repr__(self) -> str:
        """Show version and sizes."""
        sizes = f"{len(self.configuration.rows)} rows, {len(self.rules)} promotions"
        return f"PriceBook({self.version!r}, {sizes})"

    def product(self, sku: str) -> ProductTraits | None:
        """Return what is known of a SKU, if anything."""
        return self._products.get(sku)

    def view(self, situation: Situation) -> View:
        """Return the rows and rules of the situation's place and time."""
        contracts = self.rows.contracts
        customers = _NOWHERE
        if contracts:
            customers = contracts & {situation.customer_id, situation.company_id}
        return self._view(
            self.rows.windows_at(situation.at),
            situation.channel,
            Place(
                situation.location,
                situation.zone,
                situation.country,
                situation.customer_classes,
                customers,
            ),
            situation.acting_as,
        )

    def matches(self, predicate: Predicate, sku: str) -> bool:
        """Tell whether a product has what the predicate asks for; the answer is kept."""
        return self._lookup(predicate, sku)

    def _compute_match(self, predicate: Predicate, sku: str) -> bool:
        return holds(predicate, self._products[sku].all_facts)

    def is_countable(self, sku: str) -> bool:
        """Tell whether a product is counted in pieces, not weighed or measured."""
        return self._products[sku].measure is Measure.EACH

    def matching(self, skus: Sequence[str]) -> dict[int, list[int]]:
        """Return which of these products each rule matches, by position of rule and product.

        Rules that simply match all products are left out: see `for_all_products`.

        Raises:
            UnknownSku: The configuration has no such products.
        """
        matched: dict[int, list[int]] = {}
        if self._matches.is_empty:
            self._require(skus)
            return matched
        known = self._matching
        for entry, sku in enumerate(skus):
            positions = known.get(sku)
            if positions is None:
                positions = self._learn(sku, skus)
            for position in positions:
                if position in matched:
                    matched[position].append(entry)
                else:
                    matched[position] = [entry]
        return matched

    def _learn(self, sku: str, skus: Sequence[str]) -> tuple[int, ...]:
        """Find the rules that match a product, and keep the answer: there are only so many SKUs."""
        self._require(skus)
        found = self._matching[sku] = self._matches.of(self._products[sku])
        return found

    def _require(self, skus: Iterable[str]) -> None:
        if not all(map(self._products.__contains__, skus)):
            raise UnknownSku(set(skus).difference(self._products))

    @cached_property
    def unmatched(self) -> list[list[TraceStep]]:
        """What a trace says of each rule where it matches nothing: the same for every basket."""
        reason = Reason("promotion.no_matching_items")
        return [[TraceStep(rule.promotion_id, FAILED, reason)] for rule in self.rules]

    def unlocked(self, situation: Situation) -> Unlocked:
        """Return what the entered codes unlock, and why others do not count."""
        if not situation.codes:
            return _NO_CODES
        return self.codes.unlocked(
            situation.codes,
            at=situation.at,
            customer_id=situation.customer_id,
            exhausted=situation.exhausted,
        )

    def for_all_products(self, spend: int, codes: frozenset[str]) -> list[int]:
        """Return the positions of rules that match all products and can run for this basket.

        Args:
            spend: What the basket costs before promotions.
            codes: Codes entered.
        """
        return self._baskets.candidates(spend, codes)


def _text(value: str | None) -> frozenset[str]:
    return _NOWHERE if value is None else frozenset({value})


def _charging(configuration: PricingConfiguration) -> Iterator[Predicate]:
    """Return the conditions of taxes and surcharges."""
    for surcharge in configuration.surcharges:
        yield surcharge.when
    if configuration.tax is not None:
        for basis in configuration.tax.bases:
            yield basis.when
        for exemption in configuration.tax.exemptions:
            yield exemption.when


def _tracks(configuration: PricingConfiguration) -> bool:
    """Tell whether some promotion asks which units others have used."""
    exclusions = configuration.stacking.exclusions
    return any(item.over is Competition.PRODUCT for item in exclusions) or any(
        promotion.exclusive or promotion.skip_reduced for promotion in configuration.promotions
    )


class _ProductIndex:
    """Rules by a fact that a product must have to match."""

    def __init__(self, rules: tuple[Rule, ...], untouchable: Predicate) -> None:
        self._untouchable = untouchable
        self._by_fact: dict[tuple[str, str], list[Rule]] = {}
        self._any: list[Rule] = []
        for rule in rules:
            if rule.of_delivery or rule.everything:
                continue
            keys = necessary(rule.promotion.on)
            if keys is None:
                self._any.append(rule)
            else:
                for key in keys:
                    self._by_fact.setdefault(key, []).append(rule)

    @property
    def is_empty(self) -> bool:
        return not self._by_fact and not self._any

    def of(self, product: ProductTraits) -> tuple[int, ...]:
        facts = product.all_facts
        if self._untouchable != NEVER and holds(self._untouchable, facts):
            return ()
        candidates = {rule.position: rule for rule in self._any}
        for fact, values in facts.items():
            for value in values:
                for rule in self._by_fact.get((fact, value), ()):
                    candidates[rule.position] = rule
        weighed = product.measure is not Measure.EACH
        return tuple(
            position
            for position, rule in sorted(candidates.items())
            if holds(rule.promotion.on, facts) and not (weighed and rule.counts_units)
        )


class _BasketIndex:
    """Rules for all products or for delivery, by a code or the spend that they need."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._always: list[int] = []
        self._by_code: dict[str, list[int]] = {}
        by_spend: list[tuple[int, int]] = []
        rising = any(
            isinstance(rule.promotion.effect, OfferList) and rule.promotion.effect.replaces
            for rule in rules
        )
        for rule in rules:
            if not rule.everything and not rule.of_delivery:
                continue
            codes = _codes(rule)
            least = 0 if rising else _least_spend(rule)
            if codes is not None:
                for code in codes:
                    self._by_code.setdefault(code, []).append(rule.position)
            elif least > 0:
                by_spend.append((least, rule.position))
            else:
                self._always.append(rule.position)
        by_spend.sort()
        self._spends = [least for least, _ in by_spend]
        self._positions = [position for _, position in by_spend]

    def candidates(self, spend: int, codes: frozenset[str]) -> list[int]:
        found = self._always + self._positions[: bisect_right(self._spends, spend)]
        if self._by_code:
            unlocked = {position for code in codes for position in self._by_code.get(code, ())}
            found += sorted(unlocked)
        return found


def _codes(rule: Rule) -> list[str] | None:
    """Return the codes of which the rule needs one, if it needs any."""
    for member in members(rule.promotion.when):
        keys = necessary(member)
        if keys and all(fact == "code" for fact, _ in keys):
            return [code for _, code in keys]
    return None


def _least_spend(rule: Rule) -> int:
    """Return what the items must cost before promotions for the rule to run."""
    asked = {"spend.base", "spend.left"} | (_MATCHING if rule.everything else set())
    return max((minimum for fact, minimum in rule.minima if fact in asked), default=0)


_MATCHING: Final = {"matching.base", "matching.left"}
