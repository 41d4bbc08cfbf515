"""What delivery costs before promotions: each rate by example and by its laws."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel import documents
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.delivery import (
    BasePlusPerUnit,
    DeliveryLine,
    DeliveryMethod,
    DeliveryRate,
    FirstThenAdditional,
    Flat,
    PercentOfItems,
    PerUnit,
    Threshold,
    WeightBand,
    WeightBands,
    delivery_line,
    delivery_price,
)

EUR = Currency.of("EUR")

amounts = st.integers(0, 5000)
counts = st.integers(0, 60)
grams = st.integers(0, 100_000)
first_then = st.builds(
    FirstThenAdditional, first=amounts, additional=amounts, restart_every=st.integers(0, 9)
)


@st.composite
def bands(draw: st.DrawFn) -> WeightBands:
    """Draw weight bands, small enough to be reached and passed."""
    limits = draw(st.sets(st.integers(1, 5000), min_size=1, max_size=5))
    return WeightBands([WeightBand(up_to=limit, price=draw(amounts)) for limit in sorted(limits)])


rates: st.SearchStrategy[DeliveryRate] = st.one_of(
    st.builds(Flat, amounts),
    st.builds(PerUnit, amounts),
    first_then,
    st.builds(Threshold, minimum=st.integers(1, 9000), below=amounts, at_or_above=amounts),
    st.builds(PercentOfItems, st.sampled_from(["0%", "7.5%", "1/3", "100%"]).map(Rate.parse)),
    st.builds(BasePlusPerUnit, base=amounts, per_unit=amounts),
    bands(),
)
methods = st.builds(
    DeliveryMethod,
    method_id=st.sampled_from(["post", "express"]),
    rate=rates,
    name=st.just({"en": "Post", "es": "Correo"}),
    tax_class=st.none() | st.just("standard"),
    when=st.just(OneOf("channel", {"web"})),
)


def cost(rate: DeliveryRate, *, units: int = 0, items: int = 0, weight: int = 0) -> int:
    """Return what a delivery costs."""
    return delivery_price(
        rate, units=units, items_minor=items, weight=weight, rounding=RoundingMode.HALF_UP
    )


THREE_BANDS = WeightBands(
    [
        WeightBand(up_to=1000, price=400),
        WeightBand(up_to=2000, price=800),
        WeightBand(up_to=3000, price=1200),
    ]
)


@pytest.mark.parametrize(
    ("rate", "basket", "expected"),
    [
        (Flat(495), {}, 495),
        (Flat(495), {"units": 9, "items": 99_999}, 495),
        (PerUnit(150), {}, 0),
        (PerUnit(150), {"units": 3}, 450),
        (FirstThenAdditional(first=500, additional=100), {"units": 0}, 0),
        (FirstThenAdditional(first=500, additional=100), {"units": 10}, 1400),
        (FirstThenAdditional(first=500, additional=100, restart_every=4), {"units": 4}, 800),
        (FirstThenAdditional(first=500, additional=100, restart_every=4), {"units": 5}, 1300),
        (Threshold(minimum=2000, below=1000), {"items": 1999}, 1000),
        (Threshold(minimum=2000, below=1000), {"items": 2000}, 0),
        (Threshold(minimum=500, below=1000, at_or_above=100), {"items": 500}, 100),
        (PercentOfItems(Rate.percent(10)), {"items": 1995}, 200),
        (BasePlusPerUnit(base=500, per_unit=100), {"units": 7}, 1200),
        (THREE_BANDS, {"weight": 0}, 400),
        (THREE_BANDS, {"weight": 1000}, 400),
        (THREE_BANDS, {"weight": 1001}, 800),
        (THREE_BANDS, {"weight": 3000}, 1200),
        (THREE_BANDS, {"weight": 3001}, 1600),
        (THREE_BANDS, {"weight": 6000}, 2400),
        (THREE_BANDS, {"weight": 8000}, 3200),
    ],
)
def test_each_rate_gives_its_figure(
    rate: DeliveryRate, basket: dict[str, int], expected: int
) -> None:
    """Also at the edges: no unit, exactly the minimum, exactly the last band or twice of it."""
    assert expected == cost(rate, **basket)


def test_a_share_of_the_items_is_rounded_as_told() -> None:
    """Half a cent goes where the caller says."""
    rate = PercentOfItems(Rate.percent(50))
    prices = {
        mode: delivery_price(rate, units=1, items_minor=101, weight=0, rounding=mode)
        for mode in (RoundingMode.HALF_UP, RoundingMode.HALF_EVEN, RoundingMode.DOWN)
    }
    assert list(prices.values()) == [51, 50, 50]


class TestEveryRate:
    """Delivery MUST cost a whole number of minor units, never less than nothing."""

    @given(rates, counts, amounts, grams)
    def test_is_never_negative(
        self, rate: DeliveryRate, units: int, items: int, weight: int
    ) -> None:
        """Whatever the basket, nobody is paid for having it delivered."""
        price = cost(rate, units=units, items=items, weight=weight)
        assert type(price) is int
        assert price >= 0

    @given(methods)
    def test_survives_json(self, method: DeliveryMethod) -> None:
        """What is written is read back equal."""
        assert documents.load(DeliveryMethod, documents.dump(method)) == method


class TestFirstThenAdditional:
    """The price MUST be that of walking through the units one by one."""

    @given(first_then, counts)
    def test_is_the_walk(self, rate: FirstThenAdditional, units: int) -> None:
        """Each unit costs first when a parcel starts with it, else additional."""
        walked = sum(
            rate.first
            if number == 0 or (rate.restart_every and number % rate.restart_every == 0)
            else rate.additional
            for number in range(units)
        )
        assert walked == cost(rate, units=units)

    @given(amounts, amounts, counts)
    def test_restarting_every_unit_is_per_unit(
        self, first: int, additional: int, units: int
    ) -> None:
        """With parcels of one unit nothing is additional."""
        rate = FirstThenAdditional(first=first, additional=additional, restart_every=1)
        assert cost(PerUnit(first), units=units) == cost(rate, units=units)


class TestWeightBands:
    """Heavier than the last band MUST cost full last bands and one band for the rest."""

    @given(bands(), st.integers(1, 5000), st.integers(0, 5))
    def test_a_full_parcel_more_adds_its_price(
        self, rate: WeightBands, weight: int, parcels: int
    ) -> None:
        """So the price of any weight follows from those up to the last band."""
        last = rate.bands[-1]
        weight = min(weight, last.up_to)
        heavier = cost(rate, weight=weight + parcels * last.up_to)
        assert cost(rate, weight=weight) + parcels * last.price == heavier

    @given(bands(), grams)
    def test_is_the_packing_of_parcels(self, rate: WeightBands, weight: int) -> None:
        """Filling parcels of the last band one after another comes to the same."""
        last, packed, left = rate.bands[-1], 0, weight
        while left > last.up_to:
            packed, left = packed + last.price, left - last.up_to
        packed += next(band.price for band in rate.bands if left <= band.up_to)
        assert packed == cost(rate, weight=weight)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Flat(-1), "amount"),
        (lambda: Flat(amount=True), "amount"),
        (lambda: PerUnit(-1), "amount"),
        (lambda: FirstThenAdditional(first=-1, additional=0), "first"),
        (lambda: FirstThenAdditional(first=0, additional=-1), "additional"),
        (lambda: FirstThenAdditional(first=0, additional=0, restart_every=-1), "restart_every"),
        (lambda: Threshold(minimum=0, below=1), "minimum"),
        (lambda: Threshold(minimum=1, below=-1), "below"),
        (lambda: Threshold(minimum=1, below=1, at_or_above=-1), "at_or_above"),
        (lambda: PercentOfItems(Rate.percent(-1)), "rate"),
        (lambda: PercentOfItems(Rate.percent(101)), "rate"),
        (lambda: BasePlusPerUnit(base=-1, per_unit=0), "base"),
        (lambda: BasePlusPerUnit(base=0, per_unit=-1), "per_unit"),
        (lambda: WeightBand(up_to=0, price=1), "up_to"),
        (lambda: WeightBand(up_to=1, price=-1), "price"),
        (lambda: WeightBands([]), "bands"),
        (lambda: WeightBands([THREE_BANDS.bands[1], THREE_BANDS.bands[0]]), "bands"),
        (lambda: WeightBands([THREE_BANDS.bands[0]] * 2), "bands"),
        (lambda: WeightBands([5]), "bands"),  # type: ignore[list-item] # what is tried
        (lambda: DeliveryMethod(method_id=" ", rate=Flat(0)), "method_id"),
        (lambda: DeliveryMethod(method_id="a", rate=5), "rate"),  # type: ignore[arg-type] # tried
        (lambda: DeliveryMethod(method_id="a", rate=Flat(0), tax_class=""), "tax_class"),
        (lambda: DeliveryLine("", "post", Money.of(1, "EUR")), "delivery_id"),
        (lambda: DeliveryLine("d1", "", Money.of(1, "EUR")), "method"),
        (lambda: DeliveryLine("d1", "post", Money.of(-1, "EUR")), "amount"),
        (lambda: DeliveryLine("d1", "post", 495), "amount"),  # type: ignore[arg-type] # tried
        (
            lambda: DeliveryLine("d1", "post", Money.of(1, "EUR"), includes_tax=1),  # type: ignore[arg-type] # tried
            "includes_tax",
        ),
        (lambda: cost(Flat(0), units=-1), "units"),
        (lambda: cost(Flat(0), items=-1), "items_minor"),
        (lambda: cost(Flat(0), weight=-1), "weight"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(make: Any, field: str) -> None:
    """A negative price, bands that do not rise, a share over the whole: each error names it."""
    with pytest.raises(InvalidValue) as caught:
        make()
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("rate", "path"),
    [
        ({"type": "weight_bands", "bands": []}, "$.rate.bands"),
        ({"type": "weight_bands", "bands": [{"up_to": 1, "price": -1}]}, "$.rate.bands[0].price"),
        ({"type": "flat", "amount": 1.5}, "$.rate.amount"),
        ({"type": "flat", "amonut": 1, "amount": 1}, "$.rate.amonut"),
        ({"type": "by_drone"}, "$.rate.type"),
        ({"type": "threshold", "minimum": 1}, "$.rate.below"),
    ],
)
def test_a_configuration_is_refused_with_its_path(rate: dict[str, Any], path: str) -> None:
    """Who mistypes a delivery method is told where."""
    with pytest.raises(InvalidConfiguration) as caught:
        documents.load(DeliveryMethod, {"method_id": "post", "rate": rate})
    assert caught.value.path == path


@given(methods, counts, amounts, grams)
def test_a_delivery_carries_what_its_method_says(
    method: DeliveryMethod, units: int, items: int, weight: int
) -> None:
    """Amount, method and tax class go into the basket together."""
    price = cost(method.rate, units=units, items=items, weight=weight)
    line = delivery_line(
        method,
        delivery_id="d1",
        items_amount=Money(items, EUR),
        units=units,
        weight=weight,
        rounding=RoundingMode.HALF_UP,
        includes_tax=True,
    )
    assert line == DeliveryLine(
        delivery_id="d1",
        method=method.method_id,
        amount=Money(price, EUR),
        tax_class=method.tax_class,
        includes_tax=True,
    )
    assert hash(line) == hash(attrs.evolve(line))
    assert hash(method) == hash(attrs.evolve(method))
