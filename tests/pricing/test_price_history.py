from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.pricing import BasketLine, PriceBook, PriceRow, Situation, price
from omnicommerce.pricing.basket import Basket
from omnicommerce.pricing.history import (
    Advertised,
    PriceAnnounced,
    PricePlace,
    announce,
    place_of,
)
from tests.pricing import shop

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
FRIDAY = MONDAY + timedelta(days=4)
WEB = Situation(channel="web", at=MONDAY)
GOLD = Situation(channel="web", at=MONDAY, customer_classes={"gold"})
STORE = Situation(channel="store", at=MONDAY, location="madrid")
SKUS = ("dress", "milk")


def _one_unit(book: PriceBook) -> Advertised:
    """Return what one unit costs when it is bought alone."""

    def advertised(sku: str, situation: Situation) -> int:
        return price(book, Basket([BasketLine("1", sku)]), situation).selling_minor

    return advertised


def _amounts(events: list[PriceAnnounced]) -> list[tuple[str, str, str | None, int | None]]:
    return [(e.place.sku, e.place.channel, e.place.segment, e.amount) for e in events]


def _announce(
    advertised: Advertised, at: datetime, before: list[PriceAnnounced] | None = None
) -> list[PriceAnnounced]:
    found = announce(
        SKUS, [WEB, GOLD, STORE], advertised, at=at, currency="EUR", before=before or []
    )
    return list(found)


def test_a_first_release_announces_every_price_in_every_place() -> None:
    """Each SKU has a price per channel and segment: that of a basket of one unit (46)."""
    row = PriceRow(price_list="shelf", sku="dress", amount=4490, customer_class="gold")
    events = _announce(_one_unit(shop.book(rows=(row,))), MONDAY)
    assert [
        ("dress", "web", None, 4990),
        ("dress", "web", "gold", 4490),
        ("dress", "store", None, 4990),
        ("milk", "web", None, 99),
        ("milk", "web", "gold", 99),
        ("milk", "store", None, 99),
    ] == _amounts(events)
    assert {MONDAY} == {event.at for event in events}
    assert "madrid" == events[2].place.location


def test_the_next_release_announces_what_changed() -> None:
    """Against the old book only the new price is news, and the third time nothing is."""
    old = _announce(_one_unit(shop.book()), MONDAY)
    row = PriceRow(price_list="shelf", sku="dress", amount=4490, customer_class="gold")
    new = _announce(_one_unit(shop.book(rows=(row,))), FRIDAY, before=old)
    assert [("dress", "web", "gold", 4490)] == _amounts(new)
    assert [] == _announce(_one_unit(shop.book(rows=(row,))), FRIDAY, before=[*new, *old])


def test_what_is_no_longer_offered_is_announced_once() -> None:
    """The end of an offer is news; that something was never offered is none."""
    before = _announce(lambda _, __: 100, MONDAY)
    gone = _announce(lambda sku, _: None if sku == "dress" else 100, FRIDAY, before=before)
    assert [None, None, None] == [event.amount for event in gone]
    assert [] == _announce(lambda _, __: None, MONDAY)


def test_a_reduction_is_announced_even_at_the_same_price() -> None:
    """That a price is now called reduced is news too."""
    before = list(announce(["dress"], [WEB], lambda _, __: 1, at=MONDAY, currency="EUR"))
    (event,) = announce(
        ["dress"],
        [WEB],
        lambda _, __: 1,
        at=FRIDAY,
        currency="EUR",
        before=before,
        reduction_of=lambda sku, _: f"{sku}-sale",
    )
    assert ("dress-sale", FRIDAY) == (event.reduction, event.at)


def test_prices_are_asked_for_at_the_instant_of_the_announcement() -> None:
    """The situations are templates: their own instants do not count."""
    asked: list[datetime] = []

    def advertised(_: str, situation: Situation) -> int:
        asked.append(situation.at)
        return 1

    _announce(advertised, FRIDAY)
    assert {FRIDAY} == set(asked)


def test_two_situations_of_one_place_are_refused() -> None:
    """Two customers of one segment see one history, so they cannot have two prices."""
    same = attrs.evolve(WEB, customer_id="clara")
    with pytest.raises(InvalidValue, match="situations"):
        list(announce(SKUS, [WEB, same], lambda _, __: 1, at=MONDAY, currency="EUR"))


def test_a_place_is_in_the_currency_of_its_situation() -> None:
    """A situation that names a currency has a history of its own."""
    pounds = attrs.evolve(WEB, currency="GBP")
    assert PricePlace("dress", "web", "GBP") == place_of("dress", pounds, "EUR")


@pytest.mark.parametrize("amount", [-1, 1.5, True])
def test_an_impossible_amount_is_refused(amount: object) -> None:
    """An announcement has whole minor units or none."""
    place = PricePlace("dress", "web", "EUR")
    with pytest.raises(InvalidValue, match="amount"):
        PriceAnnounced(place=place, amount=amount, at=MONDAY)  # type: ignore[arg-type]  # the test


def test_an_announcement_needs_an_instant() -> None:
    """A naive datetime does not say when."""
    place = PricePlace("dress", "web", "EUR")
    with pytest.raises(InvalidValue, match="naive"):
        PriceAnnounced(place=place, amount=1, at=MONDAY.replace(tzinfo=None))
