"""Why a basket costs what it costs: the fate of every promotion, as data."""

from __future__ import annotations

from typing import Final

from omnicommerce.kernel.predicates import failures
from omnicommerce.kernel.reasons import Reason, Trace, TraceStep
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import Turn, run
from omnicommerce.pricing.effects import BuyGet, Effect, MatchCoupon, Remainder, SetPrice
from omnicommerce.pricing.rules import Rule, with_numbers
from omnicommerce.pricing.sheet import Sheet

__all__ = ["APPLIED", "BEATEN", "FAILED", "explain"]

APPLIED: Final = "applied"
BEATEN: Final = "beaten"
FAILED: Final = "failed"


def explain(book: PriceBook, basket: Basket, situation: Situation) -> Trace:
    """Say for every promotion whether it was applied, beaten, or failed, and why.

    The steps are in the declared order; the subject is the promotion's id.
    ``applied``: what it gave, in minor units. ``beaten``: its conditions hold,
    but others left it nothing; they are named. ``failed``: each condition that
    does not hold, with what was observed and required, or what its effect
    still lacks. The amounts applied sum to what the basket costs less.

    Raises:
        UnknownSku: As `price`.
        NotPriced: As `price`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from omnicommerce.kernel.predicates import AtLeast
        >>> from omnicommerce.pricing import AmountOff, BasketLine, PriceList, PriceRow
        >>> from omnicommerce.pricing import PricingConfiguration, ProductTraits, Promotion
        >>> book = PriceBook.compile(
        ...     PricingConfiguration(
        ...         currency="EUR",
        ...         products=[ProductTraits("TEA")],
        ...         lists=[PriceList("shelf")],
        ...         rows=[PriceRow(price_list="shelf", sku="TEA", amount=450)],
        ...         promotions=[
        ...             Promotion(
        ...                 promotion_id="five-off",
        ...                 when=AtLeast("spend.base", 2000),
        ...                 effect=AmountOff(500),
        ...             )
        ...         ],
        ...     )
        ... )
        >>> now = Situation(channel="web", at=datetime(2026, 11, 21, tzinfo=UTC))
        >>> (step,) = explain(book, Basket([BasketLine("1", "TEA", 4)]), now)
        >>> step.verdict, step.reason.parameters["missing"]
        ('failed', 200)
    """
    witness = _Witness(situation)
    run(book, basket, situation, observe=witness)
    return Trace(tuple(witness.steps))


class _Witness:
    """Write down the fate of each rule at its turn."""

    def __init__(self, situation: Situation) -> None:
        self.steps: list[TraceStep] = []
        self._situation = situation
        self._takers: dict[int, list[str]] = {}

    def __call__(self, rule: Rule, sheet: Sheet, turn: Turn) -> None:
        if turn.taken is not None:
            for entry in turn.at:
                self._takers.setdefault(entry, []).append(rule.promotion_id)
            self._add(rule, APPLIED, Reason("promotion.applied", {"amount": turn.taken}))
            return
        reasons = self._failures(rule, sheet, turn)
        for reason in reasons:
            self._add(rule, FAILED, reason)
        if not reasons:
            self._add_idle(rule, sheet, turn)

    def _add(self, rule: Rule, verdict: str, reason: Reason) -> None:
        self.steps.append(TraceStep(rule.promotion_id, verdict, reason))

    def _failures(self, rule: Rule, sheet: Sheet, turn: Turn) -> list[Reason]:
        """Return what of the conditions does not hold."""
        found: list[Reason] = []
        if not turn.matching and not rule.everything:
            found.append(Reason("promotion.no_matching_items"))
        if rule.promotion_id in self._situation.exhausted:
            found.append(Reason("promotion.no_uses_left"))
        when = rule.promotion.when
        found += failures(when, with_numbers(when, turn.facts, sheet, turn.at))
        return found

    def _add_idle(self, rule: Rule, sheet: Sheet, turn: Turn) -> None:
        """Say why a rule gave nothing although its conditions hold."""
        by = {name for entry in turn.matching for name in self._takers.get(entry, ())}
        lacking = _lacking(rule.promotion.effect, sheet, turn)
        if by and (lacking is None or len(turn.at) < len(turn.matching)):
            self._add(rule, BEATEN, Reason("promotion.beaten", {"by": sorted(by)}))
        else:
            self._add(rule, FAILED, lacking or Reason("promotion.nothing_to_give"))


def _lacking(effect: Effect, sheet: Sheet, turn: Turn) -> Reason | None:
    """Return what the effect still needs, if that can be said."""
    if isinstance(effect, MatchCoupon):
        return Reason("promotion.no_coupon")
    if isinstance(effect, BuyGet):
        needed = effect.buy + effect.get
    elif isinstance(effect, SetPrice) and effect.remainder is Remainder.REGULAR:
        needed = effect.per
    else:
        return None
    observed = sheet.number("matching.units", turn.at)
    if observed >= needed:
        return None
    return Reason(
        "promotion.too_few_units",
        {"required": needed, "observed": observed, "missing": needed - observed},
    )
