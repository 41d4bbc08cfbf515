"""Lints that show in what is written: sets, windows, codes, places and amounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from omnicommerce.kernel.predicates import AllOf, AnyOf, AtLeast, Not, OneOf
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.audit.inquiry import Inquiry, Placed
from omnicommerce.pricing.audit.logic import atoms, conjunctions, ended
from omnicommerce.pricing.audit.model import Finding, Severity
from omnicommerce.pricing.audit.situations import windows_of
from omnicommerce.pricing.effects import BundlePrice, BuyGet, Gift
from omnicommerce.pricing.facts import is_history
from omnicommerce.pricing.promotions import Promotion, Target

__all__ = ["written"]

_OF_BASKET: Final = frozenset({"delivery", "payment"})


def written(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield what can be seen without pricing anything."""
    for placed in inquiry.active:
        yield from _empty_sets(inquiry, placed)
        yield from _contradictions(inquiry, placed)
        yield from _thresholds(placed)
        yield from _advertised(placed)
    yield from _places(inquiry)
    yield from _codes(inquiry)


def _empty_sets(inquiry: Inquiry, placed: Placed) -> Iterator[Finding]:
    """Yield predicates over products that no product matches."""
    for path, predicate in _sets(placed):
        if not inquiry.shelf.matching(predicate):
            yield Finding(
                reason=Reason("lint.empty_set", {"promotion_id": placed.promotion.promotion_id}),
                severity=Severity.ERROR,
                path=path,
            )


def _sets(placed: Placed) -> Iterator[tuple[str, AllOf | AnyOf | Not | OneOf]]:
    path, promotion = placed
    if promotion.target is Target.ITEMS:
        yield f"{path}.on", promotion.on  # type: ignore[misc] # what asks for products has these
    effect = promotion.effect
    if isinstance(effect, BuyGet) and effect.bought is not None:
        yield f"{path}.effect.bought", effect.bought  # type: ignore[misc] # the same
    if isinstance(effect, BundlePrice):
        for number, part in enumerate(effect.parts):
            yield f"{path}.effect.parts[{number}].on", part.on  # type: ignore[misc] # the same
    if isinstance(effect, Gift):
        yield f"{path}.effect.skus", OneOf("sku", effect.skus)
    for place, atom in atoms(promotion.when, f"{path}.when"):
        if isinstance(atom, AtLeast) and atom.among is not None:
            yield f"{place}.among", atom.among  # type: ignore[misc] # the same


def _contradictions(inquiry: Inquiry, placed: Placed) -> Iterator[Finding]:
    """Yield conditions that never hold, or no longer."""
    promotion = placed.promotion
    ways = conjunctions(promotion.when)
    name = {"promotion_id": promotion.promotion_id}
    if not ways:
        yield Finding(
            reason=Reason("lint.contradiction", name),
            severity=Severity.ERROR,
            path=f"{placed.path}.when",
        )
        return
    if all(any(ended(window, inquiry.at) for window in way.inside) for way in ways):
        ends = [window.ends_at for window in windows_of(promotion.when) if window.ends_at]
        yield Finding(
            reason=Reason("lint.expired", {**name, "ended_at": max(ends).isoformat()}),
            severity=Severity.WARNING,
            path=f"{placed.path}.when",
        )


def _thresholds(placed: Placed) -> Iterator[Finding]:
    """Yield numbers that are always reached."""
    for path, atom in atoms(placed.promotion.when, f"{placed.path}.when"):
        if isinstance(atom, AtLeast) and atom.minimum <= 0:
            yield Finding(
                reason=Reason("lint.always_true", {"fact": atom.fact, "minimum": atom.minimum}),
                severity=Severity.WARNING,
                path=f"{path}.minimum",
            )


def _advertised(placed: Placed) -> Iterator[Finding]:
    """Yield promotions shown in listings although they depend on the basket."""
    promotion = placed.promotion
    if not promotion.advertised:
        return
    for path, atom in atoms(promotion.when, f"{placed.path}.when"):
        of_basket = isinstance(atom, OneOf) and atom.fact in _OF_BASKET
        counted = isinstance(atom, AtLeast) and not is_history(atom.fact)
        if of_basket or counted:
            yield Finding(
                reason=Reason("lint.advertised", {"promotion_id": promotion.promotion_id}),
                severity=Severity.ERROR,
                path=path,
            )


