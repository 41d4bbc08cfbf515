"""Which price row wins, and what it says of an amount."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.kernel.window import WeeklySpan, Window
from omnicommerce.pricing import (
    Basket,
    BasketLine,
    NamedWindow,
    NotPriced,
    PriceBook,
    PriceKey,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Remainder,
    Situation,
    UnknownSku,
    price,
)
from tests.pricing.shop import NOW, STORE, WEB, basket, book, configuration, payable, priced


def row(amount: int, sku: str = "tea", **fields: str) -> PriceRow:
    """Return a further row."""
    return PriceRow(price_list="shelf", sku=sku, amount=amount, **fields)  # type: ignore[arg-type]


def test_location_before_zone_before_everywhere() -> None:
    """The narrowest scope wins, whatever the amounts."""
    zoned = row(460, zone="centre")
    local = row(470, location="madrid")
    assert payable(book(), STORE, tea=1) == 450
    assert payable(book(rows=(zoned,)), STORE, tea=1) == 460
    assert payable(book(rows=(zoned, local)), STORE, tea=1) == 470
    assert payable(book(rows=(zoned, local)), WEB, tea=1) == 450


def test_a_row_for_a_class_is_before_everybodys() -> None:
    """A contract price holds in every store, even where the store has a price of its own."""
    rows = (row(400, customer_class="staff"), row(470, location="madrid"))
    staff = attrs.evolve(STORE, customer_classes={"staff"})
    assert payable(book(rows=rows), staff, tea=1) == 400
    assert payable(book(rows=rows), STORE, tea=1) == 470


def test_specificity_is_declared() -> None:
    """The shop says what counts more: here the place before the class."""
    rows = (row(400, customer_class="staff"), row(470, location="madrid"))
    keys = (PriceKey.SCOPE, PriceKey.CUSTOMER_CLASS, PriceKey.LIST, PriceKey.WINDOW)
    compiled = PriceBook.compile(attrs.evolve(configuration(rows=rows), specificity=keys))
    staff = attrs.evolve(STORE, customer_classes={"staff"})
    assert payable(compiled, staff, tea=1) == 470


def test_every_key_of_specificity_is_named_once() -> None:
    """A key left out would leave the winner to chance."""
    with pytest.raises(InvalidValue, match="specificity"):
        attrs.evolve(configuration(), specificity=(PriceKey.SCOPE,))


def windowed(window: Window) -> PriceBook:
    """Return a shop where tea has another price in the window."""
    shop = configuration(rows=(row(300, window="sale"),))
    return PriceBook.compile(attrs.evolve(shop, windows=[NamedWindow("sale", window)]))


def test_rows_have_half_open_windows() -> None:
    """A row counts from its first instant to just before its end; then the lasting one."""
    compiled = windowed(Window.between(NOW, NOW + timedelta(days=1)))
    tick = timedelta(microseconds=1)
    times = [NOW - tick, NOW, NOW + timedelta(days=1) - tick, NOW + timedelta(days=1)]
    found = [payable(compiled, attrs.evolve(WEB, at=at), tea=1) for at in times]
    assert found == [450, 300, 300, 450]


def test_rows_can_recur_every_week() -> None:
    """Happy hour by the clock of the shop."""
    compiled = windowed(Window(zone="UTC", weekly=[WeeklySpan.parse("Sat 18:00-20:00")]))
    hours = [NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=2), NOW + timedelta(days=7)]
    found = [payable(compiled, attrs.evolve(WEB, at=at), tea=1) for at in hours]
    assert found == [450, 300, 450, 300]


def test_lists_count_where_they_say() -> None:
    """A list for one channel comes before the one for all, where it is declared first."""
    shop = configuration()
    online = PriceList("online", when=OneOf("channel", {"web"}))
    compiled = PriceBook.compile(
        attrs.evolve(
            shop,
            lists=[online, *shop.lists],
            rows=[*shop.rows, PriceRow(price_list="online", sku="tea", amount=425)],
        )
    )
    assert payable(compiled, WEB, tea=1) == 425
    assert payable(compiled, STORE, tea=1) == 450


@pytest.mark.parametrize(
    ("remainder", "amounts"),
    [
        (Remainder.PRO_RATA, {1: 34, 2: 67, 3: 100, 4: 134}),
        (Remainder.WHOLE_SET, {1: 100, 2: 100, 3: 100, 4: 200}),
    ],
)
def test_n_units_cost_an_amount(remainder: Remainder, amounts: dict[int, int]) -> None:
    """Three for 1.00: what is left over costs its part, rounded up, or a whole set."""
    compiled = one_list(PriceRow(price_list="l", sku="a", amount=100, per=3, remainder=remainder))
    assert amounts == {units: payable(compiled, a=units) for units in amounts}


def one_list(*rows: PriceRow) -> PriceBook:
    """Return a book of just these rows."""
    return PriceBook.compile(
        PricingConfiguration(
            currency="EUR",
            products=[ProductTraits(sku) for sku in sorted({item.sku for item in rows})],
            lists=[PriceList("l")],
            rows=rows,
        )
    )


def test_products_of_one_mix_fill_sets_together() -> None:
    """One of each of three products makes a set of three; the lines share its price."""
    rows = [PriceRow(price_list="l", sku=sku, amount=100, per=3, mix="yoghurt") for sku in "abc"]
    result = priced(one_list(*rows), a=1, b=1, c=1)
    assert [line.base_minor for line in result.lines] == [34, 33, 33]
    alone = [attrs.evolve(item, mix=None) for item in rows]
    assert payable(one_list(*alone), a=1, b=1, c=1) == 3 * 34


def test_unknown_products_are_named_all() -> None:
    """A SKU that the shop does not know is the caller's mistake; all of them are listed."""
    with pytest.raises(UnknownSku) as caught:
        price(book(), basket(tea=1, cofee=1, milc=2), WEB)
    assert caught.value.skus == ("cofee", "milc")


