"""What a signed price is worth in another channel, once the basket or the configuration moved."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

import attrs

from omnicommerce.kernel.errors import UnknownSku
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.basket import Basket, BasketLine, GivenPrice, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.errors import NotPriced
from omnicommerce.pricing.result import PricedBasket
from omnicommerce.pricing.sealed import CapsuleRefused, PriceCapsule

__all__ = ["CapsuleOutcome", "CapsulePolicy", "CapsuleVerdict", "honour"]

_Units: TypeAlias = tuple[str, str | None, GivenPrice | None, int]
"""What units have in common: SKU, plan and given price, with the line's size if it has one."""


class CapsulePolicy(enum.StrEnum):
    """What a capsule is worth once its price cannot be verified any more.

    ``honour_until_expiry``: what was signed counts. ``best_of_both``: the lower of what was
    signed and what it costs now counts, whether it can be verified or not. ``reprice``:
    what it costs now counts.
    """

    HONOUR_UNTIL_EXPIRY = "honour_until_expiry"
    BEST_OF_BOTH = "best_of_both"
    REPRICE = "reprice"


class CapsuleOutcome(enum.StrEnum):
    """Which price counts: the signed one, found again or taken on trust, or the one of now."""

    VERIFIED = "verified"
    HONOURED = "honoured"
    REPRICED = "repriced"


def _frozen(value: Mapping[str, int]) -> Mapping[str, int]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True)
class CapsuleVerdict:
    """What the basket costs here, and why.

    Attributes:
        outcome: Which price counts.
        payable_amount: What is to be paid for the whole basket.
        covered: By line of the basket, the units that the capsule pays for; the
            amounts of those are the capsule's own lines.
        extra: What the other units cost by themselves; None: there are none.
        now: What the whole basket costs now, where that was asked.
        reasons: What moved, and what was decided, in that order.
    """

    outcome: CapsuleOutcome
    payable_amount: Money
    covered: Mapping[str, int] = attrs.field(default=MappingProxyType({}), converter=_frozen)
    extra: PricedBasket | None = None
    now: PricedBasket | None = None
    reasons: tuple[Reason, ...]


def honour(
    capsule: PriceCapsule,
    basket: Basket,
    situation: Situation,
    *,
    book: PriceBook,
    policy: CapsulePolicy,
) -> CapsuleVerdict:
    """Decide what a basket costs that comes with a capsule.

    A capsule is about one whole basket: it covers its units if all of them are still
    there and nothing else was changed. What came in addition is priced by itself. If
    anything is missing, the basket is simply priced, since a price may depend on all
    of what was bought.

    With the price book that it names, a covered capsule is priced again, which must
    give every amount that was signed. With any other book the policy decides.

    Args:
        capsule: As `open_capsule` returned it.
        basket: What is bought here.
        situation: Where and when it is bought, and by whom.
        book: The prices known here.
        policy: What the capsule is worth once its price cannot be verified.

    Raises:
        CapsuleRefused: It has expired, or is in another currency.
        NotPriced: Something that must be priced has no price here.
        UnknownSku: Something that must be priced is not known here.
    """
    capsule.require_open(situation.at)
    changes = tuple(_changes(capsule.basket, basket))
    if changes:
        return _repriced(_price(capsule, book, basket, situation), *changes)
    extra_lines, covered = _split(capsule.basket, basket)
    extra = _price_extra(capsule, book, extra_lines, basket, situation)
    sealed = capsule.payable_minor + (extra.payable_minor if extra else 0)
    doubts = tuple(_doubts(capsule, situation, book))
    now = _now(capsule, book, basket, situation, policy, in_doubt=bool(doubts))
    if now is not None and (policy is CapsulePolicy.REPRICE or now.payable_minor < sealed):
        return _repriced(now, *doubts)
    outcome = CapsuleOutcome.HONOURED if doubts else CapsuleOutcome.VERIFIED
    until = {"valid_until": capsule.valid_until.isoformat()}
    decided = Reason("capsule.honoured" if doubts else "capsule.verified", until)
    return CapsuleVerdict(
        outcome=outcome,
        payable_amount=Money(sealed, capsule.currency),
        covered=covered,
        extra=extra,
        now=now,
        reasons=(*doubts, decided),
    )


