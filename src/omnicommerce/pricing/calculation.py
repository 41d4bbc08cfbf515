"""One calculation under way: rules have their turn, and take from the sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from omnicommerce.kernel.allocation import split
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.predicates import ALWAYS, Facts, holds
from omnicommerce.pricing.basket import (
    MANUAL,
    Basket,
    ManualDiscount,
    Situation,
)
from omnicommerce.pricing.beside import Beside
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.codes import Unlocked
from omnicommerce.pricing.delivery import DeliveryLine
from omnicommerce.pricing.effects import Choice, Gift, OfferList
from omnicommerce.pricing.facts import situation_facts
from omnicommerce.pricing.promotions import Base, Target
from omnicommerce.pricing.result import (
    Certificate,
    Discount,
    PricedBasket,
    Table,
    new_tuple,
)
from omnicommerce.pricing.rules import Rule
from omnicommerce.pricing.sets import Used, chosen
from omnicommerce.pricing.sheet import Sheet
from omnicommerce.pricing.stacking import Bid, Ring
from omnicommerce.pricing.taxing import Taxing, taxing_of

__all__ = ["Calculation", "Chosen", "Made", "Observer", "Turn"]


_NOTHING: Final[Mapping[int, int]] = MappingProxyType({})


class Turn(NamedTuple):
    """What happened when a rule's turn came.

    ``matching``: the entries it matches. ``at``: those of them it may take from.
    ``taken``: what it gave; None: nothing. ``facts``: what it could ask.
    ``bid``: what it would have given, where it lost in its group.
    """

    matching: list[int]
    at: list[int]
    taken: int | None
    facts: Facts
    bid: int | None = None


Observer: TypeAlias = Callable[[Rule, Sheet, Turn], None]
"""Told of each rule that could match, in its turn."""


class Made(NamedTuple):
    """Units of an entry that a promotion uses up by a choice made beforehand.

    ``value``: what they are worth before promotions. ``share``: what is taken off them.
    """

    entry: int
    units: int
    value: int
    share: int


class Chosen(NamedTuple):
    """A choice among promotions.

    ``dropped``: positions of rules that take no part. ``made``: by position, the
    units that exclusive rules use up; they are kept from all others.
    """

    dropped: frozenset[int]
    made: Mapping[int, tuple[Made, ...]]


class Calculation(Beside):
    """One basket, one situation, one book; `through` runs the rules once."""

    facts: Facts
    # What few baskets have is one and the same empty thing for all others.
    taxing: Taxing | None = None
    blocked: Mapping[str, int] = MappingProxyType({})
    refuted: bool = False
    ring: Ring | None = None
    codes: Unlocked = Unlocked()

    def __init__(
        self,
        book: PriceBook,
        basket: Basket,
        situation: Situation,
        *,
        without: frozenset[str] = frozenset(),
    ) -> None:
        """Lay out the entries; ``without``: families of promotions that do not count.

        Raises:
            UnknownSku: The book does not know some of the SKUs.
            InvalidValue: An amount is in another currency than the book.
        """
        super().__init__(book, basket, situation)
        self.discounts: list[Discount] = []
        if book.competes:
            self.ring = Ring(book.configuration.stacking, without)

    def prepare(self, *, every_rule: bool = False) -> dict[int, list[int]]:
        """Price the entries and return which of them each rule matches that could run.

        Args:
            every_rule: Whether rules for the whole basket are there too that cannot run.
        """
        book, sheet, situation = self.book, self.sheet, self.situation
        matched = book.matching(sheet.skus)
        self.set_base()
        sheet.offers = self.view.offers
        sheet.lookup = book.matches
        sheet.countable = book.is_countable
        if book.tracks:
            sheet.track()
        if book.floors:
            sheet.floors = book.floors
        codes = situation.codes
        if codes:
            self.codes = book.unlocked(situation)
            codes = self.codes.unlocked
        if book.asks_facts:
            more = situation_facts(book.asked, book.conditions, self.basket, situation, codes)
            self.facts = {**self.view.facts, **more}
        if book.has_charges:
            self.taxing = taxing_of(book, book.taxes, situation, self.facts)
            sheet.convert, sheet.enter = self.converted, self.entered
        everything = list(range(len(sheet.skus)))
        whole = book.for_baskets if every_rule else book.for_all_products(sheet.base_total, codes)
        for position in whole:
            rule = book.rules[position]
            at = everything if rule.everything else self.of_delivery(rule)
            if at:
                matched[position] = at
        return matched

    def through(
        self,
        matched: dict[int, list[int]],
        observe: Observer | None = None,
        chosen: Chosen | None = None,
    ) -> PricedBasket:
        """Let the rules have their turns, in the declared order, and return the answer.

        With a choice, `refuted` tells afterwards whether some rule that was to use up
        units could not, as its conditions did not hold when its turn came.
        """
        rules = self.book.rules
        if chosen is None and self.book.is_plain:
            self.run_plain(matched, observe)
            return self.answer()
        kept = self.reserved(chosen) if chosen is not None and chosen.made else {}
        for position in sorted(matched):
            rule, matching = rules[position], matched[position]
            if chosen is not None and position in chosen.dropped:
                continue
            if self.ring is not None and rule.promotion.group is not None:
                self.group_turn(rule, matched, observe, chosen)
                continue
            if chosen is not None and rule.promotion.exclusive:
                at, taken = matching, self.as_chosen(rule, matching, kept.get(position))
            else:
                at = matching if self.sheet.tracks is False else self.open_to(rule, matching)
                taken = None
                if not rule.has_conditions or self.allows(rule, at):
                    taken = self.apply(rule, at)
            if observe is not None:
                observe(rule, self.sheet, Turn(matching, at, taken, self.facts))
        if self.basket.discounts:
            self.take_manual()
        return self.answer()

    def run_plain(
        self, matched: dict[int, list[int]], observe: Observer | None = None
    ) -> list[int]:
        """Let rules have their turns that compete with nobody: the same as `through`, shorter.

        Returns:
            The positions of those whose conditions did not hold.
        """
        rules, sheet, discounts = self.book.rules, self.sheet, self.discounts
        currency = self.book.currency
        failed: list[int] = []
        for position in sorted(matched):
            rule, at = rules[position], matched[position]
            taken: int | None = None
            if rule.has_conditions and not self.allows(rule, at):
                failed.append(position)
            elif rule.gives or rule.bands:
                taken = self.apply(rule, at)
            else:
                found = rule.apply(sheet, at)
                shares = found.shares if isinstance(found, Used) else found
                if shares and any(shares):
                    taken = sheet.take(at, shares)
                    discounts.append(
                        Discount(rule.promotion_id, taken, currency, tuple(at), tuple(shares))
                    )
            if observe is not None:
                observe(rule, sheet, new_tuple(Turn, (at, at, taken, self.facts, None)))
        if self.basket.discounts:
            self.take_manual()
        return failed

    def reserved(self, chosen: Chosen) -> dict[int, Bid]:
        """Set the units of a choice apart, and return what each rule is to take of them."""
        sheet = self.sheet
        bids: dict[int, Bid] = {}
        for position in sorted(chosen.made):
            at: list[int] = []
            shares: list[int] = []
            for entry, units, value, share in chosen.made[position]:
                at.append(sheet.set_apart(entry, units, share, value))
                shares.append(share)
            sheet.closed.update(at)
            bids[position] = Bid(at, shares, None)
        return bids

    def as_chosen(self, rule: Rule, matching: list[int], bid: Bid | None) -> int | None:
        """Let an exclusive rule take what the choice says."""
        if bid is None:
            return None
        if rule.has_conditions:
            at = [*bid.at, *self.open_to(rule, matching)]
            if not self.allows(rule, at):
                self.refuted = True
                return None
        if not rule.is_plain:
            shares, blocked = self.limited(rule, self.sheet, bid.at, bid.shares)
            if blocked:
                self.blocked = {**self.blocked, rule.promotion_id: blocked}
            bid = Bid(bid.at, shares, None)
        return self.take(rule, bid)

    def of_delivery(self, rule: Rule) -> list[int]:
        """Return the entries of a rule that takes from delivery, alone or too."""
        sheet, on = self.sheet, rule.promotion.on
        if rule.promotion.target is Target.DELIVERY:
            lines = zip(sheet.delivery, self.delivery(), strict=True)
            return [k for k, line in lines if holds(on, _delivery_facts(line))]
        untouchable = self.book.configuration.untouchable
        items = [
            k
            for k, sku in enumerate(sheet.skus)
            if not self.book.matches(untouchable, sku)
            and (on == ALWAYS or self.book.matches(on, sku))
        ]
        return [*items, *sheet.delivery]

    def open_to(self, rule: Rule, matching: list[int]) -> list[int]:
        """Return the entries that a rule may take from, by what others have used up."""
        sheet, promotion = self.sheet, rule.promotion
        at = sheet.with_children(matching) if sheet.children else matching
        closed = sheet.closed
        if promotion.exclusive:
            closed = closed | sheet.touched
        if promotion.skip_reduced:
            closed = closed | sheet.touched | self.on_sale(at)
        if self.ring is not None:
            closed = closed | self.ring.barred(promotion, sheet)
        sheet.barred = closed
        return [k for k in at if k not in closed and sheet.quantities[k]]

    def on_sale(self, at: Iterable[int]) -> set[int]:
        """Return the entries whose price comes from a sale list."""
        regular = self.view.regular
        if regular is None:
            return set()
        sheet, count = self.sheet, self.sheet.priced_by_rows
        found: set[int] = set()
        for k in at:
            root = sheet.roots.get(k, k)
            if root < count and self.view.base(sheet.skus[root]) != regular(sheet.skus[root]):
                found.add(k)
        return found

    def could_run(self, rule: Rule) -> bool:
        """Tell whether nothing but numbers of the basket can keep the rule from running."""
        return (
            rule.promotion_id not in self.situation.exhausted
            and self.view.is_active(rule)
            and (self.ring is None or self.ring.allows(rule.promotion))
        )

    def allows(self, rule: Rule, at: list[int]) -> bool:
        """Tell whether every condition of the rule holds now."""
        return self.could_run(rule) and rule.passes(self.sheet, at, self.facts)

    def apply(self, rule: Rule, at: list[int]) -> int | None:
        """Let a rule whose conditions hold take effect; return what it gave, if anything."""
        if rule.gives or rule.bands:
            given = self.give(rule, at) if rule.gives else self.match_coupons(rule, at)
            if given is not None and self.ring is not None:
                self.ring.note(rule.promotion)
            return given
        bid = self.bid(rule, at)
        return None if bid is None else self.take(rule, bid)

    def bid(self, rule: Rule, at: list[int]) -> Bid | None:
        """Return what a rule would take now, and which units it would use up."""
        sheet = self.sheet
        if not at:
            return None
        if sheet.roots:
            return self.bid_on_united(rule, at)
        return self.bid_on(sheet, rule, at)

    def bid_on(self, sheet: Sheet, rule: Rule, at: list[int]) -> Bid | None:
        """Return what a rule would take of the entries of a sheet."""
        found = rule.apply(sheet, at)
        if found is None:
            return None
        shares, units, meant = found if isinstance(found, Used) else (found, None, _NOTHING)
        if not rule.is_plain:
            kept, blocked = self.limited(rule, sheet, at, shares)
            if blocked:
                self.blocked = {**self.blocked, rule.promotion_id: blocked}
            if meant and kept != shares:
                meant = _NOTHING
            shares = kept
        return Bid(at, shares, units, meant) if any(shares) else None

    def bid_on_united(self, rule: Rule, at: list[int]) -> Bid | None:
        """Return what a rule would take where the units of some product had different fates.

        How they fared makes no difference to what it takes of a product: it is worked
        out as if they were one entry, and then shared by the dearest of them.
        """
        sheet = self.sheet
        whole, parts = sheet.united()
        bid = self.bid_on(whole, rule, sorted({sheet.roots.get(k, k) for k in at}))
        if bid is None:
            return None
        taken = dict(zip(bid.at, bid.shares, strict=True))
        shares: dict[int, int] = {}
        used: dict[int, int] = {}
        for root in sorted(taken if bid.units is None else {*taken, *bid.units}):
            entries = parts.get(root, [root])
            weights = sheet.left_at(entries)
            if bid.units is not None:
                units = bid.units.get(root, 0)
                weights, counts = chosen(
                    weights, sheet.quantities_at(entries), units, Choice.DEAREST
                )
                used.update(zip(entries, counts, strict=True))
            shares.update(zip(entries, split(taken.get(root, 0), weights), strict=True))
        return Bid(at, [shares[k] for k in at], None if bid.units is None else used, bid.meant)

    def limited(
        self, rule: Rule, sheet: Sheet, at: list[int], shares: list[int]
    ) -> tuple[list[int], int]:
        """Return shares within what is left, floors, cap and budget, and what floors stopped."""
        promotion = rule.promotion
        blocked = 0
        if promotion.base is Base.ORIGINAL:
            shares = [min(share, sheet.left[k]) for k, share in zip(at, shares, strict=True)]
        budget = _most(
            promotion.budget,
            promotion.budget_per_customer,
            self.situation.remaining.get(promotion.promotion_id),
        )
        total, most = sum(shares), _most(promotion.cap, budget)
        if most is not None and total > most:
            if budget is not None and total > budget and not promotion.partial_budget:
                return [0] * len(shares), 0
            shares = _at_most(most, shares)
        if sheet.floors and not isinstance(promotion.effect, OfferList):
            advertised = promotion.advertised
            rooms = [sheet.room(k, advertised=advertised) for k in at]
            kept = [min(share, room) for share, room in zip(shares, rooms, strict=True)]
            blocked = sum(shares) - sum(kept)
            shares = kept
        return shares, blocked

    def take(self, rule: Rule, bid: Bid) -> int:
        """Take a bid's shares from the sheet, and write them down."""
        sheet = self.sheet
        at, shares = bid.at, bid.shares
        if sheet.tracks:
            at, shares = self.use_up(rule, bid)
        total = sheet.take(at, shares)
        if self.ring is not None:
            self.ring.note(rule.promotion)
        if sheet.roots:
            at, shares = _rooted(sheet, at, shares)
        taken = Discount(rule.promotion_id, total, self.book.currency, tuple(at), tuple(shares))
        if bid.meant:
            entries, amounts = _rooted(sheet, bid.meant, bid.meant.values())
            meant = dict(zip(entries, amounts, strict=True))
            taken = taken._replace(meant=tuple(meant.get(k, 0) for k in at))
        self.discounts.append(taken)
        return total

    def use_up(self, rule: Rule, bid: Bid) -> tuple[list[int], list[int]]:
        """Set the used units apart, and remember who touched them."""
        sheet, promotion = self.sheet, rule.promotion
        shares = dict(zip(bid.at, bid.shares, strict=True))
        used = bid.units
        if used is None:
            used = {k: sheet.quantities[k] for k, share in shares.items() if share}
        placed: dict[int, int] = {}
        for k, units in sorted(used.items()):
            if units:
                share = shares.get(k, 0)
                child = sheet.set_apart(k, units, share)
                placed[child] = share
                sheet.touched.add(child)
                if promotion.exclusive:
                    sheet.closed.add(child)
                if promotion.family is not None:
                    sheet.families.setdefault(child, set()).add(promotion.family)
        return list(placed), list(placed.values())

    def group_turn(
        self,
        first: Rule,
        matched: dict[int, list[int]],
        observe: Observer | None,
        chosen: Chosen | None,
    ) -> None:
        """Let a whole group have its turn, when its first member's comes that can apply."""
        ring, group_id = self.ring, first.promotion.group
        if ring is None or group_id is None or group_id in ring.done:
            return
        opened, bids = self.bids_of(first, group_id, matched, chosen)
        if bids:
            ring.done.add(group_id)
        won = ring.winners(group_id, bids, self.sheet)
        for position, at in opened.items():
            rule = self.book.rules[position]
            taken: int | None = None
            if position in won:
                bid = won[position]
                taken = self.take(rule, bid) if bid.gift is None else self.apply(rule, at)
            if observe is not None:
                lost = bids[position].value if position in bids else None
                turn = Turn(matched[position], at, taken, self.facts, lost)
                observe(rule, self.sheet, turn)

    def bids_of(
        self, first: Rule, group_id: str, matched: dict[int, list[int]], chosen: Chosen | None
    ) -> tuple[dict[int, list[int]], dict[int, Bid]]:
        """Return what is open to the members from the first on, and what they would take.

        If the first one cannot take anything, nobody else is asked yet.
        """
        bids: dict[int, Bid] = {}
        opened: dict[int, list[int]] = {}
        for rule in self.members(group_id, matched):
            if rule.position < first.position:
                continue
            if chosen is not None and rule.position in chosen.dropped:
                continue
            at = opened[rule.position] = self.open_to(rule, matched[rule.position])
            if not rule.has_conditions or self.allows(rule, at):
                bid = self.offer(rule, at)
                if bid is not None:
                    bids[rule.position] = bid
            if not bids:
                break
        return opened, bids

    def offer(self, rule: Rule, at: list[int]) -> Bid | None:
        """Return what a rule would give if it won in its group."""
        effect = rule.promotion.effect
        if not isinstance(effect, Gift):
            return self.bid(rule, at)
        gift = self.gift_of(rule, effect, at)
        return None if gift is None else Bid([], [], None, gift=gift.off_minor)

    def members(self, group_id: str, matched: dict[int, list[int]]) -> Iterator[Rule]:
        """Return the rules of a group that could match, in their order."""
        for position in sorted(matched):
            rule = self.book.rules[position]
            if rule.promotion.group == group_id:
                yield rule

    def take_manual(self) -> None:
        """Take off what staff decided, after all promotions."""
        for discount in sorted(self.basket.discounts, key=lambda item: item.discount_id):
            at = self.manual_entries(discount)
            amounts = self.sheet.left_at(at)
            if discount.rate is not None:
                mode = self.book.configuration.rate_rounding
                off = discount.rate.of(sum(amounts), mode)
            else:
                off = min(discount.amount.minor if discount.amount else 0, sum(amounts))
            if off:
                shares = split(off, amounts)
                total = self.sheet.take(at, shares)
                at, shares = _rooted(self.sheet, at, shares)
                name = f"{MANUAL}:{discount.discount_id}"
                self.discounts.append(
                    Discount(name, total, self.book.currency, tuple(at), tuple(shares))
                )

    def manual_entries(self, discount: ManualDiscount) -> list[int]:
        """Return the entries of the line that a discount is for, or all items."""
        sheet = self.sheet
        if discount.line_id is None:
            return sorted(sheet.items())
        first = len(sheet.entries.skus)
        for number, key in enumerate(sheet.entries.apart):
            if key[2] == discount.line_id:
                return sheet.with_children([first + number])
        raise InvalidValue("discounts", f"line {discount.line_id!r} has a price of its own")

    def answer(self, certificate: Certificate | None = None) -> PricedBasket:
        """Return the priced basket, with what is proven of it."""
        sheet, coupons = self.sheet, self.basket.coupons
        base = sheet.base
        if sheet.roots:
            base = _whole(sheet)
        return PricedBasket(
            book_version=self.book.version,
            currency=self.book.currency,
            basket=self.basket,
            discounts=tuple(self.discounts),
            matches=self.matches,
            table=Table(sheet.entries, tuple(base)),
            base_minor=sheet.base_total,
            selling_minor=sheet.left_total,
            coupon_minor=sum([c.face.minor * c.count for c in coupons]) if coupons else 0,
            match_minor=sum([match.minor for match in self.matches]) if self.matches else 0,
            gifts=self.gifts,
            benefits=self.benefits,
            blocked=tuple(sorted(self.blocked.items())) if self.blocked else (),
            codes=self.codes,
            certificate=certificate,
            taxing=self.taxing,
        )


def _delivery_facts(line: DeliveryLine) -> Facts:
    return {"method": frozenset({line.method}), "delivery": frozenset({line.delivery_id})}


def _most(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _at_most(most: int, shares: list[int]) -> list[int]:
    """Return shares that sum to so much; those that make something dearer stay as they are."""
    raised = [min(share, 0) for share in shares]
    lowered = split(most - sum(raised), [max(share, 0) for share in shares])
    return [up + down for up, down in zip(raised, lowered, strict=True)]


def _rooted(sheet: Sheet, at: Iterable[int], shares: Iterable[int]) -> tuple[list[int], list[int]]:
    """Return shares of the entries that units were set apart from."""
    summed: dict[int, int] = {}
    for k, share in zip(at, shares, strict=True):
        root = sheet.roots.get(k, k)
        summed[root] = summed.get(root, 0) + share
    entries = sorted(summed)
    return entries, [summed[k] for k in entries]


def _whole(sheet: Sheet) -> list[int]:
    """Return what each entry cost before promotions, units set apart included."""
    count = len(sheet.base) - len(sheet.roots)
    base = sheet.base[:count]
    for child, root in sheet.roots.items():
        base[root] += sheet.base[child]
    return base
