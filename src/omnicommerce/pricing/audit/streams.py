"""Cases worth pricing, about one part of a configuration: the small and telling ones first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any, Final

import attrs

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import ALWAYS, NEVER, AllOf, Not, OneOf, Predicate
from omnicommerce.pricing.audit.bench import Bench, Case, basket_of
from omnicommerce.pricing.audit.lens import Lens
from omnicommerce.pricing.audit.logic import Atom, Conjunction, atoms, conjunctions, substitute
from omnicommerce.pricing.audit.recipes import Cook, Units
from omnicommerce.pricing.audit.shelf import Shelf
from omnicommerce.pricing.audit.situations import boundaries, situated, windows_of
from omnicommerce.pricing.audit.thresholds import about
from omnicommerce.pricing.basket import Basket, Coupon, Situation
from omnicommerce.pricing.codes import CouponCode
from omnicommerce.pricing.delivery import DeliveryLine
from omnicommerce.pricing.effects import AmountOff, MatchCoupon, OfferList
from omnicommerce.pricing.model import ListRole, PriceRow, PricingConfiguration
from omnicommerce.pricing.promotions import Promotion, Status, Target

__all__ = ["Streams", "in_channel"]

_MOST_WAYS: Final = 8
_MOST_BASKETS: Final = 60
_FEE: Final = 495
_SOME_METHOD: Final = "standard"
_NOTHING: Final = AmountOff(1)
"""An effect that any unit sets off."""


def in_channel(predicate: Predicate, channel: str) -> Predicate:
    """Return what is left of a predicate in a channel."""

    def replace(atom: Atom) -> Predicate:
        if isinstance(atom, OneOf) and atom.fact == "channel":
            return ALWAYS if channel in atom.values else NEVER
        return atom

    return substitute(predicate, replace)


@attrs.frozen
class Streams:
    """Makes cases for one configuration.

    Args:
        configuration: Prices and promotions.
        shelf: Its products.
        bench: Where prices of single units are looked up.
        grounds: Situations to start from.
        at: The instant of the audit; cases lie there or later.
    """

    configuration: PricingConfiguration
    shelf: Shelf
    bench: Bench
    grounds: tuple[Situation, ...]
    at: datetime

    @cached_property
    def _offered(self) -> dict[str, set[str]]:
        """The products of each offer list."""
        found: dict[str, set[str]] = {}
        for item in self.configuration.lists:
            if item.role is ListRole.OFFER:
                found[item.list_id] = set()
        for row in self.configuration.rows:
            if row.price_list in found:
                found[row.price_list].add(row.sku)
        return {list_id: skus for list_id, skus in found.items() if skus}

    @property
    def active(self) -> tuple[Promotion, ...]:
        """The promotions that can apply."""
        return tuple(item for item in self.configuration.promotions if item.status is Status.ACTIVE)

    def situated(self, way: Conjunction, ground: Situation) -> Situation | None:
        """Return a situation in which a conjunction holds, codes as people enter them; or None."""
        situation = situated(way, ground)
        if situation is None or not situation.codes or not self.configuration.codes:
            return situation
        entered = [self._code(value, situation) for value in situation.codes]
        customer = next((code.customer_id for code in entered if code.customer_id), None)
        return attrs.evolve(
            situation,
            codes=frozenset(code.code for code in entered),
            customer_id=situation.customer_id or customer,
        )

    def _code(self, value: str, situation: Situation) -> CouponCode:
        """Return a code that unlocks a value here and now, for this customer if possible."""

        def merit(code: CouponCode) -> tuple[bool, bool, str]:
            closed = code.window is not None and not code.window.contains(situation.at)
            others = code.customer_id not in {None, situation.customer_id}
            return closed, others, code.code

        found = [code for code in self.configuration.codes if code.unlocks == value]
        return min(found, key=merit, default=CouponCode(code=value))

    def cook(self, situation: Situation, lens: Lens) -> Cook:
        """Return who makes baskets of what has a price there."""
        seen = lens.situation(situation)

        def prices(sku: str) -> int | None:
            return self.bench.unit_price(sku, self.shelf.piece(sku), seen)

        return Cook(self.shelf, prices)

    def ways(self, predicate: Predicate, lens: Lens) -> tuple[Conjunction, ...]:
        """Return how a condition can hold in a channel."""
        return conjunctions(in_channel(predicate, lens.channel), most=_MOST_WAYS)

    def whens(self, promotion: Promotion) -> Iterator[tuple[Promotion, str | None]]:
        """Yield a promotion as it is in each currency for which it has terms."""
        if isinstance(promotion.effect, OfferList):
            skus = self._offered.get(promotion.effect.list_id)
            if skus is not None:
                on = AllOf((promotion.on, OneOf("sku", skus)))
                yield attrs.evolve(promotion, on=on), None
                return
        yield promotion, None
        for code, terms in sorted(promotion.in_currencies.items()):
            when = promotion.when if terms.when is None else terms.when
            plain = attrs.evolve(promotion, effect=terms.effect, when=when, cap=terms.cap)
            yield plain, code

    def differing(
        self, predicate: Predicate, lens: Lens, others: Iterable[Lens]
    ) -> Iterator[Conjunction]:
        """Yield how a condition can hold in a channel while it does not in another."""
        here = lens.predicate(predicate, self.at)
        for other in others:
            there = other.predicate(predicate, self.at)
            if there != here:
                yield from conjunctions(AllOf((here, Not(there))), most=_MOST_WAYS)

    def promotion(
        self,
        promotion: Promotion,
        lens: Lens,
        *,
        others: tuple[Lens, ...] = (),
        grounds: Iterable[Situation] | None = None,
    ) -> Iterator[Case]:
        """Yield cases in which a promotion can apply in a channel, and those about them.

        Args:
            promotion: The promotion.
            lens: The channel.
            others: Channels in which its conditions should better not hold.
            grounds: Situations to start from; None: all of them.
        """
        for ground in self.grounds if grounds is None else grounds:
            for here, code in self.whens(promotion):
                start = ground if code is None else attrs.evolve(ground, currency=code)
                ways = [*self.differing(here.when, lens, others), *self.ways(here.when, lens)]
                for way in ways:
                    situation = self.situated(way, start)
                    if situation is not None:
                        yield from self._cases(here, way, situation, lens)

    def _cases(
        self, promotion: Promotion, way: Conjunction, situation: Situation, lens: Lens
    ) -> Iterator[Case]:
        cook = self.cook(situation, lens)
        for units in islice(cook.baskets(promotion, way), _MOST_BASKETS):
            yield from self.dressed(cook.filled(units), promotion, way, situation)

    def dressed(
        self,
        units: dict[str, int],
        promotion: Promotion,
        way: Conjunction,
        situation: Situation,
    ) -> Iterator[Case]:
        """Yield the basket with what else the promotion looks at: delivery, coupons."""
        more: dict[str, Any] = {}
        method = self._method(promotion, way)
        currency = Currency.of(situation.currency or self.configuration.currency)
        if method is not None:
            fee = max([_FEE, *(n for k, n in way.least.items() if str(k).startswith("delivery"))])
            more["delivery"] = [DeliveryLine("1", method, Money(fee, currency))]
        if not isinstance(promotion.effect, MatchCoupon):
            yield Case(basket_of(units, **more), situation)
            return
        for face in about(band.up_to for band in promotion.effect.bands):
            coupon = Coupon("1", Money(face, currency), line_id="1")
            yield Case(basket_of(units, coupons=[coupon], **more), situation)

    def _method(self, promotion: Promotion, way: Conjunction) -> str | None:
        """Return the delivery method that the promotion needs; None: none."""
        asked = way.needed.get("delivery")
        barred = way.barred.get("delivery", frozenset())
        if asked:
            return min(asked[0] - barred)
        if promotion.target is not Target.ITEMS:
            named = [
                min(atom.values)
                for _, atom in atoms(promotion.on)
                if isinstance(atom, OneOf) and atom.fact == "method"
            ]
            return named[0] if named else self._some_method(barred)
        about_delivery = any(
            str(fact).startswith(("delivery.", "total.")) for fact in (*way.least, *way.below)
        )
        return self._some_method(barred) if about_delivery else None

    def _some_method(self, barred: frozenset[str] = frozenset()) -> str:
        known = self.configuration.delivery_methods
        names = [item.method_id for item in known if item.method_id not in barred]
        return names[0] if names else _SOME_METHOD

    def together(self, promotion: Promotion, other: Promotion, lens: Lens) -> Iterator[Case]:
        """Yield cases in which two promotions can meet: baskets of both in one."""
        for ground in self.grounds[:3]:
            for way in self.ways(promotion.when, lens)[:2]:
                situation = self.situated(way, ground)
                if situation is None:
                    continue
                for second in self.ways(other.when, lens)[:2]:
                    shared = self.situated(second, situation)
                    if shared is not None:
                        yield from self._shared(promotion, way, other, second, shared, lens)

    def _shared(
        self,
        promotion: Promotion,
        way: Conjunction,
        other: Promotion,
        second: Conjunction,
        situation: Situation,
        lens: Lens,
    ) -> Iterator[Case]:
        cook = self.cook(situation, lens)
        left = list(islice(cook.baskets(promotion, way), 6))
        right = list(islice(cook.baskets(other, second), 6))
        both = [*left, *right, *(one + two for one in left[:4] for two in right[:4])]
        seen: set[tuple[tuple[str, int], ...]] = set()
        for units in sorted(both, key=Units.total):
            key = tuple(sorted(units.items()))
            if key not in seen:
                seen.add(key)
                raised = cook.raised(cook.raised(units, promotion, way), other, second)
                needs = promotion if self._method(promotion, way) is not None else other
                its_way = way if needs is promotion else second
                yield from self.dressed(cook.filled(raised), needs, its_way, situation)

    def rows(self, skus: Iterable[str], lens: Lens) -> Iterator[Case]:
        """Yield cases with one product each, about every limit of its rows."""
        wanted = set(skus)
        rows = [row for row in self.configuration.rows if row.sku in wanted]
        for row in rows:
            for situation in (*self._where(row, lens), *self.grounds[:4]):
                yield from self._quantities(row, situation)

    def offers(self, list_id: str, skus: Iterable[str], lens: Lens) -> Iterator[Case]:
        """Yield cases in which a promotion takes prices from an offer list."""
        wanted = [OneOf("sku", {sku}) for sku in skus]
        for promotion in self.active:
            if isinstance(promotion.effect, OfferList) and promotion.effect.list_id == list_id:
                for each in wanted:
                    narrow = attrs.evolve(promotion, on=AllOf((promotion.on, each)))
                    yield from self.promotion(narrow, lens)

    def _where(self, row: PriceRow, lens: Lens) -> Iterator[Situation]:
        """Yield situations in which a row counts."""
        item = next(one for one in self.configuration.lists if one.list_id == row.price_list)
        scope = {
            name: value
            for name in ("location", "zone", "country")
            if (value := getattr(row, name)) is not None
        }
        if row.customer is not None:
            scope["customer_id"] = row.customer
        window = next(
            (w.window for w in self.configuration.windows if w.window_id == row.window), None
        )
        for ground in self.grounds[:4]:
            for way in self.ways(item.when, lens) or ():
                inside = way if window is None else way._replace(inside=(*way.inside, window))
                situation = self.situated(inside, attrs.evolve(ground, **scope))
                if situation is None:
                    continue
                if row.customer_class is not None:
                    classes = {*situation.customer_classes, row.customer_class}
                    situation = attrs.evolve(situation, customer_classes=classes)
                if item.currency is not None:
                    situation = attrs.evolve(situation, currency=item.currency.code)
                yield situation

    def _quantities(self, row: PriceRow, situation: Situation) -> Iterator[Case]:
        piece = self.shelf.piece(row.sku)
        limits = {1, 2, row.per // piece, *(tier.from_quantity for tier in row.tiers)}
        for quantity in about(limits):
            yield Case(self._planned(row, quantity * piece), situation)

    def _planned(self, row: PriceRow, quantity: int) -> Basket:
        basket = basket_of({row.sku: quantity})
        if row.plan is None:
            return basket
        return Basket([attrs.evolve(line, plan=row.plan) for line in basket.lines])

    def anything(self, predicate: Predicate, lens: Lens) -> Iterator[Case]:
        """Yield plain baskets in the situations in which a condition holds."""
        plain = Promotion(promotion_id="-", effect=_NOTHING, when=predicate)
        for ground in self.grounds:
            for way in self.ways(predicate, lens):
                situation = self.situated(way, ground)
                if situation is not None:
                    yield from self._cases(plain, way, situation, lens)

    def instants(self, case: Case) -> Iterator[Case]:
        """Yield the case at every instant at which some rule or row changes."""
        windows = [window for promotion in self.active for window in windows_of(promotion.when)]
        windows += [item.window for item in self.configuration.windows]
        for instant in boundaries(windows, self.at):
            yield case.changed(at=instant)

    def variations(self, case: Case) -> Iterator[Case]:
        """Yield the case with one fact more, for each text that some rule asks for."""
        for fact, value in self._texts():
            changed = _with_text(case, fact, value)
            if changed is not None:
                yield changed

    def _texts(self) -> list[tuple[str, str]]:
        found = {
            (atom.fact, value)
            for promotion in self.active
            for _, atom in atoms(promotion.when)
            if isinstance(atom, OneOf)
            for value in atom.values
        }
        return sorted(found)


_SETS: Final = {"code": "codes", "customer_class": "customer_classes"}
_TEXTS: Final = frozenset({"location", "zone", "country", "currency", "payment"})


def _with_text(case: Case, fact: str, value: str) -> Case | None:
    situation = case.situation
    if fact in _SETS:
        name = _SETS[fact]
        return case.changed(**{name: getattr(situation, name) | {value}})
    if fact in _TEXTS:
        return case.changed(**{fact: value})
    if fact == "customer":
        return case.changed(customer_id=value)
    if fact.startswith("attribute."):
        attributes = {**situation.attributes, fact.removeprefix("attribute."): {value}}
        return case.changed(attributes=attributes)
    return None
