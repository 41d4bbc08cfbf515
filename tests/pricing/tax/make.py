"""Rates, places and amounts for the tests of tax, and an oracle on exact fractions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RemainderSide, Rounding, RoundingLevel, RoundingMode
from omnicommerce.pricing.tax import (
    DeliveryTax,
    TaxConfiguration,
    TaxedAmount,
    TaxedBasket,
    TaxPlace,
    TaxRate,
    TaxTable,
    taxed,
)

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
HALVES = (RoundingMode.HALF_UP, RoundingMode.HALF_EVEN, RoundingMode.HALF_DOWN)
CLASSES = ("standard", "reduced", "zero", None)


def rate(percent: str | int | Fraction, tax_class: str | None = None, **options: Any) -> TaxRate:
    """Return a rate in per cent."""
    return TaxRate(rate=Rate.percent(percent), tax_class=tax_class, **options)


def place(*rates: TaxRate, currency: str = "EUR", **options: Any) -> TaxPlace:
    """Return what these rates levy anywhere; options are those of the configuration."""
    return TaxTable.compile(TaxConfiguration(rates=rates, **options), currency).place(at=NOW)


def amounts(*minors: int, tax_class: str | None = "standard", **options: Any) -> list[TaxedAmount]:
    """Return amounts of one class, numbered from 1 on."""
    return [
        TaxedAmount(str(number), minor, tax_class, **options)
        for number, minor in enumerate(minors, start=1)
    ]


def exact_shares(
    where: TaxPlace, entry: TaxedAmount, *, includes_tax: bool
) -> dict[tuple[str, Rate], Fraction]:
    """Return the unrounded taxes of an amount: the oracle, straight from the definition."""
    levy = where.levy((entry.tax_class, includes_tax))
    whole = 1 + sum(levy.effective) if includes_tax else Fraction(1)
    return {
        (key.name, key.rate): entry.minor * effective / whole
        for key, effective in zip(levy.keys, levy.effective, strict=True)
    }


def by_key(basket: TaxedBasket) -> dict[str, tuple[Any, ...]]:
    """Return every figure of every item by its key."""
    return {item.key: (item.net, item.tax, item.gross, item.shares) for item in basket.items}


@st.composite
def rate_sets(draw: st.DrawFn) -> tuple[TaxRate, ...]:
    """Generate up to three taxes on some classes; the third may be levied on the first."""
    percents = st.sampled_from(["0", "2.1", "4", "5", "9.975", "19", "21", "25.5", "100/3"])
    rates: list[TaxRate] = []
    for number in range(draw(st.integers(1, 3))):
        below = {"tax-0"} if number and draw(st.booleans()) else set()
        for tax_class in draw(st.sets(st.sampled_from(["standard", "reduced", None]), min_size=1)):
            percent = Rate.percent(Fraction(draw(percents)))
            rates.append(
                TaxRate(rate=percent, tax_class=tax_class, name=f"tax-{number}", on_top_of=below)
            )
    return tuple(rates)


def roundings(
    *, levels: Sequence[RoundingLevel] = tuple(RoundingLevel), halves: bool = False
) -> st.SearchStrategy[Rounding]:
    """Generate rounding policies, perhaps only those that go to the nearest unit."""
    return st.builds(
        Rounding,
        level=st.sampled_from(levels),
        mode=st.sampled_from(HALVES if halves else tuple(RoundingMode)),
        remainder=st.sampled_from(RemainderSide),
    )


def configurations(
    roundings: st.SearchStrategy[Rounding] = roundings(),  # noqa: B008 - a strategy never changes
) -> st.SearchStrategy[TaxConfiguration]:
    """Generate configurations that hold anywhere."""
    return st.builds(
        TaxConfiguration,
        rates=rate_sets(),
        includes_tax=st.booleans(),
        rounding=roundings,
        delivery=st.sampled_from(DeliveryTax),
        default_class=st.sampled_from([None, "reduced"]),
    )


@st.composite
def entries(draw: st.DrawFn, prefix: str = "i", most: int = 6) -> list[TaxedAmount]:
    """Generate amounts of several classes and sizes, some with or without tax by themselves."""
    return [
        TaxedAmount(
            f"{prefix}{number}",
            draw(st.one_of(st.integers(0, 9), st.integers(0, 20_000))),
            draw(st.sampled_from(CLASSES)),
            draw(st.integers(1, 7)),
            draw(st.sampled_from([None, None, True, False])),
        )
        for number in range(draw(st.integers(0, most)))
    ]


def tax(
    configuration: TaxConfiguration,
    items: Sequence[TaxedAmount],
    delivery: Sequence[TaxedAmount] = (),
    surcharges: Sequence[TaxedAmount] = (),
    *,
    currency: str = "EUR",
) -> TaxedBasket:
    """Return the tax of amounts under a configuration."""
    where = TaxTable.compile(configuration, currency).place(at=NOW)
    return taxed(items, delivery, surcharges, place=where)
