"""The price book: a configuration, checked, indexed and frozen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.predicates import Facts, holds
from omnicommerce.kernel.quantity import Measure
from omnicommerce.pricing.basket import Situation
from omnicommerce.pricing.effects import OfferList
from omnicommerce.pricing.errors import UnknownSku
from omnicommerce.pricing.fingerprint import fingerprint
from omnicommerce.pricing.model import ListRole, PriceList, PricingConfiguration, ProductTraits
from omnicommerce.pricing.rows import Finder, Place, RowIndex
from omnicommerce.pricing.rules import Rule, compile_promotions, members, necessary
from omnicommerce.pricing.validate import check

__all__ = ["PriceBook", "View"]

_VIEWS_KEPT: Final = 4096
_NOWHERE: Final[frozenset[str]] = frozenset()


class View:
    """The price book as seen from one place at one time: which rows win, which rules can run."""

    __slots__ = ("_active", "base", "facts", "offers")

    def __init__(self, base: Finder, offers: dict[str, Finder], facts: Facts) -> None:
        self.base: Finder = base
        self.offers: dict[str, Finder] = offers
        self.facts: Facts = facts
        self._active: dict[int, bool] = {}

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
        has_exclusive: Whether any of them is exclusive.
        asks_facts: Whether any of them depends on more than place and numbers.
    """

    def __init__(self, configuration: PricingConfiguration) -> None:
        check(configuration)
        self.configuration = configuration
        self.version: str = fingerprint(configuration)
        self.currency: Currency = configuration.currency
        self.rules: tuple[Rule, ...] = compile_promotions(configuration)
        self.has_exclusive: bool = any(rule.promotion.exclusive for rule in self.rules)
        self.asks_facts: bool = any(rule.rest is not None for rule in self.rules)
        self._products: Mapping[str, ProductTraits] = {
            product.sku: product for product in configuration.products
        }
        self._rows = RowIndex(configuration)
        self._lists = {
            role: tuple(item for item in configuration.lists if item.role is role)
            for role in ListRole
        }
        self._matches = _ProductIndex(self.rules)
        self._matching: dict[str, tuple[int, ...]] = {}
        self._baskets = _BasketIndex(self.rules)
        self._view = lru_cache(_VIEWS_KEPT)(self._compute_view)

    @classmethod
    def compile(cls, configuration: PricingConfiguration) -> PriceBook:
        """Check and index a configuration.

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
        return cls(configuration)

    def __repr__(self) -> str:
        """Show version and sizes."""
        sizes = f"{len(self.configuration.rows)} rows, {len(self.rules)} promotions"
        return f"PriceBook({self.version!r}, {sizes})"

    def product(self, sku: str) -> ProductTraits | None:
        """Return what is known of a SKU, if anything."""
        return self._products.get(sku)

    def view(self, situation: Situation) -> View:
        """Return the rows and rules of the situation's place and time."""
        return self._view(
            self._rows.windows_at(situation.at),
            situation.channel,
            Place(situation.location, situation.zone, situation.customer_classes),
        )

    def _compute_view(self, windows: tuple[str, ...], channel: str, place: Place) -> View:
        facts: Facts = {
            "channel": frozenset({channel}),
            "location": _text(place.location),
            "zone": _text(place.zone),
            "customer_class": place.customer_classes,
        }
        base = _open(self._lists[ListRole.BASE], facts)
        offers = {
            list_id: self._rows.finder((list_id,), place, windows)
            for list_id in _open(self._lists[ListRole.OFFER], facts)
        }
        return View(self._rows.finder(base, place, windows), offers, facts)

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
        unknown = set(skus).difference(self._products)
        if unknown:
            raise UnknownSku(unknown)

    def for_all_products(self, spend: int, codes: frozenset[str]) -> list[int]:
        """Return the positions of rules that match all products and can run for this basket.

        Args:
            spend: What the basket costs before promotions.
            codes: Codes entered.
        """
        return self._baskets.candidates(spend, codes)


def _text(value: str | None) -> frozenset[str]:
    return _NOWHERE if value is None else frozenset({value})


def _open(lists: Iterable[PriceList], facts: Facts) -> tuple[str, ...]:
    return tuple(item.list_id for item in lists if holds(item.when, facts))


class _ProductIndex:
    """Rules by a fact that a product must have to match."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._by_fact: dict[tuple[str, str], list[Rule]] = {}
        self._any: list[Rule] = []
        for rule in rules:
            if rule.everything:
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
    """Rules for all products, by a code or the spend that they need."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._always: list[int] = []
        self._by_code: dict[str, list[int]] = {}
        by_spend: list[tuple[int, int]] = []
        rising = any(
            isinstance(rule.promotion.effect, OfferList) and rule.promotion.effect.replaces
            for rule in rules
        )
        for rule in rules:
            if not rule.everything:
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
    """Return what a basket must cost before promotions for the rule to run."""
    return max((minimum for fact, minimum in rule.minima if fact != "matching.units"), default=0)