def _places(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield channels, locations and zones that the shop does not have."""
    known = {
        "channel": inquiry.known.channels,
        "location": inquiry.known.locations,
        "zone": inquiry.known.zones,
    }
    for path, fact, values in _named_places(inquiry):
        names = known[fact]
        if names is not None:
            for value in sorted(values - names)[:1]:
                yield Finding(
                    reason=Reason("lint.unknown_place", {"fact": fact, "value": value}),
                    severity=Severity.ERROR,
                    path=path,
                )


def _named_places(inquiry: Inquiry) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield path, fact and names of every channel, location and zone that is written somewhere."""
    for path, atom in _situation_atoms(inquiry):
        if isinstance(atom, OneOf) and atom.fact in {"channel", "location", "zone"}:
            yield path, atom.fact, atom.values
    for number, row in enumerate(inquiry.configuration.rows):
        for fact, value in (("location", row.location), ("zone", row.zone)):
            if value is not None:
                yield f"$.rows[{number}].{fact}", fact, frozenset({value})
    for collection in ("parity_groups", "parity_exceptions"):
        for number, item in enumerate(getattr(inquiry.configuration, collection)):
            yield f"$.{collection}[{number}].channels", "channel", item.channels
    for number, facts in enumerate(inquiry.configuration.channel_facts):
        yield f"$.channel_facts[{number}].channel", "channel", frozenset({facts.channel})


def _situation_atoms(inquiry: Inquiry) -> Iterator[tuple[str, object]]:
    for number, item in enumerate(inquiry.configuration.lists):
        yield from atoms(item.when, f"$.lists[{number}].when")
    for path, promotion in inquiry.active:
        yield from atoms(promotion.when, f"{path}.when")


def _codes(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield codes that nobody can enter, that unlock nothing, or that differ only by case."""
    asked = _asked_codes(inquiry)
    folded = Counter(code.casefold() for code in asked)
    for code, path in asked.items():
        if folded[code.casefold()] > 1:
            yield Finding(
                reason=Reason("lint.code_case", {"code": code}),
                severity=Severity.ERROR,
                path=path,
            )
    for placed in inquiry.active:
        where = _unreachable(placed.promotion, _living(inquiry))
        if where is not None:
            yield Finding(
                reason=Reason(
                    "lint.code_unreachable", {"promotion_id": placed.promotion.promotion_id}
                ),
                severity=Severity.ERROR,
                path=f"{placed.path}.when{where}",
            )
    for number, coupon in enumerate(inquiry.configuration.codes):
        if coupon.unlocks not in asked:
            yield Finding(
                reason=Reason("lint.code_unlocks_nothing", {"code": coupon.code}),
                severity=Severity.WARNING,
                path=f"$.codes[{number}]",
            )


def _living(inquiry: Inquiry) -> Callable[[str], bool]:
    """Return what tells of a value whether some code still unlocks it."""
    known = inquiry.known.codes
    listed = {coupon.unlocks for coupon in inquiry.configuration.codes}
    living = {
        coupon.unlocks
        for coupon in inquiry.configuration.codes
        if coupon.window is None or not ended(coupon.window, inquiry.at)
    }

    def lives(value: str) -> bool:
        if value in listed:
            return value in living
        return known is None or value in known

    return lives


def _asked_codes(inquiry: Inquiry) -> dict[str, str]:
    """Return every code that a promotion asks for, with the first place that does."""
    found: dict[str, str] = {}
    for path, promotion in inquiry.active:
        for place, atom in atoms(promotion.when, f"{path}.when"):
            if isinstance(atom, OneOf) and atom.fact == "code":
                for code in sorted(atom.values):
                    found.setdefault(code, place)
    return found


def _unreachable(promotion: Promotion, lives: Callable[[str], bool]) -> str | None:
    """Return where a promotion asks for codes that nobody has, if it cannot do without."""
    ways = conjunctions(promotion.when)
    if not ways or not all(
        any(not any(map(lives, values)) for values in way.needed.get("code", ())) for way in ways
    ):
        return None
    return next(
        path.removeprefix("$")
        for path, atom in atoms(promotion.when)
        if isinstance(atom, OneOf) and atom.fact == "code" and not any(map(lives, atom.values))
    )
