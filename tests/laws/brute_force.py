"""The best choice found by trying all of them: small baskets, and arithmetic of its own.

Nothing here is shared with the engine but the documents it prices. A unit is a
unit, a pile is some units of one product that had the same fate, and every
packing of the units that exclusive promotions can use up is tried with every
set of other promotions left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, combinations

import attrs

from omnicommerce.kernel.predicates import AllOf, AtLeast, OneOf, Predicate
from omnicommerce.kernel.rounding import RoundingLevel
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BuyGet,
    PercentOff,
    PricingConfiguration,
    Promotion,
    SetPrice,
)
from omnicommerce.pricing.effects import BundlePrice, Per, Rewarded, TotalPrice
from omnicommerce.pricing.promotions import Competition

__all__ = ["World", "best_discount", "declared_discount"]


@attrs.define
class Pile:
    """Some units of one product that had the same fate so far."""

    sku: str
    units: int
    base: int
    left: int
    touched: bool = False
    closed: bool = False
    families: set[str] = attrs.field(factory=set)

    def values(self) -> list[int]:
        """Return what each unit is worth now, the cheaper ones first."""
        each, extra = divmod(self.left, self.units)
        return [each] * (self.units - extra) + [each + 1] * extra


@attrs.frozen
class Way:
    """Units by SKU that one application uses up, and what it takes off those of each."""

    uses: tuple[tuple[str, int], ...]
    shares: tuple[tuple[str, int], ...]

    @property
    def value(self) -> int:
        """What it gives."""
        return sum(share for _, share in self.shares)


@attrs.frozen
class World:
    """What is tried: one price for each product, in one place at one time."""

    configuration: PricingConfiguration
    units: Counter[str]

    @classmethod
    def of(cls, configuration: PricingConfiguration, basket: Basket) -> World:
        """Take a basket apart into units."""
        units: Counter[str] = Counter()
        for line in basket.lines:
            units[line.sku] += line.quantity
        return cls(configuration, units)

    @property
    def prices(self) -> dict[str, int]:
        """What a unit costs."""
        return {row.sku: row.amount for row in self.configuration.rows}

    @property
    def in_order(self) -> list[Promotion]:
        """The promotions in their declared order."""
        return sorted(
            self.configuration.promotions, key=lambda p: (p.lane, p.priority, p.promotion_id)
        )

    @property
    def is_tracking(self) -> bool:
        """Whether it matters which units somebody used."""
        exclusions = self.configuration.stacking.exclusions
        return any(p.exclusive for p in self.configuration.promotions) or any(
            item.over is Competition.PRODUCT for item in exclusions
        )

    def matches(self, on: Predicate, sku: str) -> bool:
        """Tell whether a product is meant."""
        if on == AllOf(()):
            return True
        assert isinstance(on, OneOf)
        if on.fact == "sku":
            return sku in on.values
        (traits,) = [item for item in self.configuration.products if item.sku == sku]
        return bool(traits.facts.get(on.fact, frozenset()) & on.values)

    def piles(self) -> list[Pile]:
        """Return the basket before any promotion."""
        return [
            Pile(sku, units, self.prices[sku] * units, self.prices[sku] * units)
            for sku, units in sorted(self.units.items())
        ]


def rounded_half_up(amount: Fraction) -> int:
    """Round to the nearest whole, halves up."""
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def shared_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split by largest remainder, ties to the first."""
    whole = sum(weights)
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    exact = [Fraction(total * weight, whole) for weight in weights]
    shares = [int(part) for part in exact]
    behind = sorted(range(len(shares)), key=lambda k: shares[k] - exact[k])
    for k in behind[: total - sum(shares)]:
        shares[k] += 1
    return shares


