"""What promotions give beside the prices: units, points, and worth added to coupons."""

from __future__ import annotations

from collections.abc import Iterator

from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.basket import (
    Coupon,
    CouponKind,
)
from omnicommerce.pricing.effects import EarnPoints, Gift, MatchBand
from omnicommerce.pricing.entry_prices import EntryPrices
from omnicommerce.pricing.result import (
    Benefit,
    CouponMatch,
    GivenAway,
)
from omnicommerce.pricing.rules import Rule

__all__ = ["Beside"]


class Beside(EntryPrices):
    """A basket, and what promotions gave so far that lowers no price of its lines."""

    # What few baskets have is one and the same empty thing for all others.
    matches: tuple[CouponMatch, ...] = ()
    gifts: tuple[GivenAway, ...] = ()
    benefits: tuple[Benefit, ...] = ()

    def give(self, rule: Rule, at: list[int]) -> int | None:
        """Give units or points in place of money; return what that is worth or how many."""
        effect = rule.promotion.effect
        if isinstance(effect, EarnPoints):
            return self.promise(rule, effect, at)
        return self.give_units(rule, effect, at) if isinstance(effect, Gift) else None

    def promise(self, rule: Rule, effect: EarnPoints, at: list[int]) -> int | None:
        """Promise points for after the order."""
        if not at:
            return None
        points = effect.points + effect.per_unit * sum(self.sheet.quantities_at(at))
        if effect.rate is not None:
            points += effect.rate.of(sum(self.sheet.left_at(at)), RoundingMode.DOWN)
        if not points:
            return None
        self.benefits = (*self.benefits, Benefit(rule.promotion_id, points))
        return points

    def give_units(self, rule: Rule, effect: Gift, at: list[int]) -> int | None:
        """Add gift units beside the lines."""
        gift = self.gift_of(rule, effect, at)
        if gift is None:
            return None
        self.gifts = (*self.gifts, gift)
        return gift.off_minor

    def gift_of(self, rule: Rule, effect: Gift, at: list[int]) -> GivenAway | None:
        """Return the units that a promotion would give; None: none of them is there."""
        if not at and self.sheet.skus:
            return None
        choice = self.basket.choices.get(rule.promotion_id)
        wanted = effect.skus if choice is None else (choice,)
        for sku in wanted:
            row = self.view.base(sku)
            if sku in effect.skus and sku not in self.situation.unavailable and row is not None:
                worth = self.sheet.amount(row, effect.quantity)
                off = effect.rate.of(worth, self.book.configuration.rate_rounding)
                currency = self.book.currency
                return GivenAway(rule.promotion_id, sku, effect.quantity, worth, off, currency)
        return None

    def worth_beside(self, rule: Rule, at: list[int]) -> int:
        """Return what a rule that takes nothing off gives: in gifts, or to coupons."""
        effect = rule.promotion.effect
        if isinstance(effect, Gift):
            gift = self.gift_of(rule, effect, at)
            return gift.off_minor if gift is not None else 0
        return sum(match.minor for match in self.matching_coupons(rule, at))

    def match_coupons(self, rule: Rule, at: list[int]) -> int | None:
        """Add to the coupons that no earlier rule matched."""
        found = tuple(self.matching_coupons(rule, at))
        self.matches = (*self.matches, *found)
        return sum(match.minor for match in found) or None

    def matching_coupons(self, rule: Rule, at: list[int]) -> Iterator[CouponMatch]:
        """Return what a rule would add to coupons now."""
        for coupon in self.open_coupons(rule, at) if self.basket.coupons else ():
            added = coupon.count * _added(rule.bands, coupon.face.minor)
            if added:
                currency = self.book.currency
                yield CouponMatch(coupon.coupon_id, rule.promotion_id, added, currency)

    def open_coupons(self, rule: Rule, at: list[int]) -> list[Coupon]:
        """Return the coupons of kind value that belong to matching lines and are unmatched."""
        done = {match.coupon_id for match in self.matches}
        coupons = [
            coupon
            for coupon in self.basket.coupons
            if coupon.kind is CouponKind.VALUE and coupon.coupon_id not in done
        ]
        if rule.everything:
            return coupons
        roots, delivery = self.sheet.roots, self.sheet.delivery
        items = [roots.get(entry, entry) for entry in at if entry not in delivery]
        skus = {self.sheet.skus[entry] for entry in items}
        lines = {line.line_id for line in self.basket.lines if line.sku in skus}
        return [coupon for coupon in coupons if coupon.line_id in lines]


def _added(bands: tuple[MatchBand, ...], face: int) -> int:
    """Return what is added to one coupon of this face."""
    for band in bands:
        if face <= band.up_to:
            if band.rate is not None:
                return band.rate.of(face, RoundingMode.DOWN)
            return max(0, (band.raised_to or 0) - face)
    return 0