def test_lines_without_a_price_are_listed_all() -> None:
    """What has no price here and now is refused line by line."""
    shop = configuration()
    unpriced = attrs.evolve(shop, rows=[item for item in shop.rows if item.sku == "tea"])
    with pytest.raises(NotPriced) as caught:
        price(PriceBook.compile(unpriced), basket(tea=1, milk=1, dress=2), WEB)
    assert caught.value.line_ids == ("dress", "milk")
    assert [reason.parameters["sku"] for reason in caught.value.reasons] == ["dress", "milk"]


def test_an_empty_basket_costs_nothing() -> None:
    """Nothing bought, nothing owed."""
    result = price(book(), Basket(), WEB)
    assert (result.payable_minor, result.lines, result.uses) == (0, (), ())


@pytest.mark.parametrize("quantity", [0, -1, True, 1.0, "1", 10**10])
def test_absurd_quantities_are_refused(quantity: object) -> None:
    """A line needs a sane whole number of units."""
    with pytest.raises(InvalidValue, match="quantity"):
        BasketLine("1", "tea", quantity)  # type: ignore[arg-type] # that is the test


def test_line_ids_are_unique() -> None:
    """Two lines of one id could not be told apart in the answer."""
    with pytest.raises(InvalidValue, match="id of its own"):
        Basket([BasketLine("1", "tea"), BasketLine("1", "milk")])


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": -1},
        {"amount": 1.0},
        {"per": 0},
        {"remainder": Remainder.REGULAR},
        {"location": "madrid", "zone": "centre"},
    ],
)
def test_impossible_rows_are_refused(fields: dict[str, object]) -> None:
    """A row has a whole amount for at least one unit, in one place."""
    with pytest.raises(InvalidValue):
        attrs.evolve(row(100), **fields)  # type: ignore[arg-type] # that is the test


def test_a_set_is_no_single_text() -> None:
    """A text given for a set would be taken letter by letter."""
    with pytest.raises(InvalidValue, match="set of texts"):
        Situation(channel="web", at=NOW, codes="VIP")
