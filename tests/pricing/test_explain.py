"""Why a promotion did or did not apply, and parity between channels."""

from __future__ import annotations

import attrs
import pytest

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.predicates import AllOf, AtLeast, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing import (
    AmountOff,
    BuyGet,
    MatchBand,
    MatchCoupon,
    PercentOff,
    Promotion,
    explain,
    parity,
)
from tests.pricing.shop import STORE, WEB, basket, book

CLOTHES = OneOf("category", {"clothes"})


def fate(promotion: Promotion, *before: Promotion, **quantities: int) -> tuple[str, Reason]:
    """Return verdict and first reason of one promotion."""
    trace = explain(book(*before, promotion), basket(**quantities), WEB)
    step = trace.about(promotion.promotion_id)[0]
    return step.verdict, step.reason


def test_applied_says_how_much() -> None:
    """What was given is in the reason, in minor units."""
    promotion = Promotion(promotion_id="p", effect=AmountOff(500))
    assert fate(promotion, dress=1) == ("applied", Reason("promotion.applied", {"amount": 500}))


def test_failed_says_what_is_missing() -> None:
    """A threshold not met tells observed, required and missing."""
    promotion = Promotion(promotion_id="p", when=AtLeast("spend.base", 5000), effect=AmountOff(500))
    verdict, reason = fate(promotion, dress=1)
    assert (verdict, reason.code) == ("failed", "predicate.at_least")
    assert dict(reason.parameters) == {
        "fact": "spend.base",
        "required": 5000,
        "observed": 4990,
        "missing": 10,
    }


def test_every_failed_condition_is_told() -> None:
    """Code and channel both fail, and both are told."""
    promotion = Promotion(
        promotion_id="p",
        when=AllOf((OneOf("code", {"VIP"}), OneOf("channel", {"store"}))),
        effect=AmountOff(500),
    )
    trace = explain(book(promotion), basket(dress=1), WEB)
    assert {step.reason.parameters["fact"] for step in trace} == {"code", "channel"}


def test_failed_says_that_nothing_matches() -> None:
    """A promotion for clothes has nothing to do with tea."""
    promotion = Promotion(promotion_id="p", on=CLOTHES, effect=AmountOff(500))
    assert fate(promotion, tea=1) == ("failed", Reason("promotion.no_matching_items"))


def test_failed_says_how_many_units_are_missing() -> None:
    """Three for two with two in the basket lacks one."""
    promotion = Promotion(promotion_id="p", on=OneOf("sku", {"tea"}), effect=BuyGet(2))
    verdict, reason = fate(promotion, tea=2)
    assert (verdict, reason.parameters["missing"]) == ("failed", 1)


def test_failed_says_that_there_is_no_coupon() -> None:
    """A match needs something to match."""
    effect = MatchCoupon([MatchBand(up_to=99, raised_to=100)])
    assert fate(Promotion(promotion_id="p", effect=effect), tea=1)[1].code == "promotion.no_coupon"


def test_failed_says_that_all_uses_are_gone() -> None:
    """A limited promotion without uses says so."""
    promotion = Promotion(promotion_id="p", effect=AmountOff(1), limit_uses=1)
    spent = attrs.evolve(WEB, exhausted={"p"})
    (step,) = explain(book(promotion), basket(tea=1), spent)
    assert (step.verdict, step.reason.code) == ("failed", "promotion.no_uses_left")


@pytest.mark.parametrize("exclusive", [True, False])
def test_beaten_names_the_winner(exclusive: bool) -> None:  # noqa: FBT001 - a parameter
    """Whether closed by an exclusive one or given away, the winner is named."""
    rate = Rate.percent(50 if exclusive else 100)
    first = Promotion(promotion_id="a", effect=PercentOff(rate), exclusive=exclusive)
    second = Promotion(promotion_id="b", effect=AmountOff(500))
    taken = 2495 if exclusive else 4990
    figures = {"by": ["a"], "amount": 500, "ahead": taken - 500}
    assert fate(second, first, dress=1) == ("beaten", Reason("promotion.beaten", figures))


def test_parity_is_equal_where_no_channel_is_mentioned() -> None:
    """Without a word about channels every channel asks the same."""
    report = parity(book(), basket(tea=2), STORE, ["web", "store", "marketplace"])
    assert report.is_equal
    assert list(report.baskets) == ["web", "store", "marketplace"]


def test_parity_shows_where_channels_differ() -> None:
    """A promotion of one channel shows up as line and total, with the sign of the difference."""
    online = Promotion(
        promotion_id="web", when=OneOf("channel", {"web"}), on=CLOTHES, effect=AmountOff(500)
    )
    report = parity(book(online), basket(dress=1, tea=1), STORE, ["web", "store"])
    found = [(item.level, item.line_id, str(item.delta)) for item in report.differences]
    assert found == [
        ("line", "dress", "5.00 EUR"),
        ("merchandise", None, "5.00 EUR"),
        ("payable", None, "5.00 EUR"),
    ]


def test_parity_needs_channels() -> None:
    """Comparing nothing would always be equal."""
    with pytest.raises(InvalidValue, match="channels"):
        parity(book(), basket(tea=1), STORE, [])
