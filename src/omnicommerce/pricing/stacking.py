"""Where promotions compete: groups of which one wins, and families that do not combine."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from omnicommerce.pricing.promotions import Competition, Promotion, Stacking, StackingGroup, Winner
from omnicommerce.pricing.sheet import Sheet

__all__ = ["Bid", "Ring"]


class Bid(NamedTuple):
    """What a promotion would take: entries, shares, and the units it uses up (None: all).

    ``meant``: by entry, the share in the other tax basis, if it was worked out in that.
    ``gift``: what it would save on units beside the lines; None: it gives no units.
    """

    at: list[int]
    shares: list[int]
    units: Mapping[int, int] | None
    meant: Mapping[int, int] = MappingProxyType({})
    gift: int | None = None

    @property
    def value(self) -> int:
        """What it gives in all."""
        return sum(self.shares) + (self.gift or 0)


class Ring:
    """Who has competed in one calculation, and what that means for those to come.

    Attributes:
        done: Groups that have had their turn.
    """

    def __init__(self, stacking: Stacking, without: frozenset[str]) -> None:
        self.done: set[str] = set()
        self._without = without
        self._groups: dict[str, StackingGroup] = {item.group_id: item for item in stacking.groups}
        self._rivals: dict[Competition, dict[str, set[str]]] = {over: {} for over in Competition}
        for item in stacking.exclusions:
            rivals = self._rivals[item.over]
            rivals.setdefault(item.family, set()).add(item.other)
            rivals.setdefault(item.other, set()).add(item.family)
        self._applied: set[str] = set()

    def barred(self, promotion: Promotion, sheet: Sheet) -> set[int]:
        """Return the entries that a rival of the promotion has touched."""
        rivals = self._rivals[Competition.PRODUCT].get(promotion.family or "")
        if not rivals:
            return set()
        return {k for k, families in sheet.families.items() if not rivals.isdisjoint(families)}

    def allows(self, promotion: Promotion) -> bool:
        """Tell whether the promotion's family counts, and no rival has been applied."""
        family = promotion.family
        if family is None:
            return True
        rivals = self._rivals[Competition.BASKET].get(family, ())
        return family not in self._without and self._applied.isdisjoint(rivals)

    def note(self, promotion: Promotion) -> None:
        """Remember that the promotion was applied."""
        if promotion.family is not None:
            self._applied.add(promotion.family)

    def winners(self, group_id: str, bids: Mapping[int, Bid], sheet: Sheet) -> dict[int, Bid]:
        """Return what each winner of a group takes, by its position; ties go to the first."""
        group = self._groups[group_id]
        if not bids:
            return {}
        if group.over is Competition.BASKET:
            return _best_of_basket(group, bids)
        return _best_of_products(group, bids, sheet)


def _best_of_basket(group: StackingGroup, bids: Mapping[int, Bid]) -> dict[int, Bid]:
    if group.winner is Winner.FIRST:
        winner = min(bids)
    else:
        winner = max(sorted(bids), key=lambda position: bids[position].value)
    return {winner: bids[winner]}


def _best_of_products(
    group: StackingGroup, bids: Mapping[int, Bid], sheet: Sheet
) -> dict[int, Bid]:
    """Let each product go to the promotion that gives most for it; gifts take none."""
    roots = sheet.roots
    best: dict[int, tuple[int, int]] = {}
    for position in sorted(bids):
        by_root: dict[int, int] = {}
        for k, share in zip(bids[position].at, bids[position].shares, strict=True):
            by_root[roots.get(k, k)] = by_root.get(roots.get(k, k), 0) + share
        for root, share in by_root.items():
            beats = group.winner is Winner.BEST and share > best.get(root, (0, 0))[0]
            if share and (root not in best or beats):
                best[root] = (share, position)
    won = {position: bid for position, bid in bids.items() if bid.gift is not None}
    for position in sorted({position for _, position in best.values()}):
        bid = bids[position]
        mine = [
            (k, share)
            for k, share in zip(bid.at, bid.shares, strict=True)
            if best.get(roots.get(k, k), (0, -1))[1] == position
        ]
        kept = {k for k, _ in mine}
        units = bid.units
        if units is not None:
            units = {k: count for k, count in units.items() if k in kept}
        meant = {k: amount for k, amount in bid.meant.items() if k in kept}
        won[position] = Bid([k for k, _ in mine], [share for _, share in mine], units, meant)
    return won