def _repriced(now: PricedBasket, *reasons: Reason) -> CapsuleVerdict:
    decided = Reason("capsule.repriced", {"now": str(now.payable_amount)})
    return CapsuleVerdict(
        outcome=CapsuleOutcome.REPRICED,
        payable_amount=now.payable_amount,
        now=now,
        reasons=(*reasons, decided),
    )


def _price(
    capsule: PriceCapsule, book: PriceBook, basket: Basket, situation: Situation
) -> PricedBasket:
    priced = price(book, basket, situation)
    if priced.currency != capsule.currency:
        currencies = {"sealed": capsule.currency.code, "here": priced.currency.code}
        raise CapsuleRefused(Reason("capsule.other_currency", currencies))
    return priced


def _now(
    capsule: PriceCapsule,
    book: PriceBook,
    basket: Basket,
    situation: Situation,
    policy: CapsulePolicy,
    *,
    in_doubt: bool,
) -> PricedBasket | None:
    """Return what the basket costs now, where the policy asks and there is an answer."""
    match policy:
        case CapsulePolicy.HONOUR_UNTIL_EXPIRY:
            return None
        case CapsulePolicy.REPRICE:
            return _price(capsule, book, basket, situation) if in_doubt else None
        case CapsulePolicy.BEST_OF_BOTH:
            try:
                return _price(capsule, book, basket, situation)
            except (NotPriced, UnknownSku):  # no longer sold: the signed price is the only one
                return None


def _doubts(capsule: PriceCapsule, here: Situation, book: PriceBook) -> Iterator[Reason]:
    """Yield why the signed price cannot be verified."""
    if book.version != capsule.book_version:
        versions = {"sealed": capsule.book_version, "here": book.version}
        yield Reason("capsule.configuration_moved", versions)
        return
    try:
        again = price(book, capsule.basket, capsule.situation_of(here))
    except NotPriced:  # it had a price only for whoever the capsule does not name
        yield Reason("capsule.not_reproduced", {"sealed": str(capsule.payable_amount)})
        return
    if not capsule.agrees_with(again):
        yield Reason("capsule.not_reproduced", {"sealed": str(capsule.payable_amount)})


def _changes(sealed: Basket, basket: Basket) -> Iterator[Reason]:
    """Yield what the capsule covers and the basket has not."""
    here = _count(basket)
    for units, quantity in _count(sealed).items():
        if here[units] < quantity:
            figures = {
                "sku": units[0],
                "sealed": quantity * units[3],
                "here": here[units] * units[3],
            }
            yield Reason("capsule.missing", figures)
    others = ("coupons", "delivery", "discounts", "choices")
    changed = [name for name in others if getattr(sealed, name) != getattr(basket, name)]
    if changed:
        yield Reason("capsule.changed", {"what": changed})


def _units(line: BasketLine) -> tuple[_Units, int]:
    """Return what the units of a line are, and how many there are of them."""
    if line.given is None:
        return (line.sku, line.plan, None, 1), line.quantity
    return (line.sku, line.plan, line.given, line.quantity), 1


def _count(basket: Basket) -> Counter[_Units]:
    found: Counter[_Units] = Counter()
    for units, quantity in map(_units, basket.lines):
        found[units] += quantity
    return found


def _split(sealed: Basket, basket: Basket) -> tuple[list[BasketLine], dict[str, int]]:
    """Return the lines of a basket beyond a sealed one, and what of each line is covered."""
    left = _count(sealed)
    extra: list[BasketLine] = []
    covered: dict[str, int] = {}
    for line in sorted(basket.lines, key=lambda item: item.line_id):
        units, quantity = _units(line)
        taken = min(left[units], quantity)
        left[units] -= taken
        if taken:
            covered[line.line_id] = taken * units[3]
        if taken < quantity:
            extra.append(attrs.evolve(line, quantity=(quantity - taken) * units[3]))
    return extra, covered


def _price_extra(
    capsule: PriceCapsule,
    book: PriceBook,
    lines: list[BasketLine],
    basket: Basket,
    situation: Situation,
) -> PricedBasket | None:
    if not lines:
        return None
    return _price(capsule, book, Basket(lines, locks=basket.locks), situation)
