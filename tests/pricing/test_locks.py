from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel import documents
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.pricing.locks import (
    CartPricePolicy,
    KeepPrice,
    KeepPriceFor,
    PriceLock,
    RefreshPrice,
    SeenPrice,
    kept_prices,
    price_changes,
)

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DRESS = SeenPrice("dress", 6990, seen_at=NOON)
LATER = NOON + 5 * HOUR


@attrs.frozen
class _Shop:
    """A configuration that has the policy as a field."""

    prices: CartPricePolicy


def _now(*prices: SeenPrice) -> dict[str, SeenPrice]:
    return {price.sku: price for price in prices}


def test_a_cart_that_is_refreshed_keeps_nothing() -> None:
    """What is in the cart costs what it costs."""
    assert () == kept_prices(RefreshPrice(), [DRESS], at=NOON)


def test_a_cart_that_keeps_has_locks_without_end() -> None:
    """A price once seen counts for good, whenever the question is asked."""
    (lock,) = kept_prices(KeepPrice(), [DRESS], at=NOON + 1000 * HOUR)
    assert PriceLock("dress", 6990, source="cart") == lock
    assert lock.holds_at(NOON + 10_000 * HOUR)


def test_a_price_kept_for_a_while_ends_at_an_instant() -> None:
    """Until the duration is over the price counts, and at its end it does not."""
    policy = KeepPriceFor(2 * HOUR)
    tick = timedelta(microseconds=1)
    (lock,) = kept_prices(policy, [DRESS], at=NOON + 2 * HOUR - tick)
    assert NOON + 2 * HOUR == lock.until
    assert (True, False) == (
        lock.holds_at(NOON + 2 * HOUR - tick),
        lock.holds_at(NOON + 2 * HOUR),
    )
    assert () == kept_prices(policy, [DRESS], at=NOON + 2 * HOUR)


def test_a_price_that_fell_is_passed_on_unless_declared_otherwise() -> None:
    """Keeping is for the customer: a lower price of now wins, a higher one does not."""
    lower, higher = attrs.evolve(DRESS, amount=5990), attrs.evolve(DRESS, amount=8990)
    for policy in (KeepPrice(), KeepPriceFor(HOUR)):
        assert () == kept_prices(policy, [DRESS], at=NOON, now=_now(lower))
        assert 1 == len(kept_prices(policy, [DRESS], at=NOON, now=_now(higher)))
        assert 1 == len(kept_prices(policy, [DRESS], at=NOON, now=_now(DRESS)))
    strict = KeepPrice(pass_on_lower=False)
    assert 1 == len(kept_prices(strict, [DRESS], at=NOON, now=_now(lower)))


def test_units_of_one_sku_have_one_price() -> None:
    """Of several prices that are still kept the lowest counts, and of equal ones the latest."""
    dearer = SeenPrice("dress", 7990, seen_at=NOON + HOUR)
    same = SeenPrice("dress", 13980, 2, seen_at=NOON + HOUR)
    policy = KeepPriceFor(2 * HOUR)
    assert [6990] == [k.amount for k in kept_prices(policy, [dearer, DRESS], at=NOON + HOUR)]
    assert [7990] == [k.amount for k in kept_prices(policy, [DRESS, dearer], at=NOON + 2 * HOUR)]
    assert [2] == [k.per for k in kept_prices(policy, [same, DRESS], at=NOON + HOUR)]


_seen = st.lists(
    st.builds(
        SeenPrice,
        st.sampled_from(["dress", "milk", "tea"]),
        st.integers(0, 50),
        st.sampled_from([1, 2, 1000]),
        seen_at=st.integers(0, 9).map(lambda hour: NOON + hour * HOUR),
    ),
    max_size=8,
)
_policies = st.sampled_from(
    [RefreshPrice(), KeepPrice(), KeepPriceFor(HOUR), KeepPriceFor(4 * HOUR, pass_on_lower=False)]
)


