"""A sale with an honest "was": the lowest price of the 30 days before it.

Prices are recorded as they are advertised. In November a dress rises for a week, then comes
Black Friday. European law wants the lowest price of the 30 days before the reduction beside
the new one, and the percentage taken of that.

Run it: ``python -m examples.price_history``
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from omnicommerce import (
    Basket,
    BasketLine,
    Money,
    PriceBook,
    PricingConfiguration,
    Situation,
    price,
)
from omnicommerce.adapters.memory.price_history import MemoryPriceHistory
from omnicommerce.i18n.formats import format_money
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.history import PricePlace, announce
from omnicommerce.pricing.prior_price import PriorPriceRule, lowest_prior_price

MADRID = ZoneInfo("Europe/Madrid")
DRESS = PricePlace("DRESS", "web", "EUR")
RULE = PriorPriceRule(zone="Europe/Madrid")
RELEASES = [
    ("2026-01-07", 8990, None),
    ("2026-11-16", 12990, None),
    ("2026-11-27", 7990, "black-friday"),
    ("2026-11-30", 6990, "black-friday"),
    ("2026-12-01", 9990, None),
]


def book_of(amount: int) -> PriceBook:
    """Return the prices of one release."""
    return PriceBook.compile(
        PricingConfiguration.load(
            {
                "currency": "EUR",
                "products": [{"sku": "DRESS"}],
                "lists": [{"list_id": "shelf"}],
                "rows": [{"price_list": "shelf", "sku": "DRESS", "amount": amount}],
            }
        )
    )


def publish(history: MemoryPriceHistory, at: datetime, amount: int, reduction: str | None) -> int:
    """Record what a release changed, and return how much that is."""
    book = book_of(amount)

    def advertised(sku: str, situation: Situation) -> int:
        return price(book, Basket([BasketLine("1", sku)]), situation).selling_minor

    events = announce(
        ["DRESS"],
        [Situation(channel="web", at=at)],
        advertised,
        at=at,
        currency="EUR",
        before=history.in_force(["DRESS"], at=at),
        reduction_of=lambda _sku, _situation: reduction,
    )
    return history.record(events)


def main() -> None:
    """Publish a year of prices, and show the reduction on each day of it."""
    history = MemoryPriceHistory()
    for day, amount, reduction in RELEASES:
        at = datetime.fromisoformat(day).replace(tzinfo=MADRID)
        assert publish(history, at, amount, reduction) == 1
        assert publish(history, at, amount, reduction) == 0  # once more changes nothing
    for day in ("2026-11-27", "2026-11-29", "2026-11-30"):
        at = datetime.fromisoformat(day).replace(hour=12, tzinfo=MADRID)
        (event,) = history.in_force(["DRESS"], at=at)
        assert event.amount is not None
        now = Money(event.amount, DRESS.currency)
        prior = lowest_prior_price(
            history.of_sku("DRESS"), DRESS, reduction_starts_at=at, rule=RULE
        )
        assert prior.amount == Money.of("89.90", "EUR")  # the rise of November does not count
        rate = prior.rate_off(now)
        assert rate is not None
        print(
            f"{day}: {format_money(now, 'en')}, {rate.of(100, RoundingMode.DOWN)}% less than the"
            f" lowest price of the {prior.days} days before, {format_money(prior.amount, 'en')}"
        )
    december = datetime(2026, 12, 1, tzinfo=MADRID)
    ordinary = lowest_prior_price(
        history.of_sku("DRESS"), DRESS, reduction_starts_at=december, rule=RULE
    )
    assert ordinary.rate_off(Money.of("99.90", "EUR")) is None  # nothing to announce


if __name__ == "__main__":
    main()