class _Run:
    """One way through the promotions."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.piles = world.piles()
        self.spend = sum(pile.base for pile in self.piles)
        self.given = 0
        self.applied: set[str] = set()
        self.is_admissible = True

    def is_open(self, promotion: Promotion, pile: Pile) -> bool:
        """Tell whether a promotion may take from a pile."""
        rivals = self.rivals(promotion, Competition.PRODUCT)
        return (
            self.world.matches(promotion.on, pile.sku)
            and pile.units > 0
            and not pile.closed
            and not (promotion.exclusive and pile.touched)
            and not (rivals & pile.families)
        )

    def rivals(self, promotion: Promotion, over: Competition) -> set[str]:
        """Return the families that a promotion does not combine with."""
        found: set[str] = set()
        for item in self.world.configuration.stacking.exclusions:
            if item.over is over and item.family == promotion.family:
                found.add(item.other)
            if item.over is over and item.other == promotion.family:
                found.add(item.family)
        return found

    def can_run(self, promotion: Promotion, at: list[Pile]) -> bool:
        """Tell whether its conditions hold now."""
        if self.rivals(promotion, Competition.BASKET) & self.applied:
            return False
        when = promotion.when.of if isinstance(promotion.when, AllOf) else (promotion.when,)
        for atom in when:
            assert isinstance(atom, AtLeast)
            number = {
                "spend.base": self.spend,
                "spend.left": sum(pile.left for pile in self.piles),
                "matching.units": sum(pile.units for pile in at),
                "matching.left": sum(pile.left for pile in at),
                "matching.base": sum(pile.base for pile in at),
            }[atom.fact]
            if number < atom.minimum:
                return False
        return True

    def take_turn(self, promotion: Promotion) -> None:
        """Let a promotion take what it can from what is open to it, product by product."""
        at = [pile for pile in self.piles if self.is_open(promotion, pile)]
        if not at or not self.can_run(promotion, at):
            return
        products = [
            _together([p for p in at if p.sku == sku]) for sku in sorted({p.sku for p in at})
        ]
        shares, used = self.capped(promotion, products, *worked_out(promotion, products))
        if not any(shares):
            return
        for product, share, units in zip(products, shares, used, strict=True):
            self.take_of_product(promotion, [p for p in at if p.sku == product.sku], share, units)
        self.note(promotion, sum(shares))

    def capped(
        self, promotion: Promotion, products: list[Pile], shares: list[int], used: list[int]
    ) -> tuple[list[int], list[int]]:
        """Take no more than the promotion's cap."""
        if promotion.cap is None or sum(shares) <= promotion.cap:
            return shares, used
        shares = shared_out(promotion.cap, shares)
        if not isinstance(promotion.effect, (BuyGet, SetPrice)):
            used = [
                pile.units if share else 0 for pile, share in zip(products, shares, strict=True)
            ]
        return shares, used

    def take_of_product(
        self, promotion: Promotion, piles: list[Pile], share: int, units: int
    ) -> None:
        """Take a share off the dearest units of one product."""
        every = sum(pile.units for pile in piles)
        if units == every:
            counts, worths = [pile.units for pile in piles], [pile.left for pile in piles]
        else:
            dearest = sorted(_units_of(piles), key=lambda unit: (-unit[0], unit[1]))[:units]
            counts = [sum(k == place for _, k in dearest) for place in range(len(piles))]
            worths = [
                sum(value for value, k in dearest if k == place) for place in range(len(piles))
            ]
        parts = shared_out(share, worths)
        for pile, count, part in zip(piles, counts, parts, strict=True):
            whole_set = isinstance(promotion.effect, (BuyGet, SetPrice))
            if count and (part or whole_set):
                self.take_of_pile(promotion, pile, part, count)

    def take_of_pile(self, promotion: Promotion, pile: Pile, share: int, units: int) -> None:
        """Take a share off some units of a pile, which are a pile of their own from then on."""
        if self.world.is_tracking and units < pile.units:
            pile = self.apart(pile, units, max(share, pile.left * units // pile.units))
        pile.left -= share
        pile.touched = True
        pile.closed = pile.closed or promotion.exclusive
        if promotion.family is not None:
            pile.families.add(promotion.family)

    def note(self, promotion: Promotion, given: int) -> None:
        """Remember what was given."""
        self.given += given
        if given and promotion.family is not None:
            self.applied.add(promotion.family)

    def apart(self, pile: Pile, units: int, worth: int) -> Pile:
        """Make some units a pile of their own."""
        worth, base = min(worth, pile.left), pile.base * units // pile.units
        child = attrs.evolve(pile, units=units, left=worth, base=base, families=set(pile.families))
        pile.units, pile.left, pile.base = pile.units - units, pile.left - worth, pile.base - base
        self.piles.append(child)
        return child

    def reserve(self, packing: dict[str, list[Way]]) -> dict[str, list[tuple[Pile, int]]]:
        """Set the units of a packing apart for the promotions that use them up."""
        kept: dict[str, list[tuple[Pile, int]]] = {}
        for promotion in self.world.in_order:
            uses: Counter[str] = Counter()
            shares: Counter[str] = Counter()
            for way in packing.get(promotion.promotion_id, ()):
                uses.update(dict(way.uses))
                shares.update(dict(way.shares))
            for sku in sorted(uses):
                pile = next(p for p in self.piles if p.sku == sku and not p.closed)
                units = uses[sku]
                if units < pile.units:
                    pile = self.apart(pile, units, self.world.prices[sku] * units)
                pile.closed = True
                kept.setdefault(promotion.promotion_id, []).append((pile, shares[sku]))
        return kept

    def take_reserved(self, promotion: Promotion, kept: list[tuple[Pile, int]]) -> None:
        """Let an exclusive promotion take what was set apart for it, if it can run."""
        own = [pile for pile, _ in kept]
        at = own + [pile for pile in self.piles if self.is_open(promotion, pile)]
        if not self.can_run(promotion, at):
            self.is_admissible = False
            return
        for pile, share in kept:
            self.take_of_pile(promotion, pile, share, pile.units)
        self.note(promotion, sum(share for _, share in kept))


def _together(piles: list[Pile]) -> Pile:
    """Return the units of one product as one pile."""
    (sku,) = {pile.sku for pile in piles}
    return Pile(
        sku,
        sum(pile.units for pile in piles),
        sum(pile.base for pile in piles),
        sum(pile.left for pile in piles),
    )


def worked_out(promotion: Promotion, at: list[Pile]) -> tuple[list[int], list[int]]:
    """Return what is taken off each pile, and how many units of it are used."""
    effect = promotion.effect
    lefts, units = [pile.left for pile in at], [pile.units for pile in at]
    everything = [count if left else 0 for count, left in zip(units, lefts, strict=True)]
    match effect:
        case PercentOff(rate, level) if level is RoundingLevel.ORDER:
            shares = shared_out(rounded_half_up(rate.value * sum(lefts)), lefts)
        case PercentOff(rate, level) if level is RoundingLevel.UNIT:
            shares = [sum(rounded_half_up(rate.value * v) for v in p.values()) for p in at]
        case PercentOff(rate):
            shares = [rounded_half_up(rate.value * left) for left in lefts]
        case AmountOff(amount, per) if per is Per.ONCE:
            shares = shared_out(min(amount, sum(lefts)), lefts)
        case AmountOff(amount, per) if per is Per.PRODUCT:
            shares = [min(amount, left) for left in lefts]
        case AmountOff(amount):
            shares = [sum(min(amount, value) for value in pile.values()) for pile in at]
        case TotalPrice(amount):
            shares = shared_out(max(0, sum(lefts) - amount), lefts)
        case BuyGet():
            return _buy_get(effect, at)
        case SetPrice():
            return _sets(effect, at)
        case _:
            raise NotImplementedError(effect)
    return shares, [n if share else 0 for n, share in zip(everything, shares, strict=True)]


def _units_of(at: list[Pile]) -> list[tuple[int, int]]:
    """Return value and pile of every unit."""
    return [(value, k) for k, pile in enumerate(at) for value in pile.values()]


def _buy_get(effect: BuyGet, at: list[Pile]) -> tuple[list[int], list[int]]:
    if effect.bought is not None or effect.rewarded is not Rewarded.CHEAPEST:
        raise NotImplementedError(effect)
    nothing = [0] * len(at)
    every = sorted(_units_of(at))
    sets = len(every) // (effect.buy + effect.get)
    if effect.max_repeats is not None:
        sets = min(sets, effect.max_repeats)
    rewarded, others = every[: sets * effect.get], every[sets * effect.get :]
    bought = sorted(others, key=lambda unit: (-unit[0], unit[1]))[: sets * effect.buy]
    values, used = list(nothing), list(nothing)
    for value, k in rewarded:
        values[k] += value
    for _, k in rewarded + bought:
        used[k] += 1
    return [rounded_half_up(effect.rate.value * value) for value in values], used


def _sets(effect: SetPrice, at: list[Pile]) -> tuple[list[int], list[int]]:
    every = sorted(_units_of(at), key=lambda unit: (-unit[0], unit[1]))
    values, used, made = [0] * len(at), [0] * len(at), 0
    while len(every) >= effect.per and (effect.max_repeats is None or made < effect.max_repeats):
        chosen, every = every[: effect.per], every[effect.per :]
        if sum(value for value, _ in chosen) <= effect.amount:
            break
        made += 1
        for value, k in chosen:
            values[k] += value
            used[k] += 1
    if effect.per == 1:
        return [v - effect.amount * n for v, n in zip(values, used, strict=True)], used
    return shared_out(max(0, sum(values) - made * effect.amount), values), used


def ways_of(promotion: Promotion, world: World) -> set[Way]:
    """Return every way in which an exclusive promotion can use up units once."""
    effect = promotion.effect
    every = [(sku, n) for sku, units in sorted(world.units.items()) for n in range(units)]
    mine = [unit for unit in every if world.matches(promotion.on, unit[0])]
    prices = world.prices
    found: set[Way] = set()
    match effect:
        case PercentOff(rate):
            found = {
                _way([unit], {unit[0]: rounded_half_up(rate.value * prices[unit[0]])})
                for unit in mine
            }
        case AmountOff(amount):
            found = {_way([unit], {unit[0]: min(amount, prices[unit[0]])}) for unit in mine}
        case SetPrice(per, amount):
            found = {_priced(units, amount, prices) for units in combinations(mine, per)}
        case BundlePrice():
            found = {
                _priced(units, effect.amount, prices) for units in _bundles(effect, mine, world)
            }
        case BuyGet():
            found = set(_buy_get_ways(effect, mine, every, world))
        case _:
            raise NotImplementedError(effect)
    return {way for way in found if way.value > 0}


_Unit = tuple[str, int]


def _way(units: Sequence[_Unit], shares: dict[str, int]) -> Way:
    uses = Counter(sku for sku, _ in units)
    return Way(tuple(sorted(uses.items())), tuple(sorted(shares.items())))


def _priced(units: Sequence[_Unit], amount: int, prices: dict[str, int]) -> Way:
    uses = sorted(Counter(sku for sku, _ in units).items())
    values = [prices[sku] * count for sku, count in uses]
    shares = shared_out(max(0, sum(values) - amount), values)
    return _way(units, {sku: share for (sku, _), share in zip(uses, shares, strict=True)})


def _bundles(effect: BundlePrice, mine: list[_Unit], world: World) -> Iterator[tuple[_Unit, ...]]:
    def fill(number: int, left: list[_Unit]) -> Iterator[tuple[_Unit, ...]]:
        if number == len(effect.parts):
            yield ()
            return
        part = effect.parts[number]
        fitting = [unit for unit in left if world.matches(part.on, unit[0])]
        for units in combinations(fitting, part.units):
            rest = [unit for unit in left if unit not in units]
            for others in fill(number + 1, rest):
                yield units + others

    return fill(0, mine)


def _buy_get_ways(
    effect: BuyGet, mine: list[_Unit], every: list[_Unit], world: World
) -> Iterator[Way]:
    prices = world.prices
    if effect.bought is None:
        for units in combinations(mine, effect.buy + effect.get):
            dearest = effect.rewarded is Rewarded.DEAREST
            order = sorted(units, key=lambda unit: prices[unit[0]], reverse=dearest)
            yield _way(units, _off(effect, order[: effect.get], prices))
        return
    others = [unit for unit in every if world.matches(effect.bought, unit[0])]
    for bought in combinations(others, effect.buy):
        left = [unit for unit in mine if unit not in bought]
        for got in combinations(left, effect.get):
            yield _way((*bought, *got), _off(effect, got, prices))


def _off(effect: BuyGet, got: Sequence[_Unit], prices: dict[str, int]) -> dict[str, int]:
    counts = Counter(sku for sku, _ in got)
    if effect.amount is not None:
        return {sku: n * min(effect.amount, prices[sku]) for sku, n in counts.items()}
    return {sku: rounded_half_up(effect.rate.value * prices[sku] * n) for sku, n in counts.items()}


def packings(world: World) -> Iterator[dict[str, list[Way]]]:
    """Yield every packing of the units by ways of exclusive promotions."""
    columns = [
        (promotion, way)
        for promotion in world.in_order
        if promotion.exclusive
        for way in sorted(ways_of(promotion, world), key=repr)
    ]

    def fill(
        start: int, left: Counter[str], made: list[tuple[Promotion, Way]]
    ) -> Iterator[list[tuple[Promotion, Way]]]:
        yield made
        for place in range(start, len(columns)):
            promotion, way = columns[place]
            limit = _limit(promotion)
            if limit is not None and sum(p is promotion for p, _ in made) >= limit:
                continue
            if all(left[sku] >= count for sku, count in way.uses):
                yield from fill(place, left - Counter(dict(way.uses)), [*made, (promotion, way)])

    for made in fill(0, world.units, []):
        packing: dict[str, list[Way]] = {}
        for promotion, way in made:
            packing.setdefault(promotion.promotion_id, []).append(way)
        yield packing


def _limit(promotion: Promotion) -> int | None:
    repeats = getattr(promotion.effect, "max_repeats", None)
    return promotion.max_units if repeats is None else repeats


def declared_discount(world: World) -> int:
    """Return what the promotions give in their declared order."""
    run = _Run(world)
    for promotion in world.in_order:
        run.take_turn(promotion)
    return run.given


def best_discount(world: World, *, declared: int) -> int:
    """Return the most that any admissible choice gives.

    Args:
        world: What is tried.
        declared: What the promotions give in their declared order, which is admissible too.
    """
    others = [p for p in world.in_order if not p.exclusive]
    subsets = list(chain.from_iterable(combinations(others, n) for n in range(len(others) + 1)))
    best = declared
    for packing in packings(world):
        for dropped in subsets:
            run = _Run(world)
            kept = run.reserve(packing)
            for promotion in world.in_order:
                if promotion.promotion_id in kept:
                    run.take_reserved(promotion, kept[promotion.promotion_id])
                elif not promotion.exclusive and promotion not in dropped:
                    run.take_turn(promotion)
            if run.is_admissible:
                best = max(best, run.given)
    return best