@given(_policies, _seen, _seen, st.randoms(use_true_random=False))
def test_what_is_kept_was_seen_and_does_not_depend_on_order(
    policy: CartPricePolicy, seen: list[SeenPrice], now: list[SeenPrice], dice: object
) -> None:
    """One lock per SKU, each of a price that was seen, none above it, none that has ended."""
    locks = kept_prices(policy, seen, at=LATER, now=_now(*now))
    assert all(lock.holds_at(LATER) for lock in locks)
    assert sorted({lock.sku for lock in locks}) == [lock.sku for lock in locks]
    assert {(k.sku, k.amount, k.per) for k in locks} <= {(s.sku, s.amount, s.per) for s in seen}
    shuffled = list(seen)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random
    again = kept_prices(policy, shuffled, at=LATER, now=_now(*now))
    assert [(k.sku, k.amount * 1000 // k.per, k.until) for k in locks] == [
        (k.sku, k.amount * 1000 // k.per, k.until) for k in again
    ]


def test_changes_are_told_with_both_prices() -> None:
    """The latest price seen is compared with the one of now; what did not change is not told."""
    seen = [
        attrs.evolve(DRESS, amount=9990, seen_at=NOON - HOUR),
        DRESS,
        SeenPrice("milk", 99, seen_at=NOON),
        SeenPrice("tea", 450, seen_at=NOON),
        SeenPrice("hat", 450, seen_at=NOON),
    ]
    now = _now(
        attrs.evolve(DRESS, amount=8990),
        SeenPrice("milk", 89, seen_at=LATER),
        SeenPrice("tea", 900, 2, seen_at=LATER),
    )
    assert [
        ("price.rose", {"sku": "dress", "before": "69.90 EUR", "now": "89.90 EUR"}),
        ("price.gone", {"sku": "hat"}),
        ("price.fell", {"sku": "milk", "before": "0.99 EUR", "now": "0.89 EUR"}),
    ] == [(r.code, dict(r.parameters)) for r in price_changes(seen, now, currency="EUR")]


def test_prices_of_different_packs_are_compared_by_the_unit() -> None:
    """A price per 100 g beside one per kilogram is shown for a kilogram."""
    before = SeenPrice("ham", 199, 100, seen_at=NOON)
    now = SeenPrice("ham", 1895, 1000, seen_at=LATER)
    (reason,) = price_changes([before], _now(now), currency="EUR")
    assert ("price.fell", "19.90 EUR", "18.95 EUR") == (
        reason.code,
        reason.parameters["before"],
        reason.parameters["now"],
    )


@pytest.mark.parametrize(
    "policy", [RefreshPrice(), KeepPrice(pass_on_lower=False), KeepPriceFor(2 * HOUR)]
)
def test_a_policy_has_a_json_form(policy: CartPricePolicy) -> None:
    """The policy is data, such as ``{"type": "keep_price_for", "duration": "PT2H"}``."""
    shop = _Shop(policy)
    assert shop == documents.load(_Shop, documents.dump(shop))
    with pytest.raises(InvalidConfiguration, match=r"\$\.prices"):
        documents.load(_Shop, {"prices": {"type": "keep_price_for", "duration": "PT0S"}})


def test_a_lock_has_a_json_form() -> None:
    """A lock with an end and one without come back as they were."""
    for lock in (PriceLock("dress", 1), PriceLock("dress", 1, 2, until=NOON, source="quote:Q-1")):
        assert lock == documents.load(PriceLock, documents.dump(lock))


@pytest.mark.parametrize(
    "wrong",
    [{"amount": -1}, {"amount": 1.5}, {"per": 0}, {"sku": ""}, {"until": datetime(2026, 1, 1)}],
)
def test_impossible_locks_are_refused(wrong: dict[str, object]) -> None:
    """A lock needs a SKU, whole minor units, a quantity and an aware end."""
    with pytest.raises(InvalidValue):
        PriceLock(**{"sku": "dress", "amount": 1, **wrong})  # type: ignore[arg-type]  # the test
