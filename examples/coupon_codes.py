"""Coupon codes: one for everybody, and a code of their own for each of a thousand customers.

What is typed is compared as the shop declared it. Each entered code unlocks what promotions
ask for, or says why it does not count.

Run it: ``python -m examples.coupon_codes``
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from omnicommerce import (
    Basket,
    BasketLine,
    Money,
    PriceBook,
    PricingConfiguration,
    SequentialIds,
    Situation,
    price,
)
from omnicommerce.pricing.code_batches import CodeBatch, generate_codes
from omnicommerce.pricing.codes import CodeBook, CouponCode

AT: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)
PRICES: Final = {
    "currency": "EUR",
    "products": [{"sku": "DRESS"}],
    "lists": [{"list_id": "shelf"}],
    "rows": [{"price_list": "shelf", "sku": "DRESS", "amount": 8990}],
    "promotions": [
        {
            "promotion_id": "10% off with the newsletter",
            "when": {"type": "one_of", "fact": "code", "values": ["newsletter"]},
            "effect": {"type": "percent_off", "rate": "10%"},
        },
        {
            "promotion_id": "5 euros on your birthday",
            "priority": 1,
            "when": {"type": "one_of", "fact": "code", "values": ["birthday"]},
            "effect": {"type": "amount_off", "amount": 500},
        },
    ],
}


def main() -> None:
    """Enter codes in several ways, and price a dress with what they unlock."""
    customers = [f"cust_{number:04d}" for number in range(1, 1001)]
    birthdays = CodeBatch(unlocks="birthday", quantity=1000, prefix="HAPPY-")
    # Counted ids, so that this example prints the same each time; a shop takes RandomIds().
    personal = generate_codes(birthdays, ids=SequentialIds(), recipients=customers)
    codes = CodeBook.compile([CouponCode(code="NEWS-26", unlocks="newsletter"), *personal])
    prices = PriceBook.compile(PricingConfiguration.load(PRICES))
    mine, not_mine = personal[0].code, personal[1].code

    def pays(*entered: str, at: datetime = AT) -> Money:
        found = codes.unlocked(entered, at=at, customer_id="cust_0001", exhausted=spent)
        situation = Situation(channel="web", at=at, codes=found.unlocked)
        amount = price(prices, Basket([BasketLine("1", "DRESS")]), situation).payable_amount
        print(f"{' + '.join(entered) or 'no code'}: {amount}")
        for reason in found.refused:
            print(f"  {reason}")
        return amount

    spent = frozenset[str]()
    assert pays() == Money.of("89.90", "EUR")
    assert pays("news 26") == Money.of("80.91", "EUR")
    assert pays("news-26", mine.lower()) == Money.of("75.91", "EUR")
    assert pays(not_mine, "NEWS") == Money.of("89.90", "EUR")
    mistyped = f"{mine[:-1]}4"
    assert birthdays.is_well_formed(mine)
    assert not birthdays.is_well_formed(mistyped)
    print(f"{mistyped} is mistyped: nobody needs to look it up")
    spent = frozenset(codes.limits([mine]))
    assert pays(mine, at=AT + timedelta(days=1)) == Money.of("89.90", "EUR")


if __name__ == "__main__":
    main()
