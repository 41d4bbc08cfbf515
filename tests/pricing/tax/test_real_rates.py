"""Real rates: the members of the EU, Canada's provinces, and rates that changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from omnicommerce.kernel import documents
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.tax import (
    DeliveryTax,
    Jurisdiction,
    Kept,
    TaxConfiguration,
    TaxedAmount,
    TaxRate,
    TaxTable,
    taxed,
)
from tests.pricing.tax.make import NOW

DATA: Final = Path(__file__).parent.parent.parent / "data" / "tax"


def read(name: str) -> Any:
    """Return a file of rates, its numbers exact."""
    return json.loads((DATA / name).read_text(encoding="utf-8"), parse_float=Decimal)


EUROPE: Final = read("eu_vat_rates.json")["rates"]
SALES: Final = read("sales_tax_rates.json")


def european_rates() -> Iterator[TaxRate]:
    """Yield every rate of every member, each with a class of its own."""
    for country, found in EUROPE.items():
        reduced = {f"reduced-{number}": one for number, one in enumerate(found["reduced"], 1)}
        rates = {"standard": found["standard"], **reduced}
        rates |= {kind: found[kind] for kind in ("super_reduced", "parking") if found[kind]}
        for tax_class, percent in rates.items():
            yield TaxRate(
                rate=Rate.percent(percent),
                tax_class=tax_class,
                country=country,
                name=found["vat_abbr"],
            )


def spain_to(country: str, kept: Kept, minor: int) -> Any:
    """Return the tax of a Spanish price of the standard class where it goes."""
    configuration = TaxConfiguration(
        rates=european_rates(), home=Jurisdiction("ES"), destination_keeps=kept
    )
    currency = Currency.of(EUROPE["ES"]["currency"])
    where = TaxTable.compile(configuration, currency).place(country=country, at=NOW)
    return taxed([TaxedAmount("dress", minor, "standard")], place=where).total


def test_every_member_has_its_rates() -> None:
    """27 members, each with a standard rate of 17 to 27%, all loaded and written as JSON."""
    configuration = TaxConfiguration(rates=european_rates(), home=Jurisdiction("ES"))
    assert documents.load(TaxConfiguration, documents.dump(configuration)) == configuration
    table = TaxTable.compile(configuration, "EUR")
    standard = [table.place(country=country, at=NOW).rates_of("standard")[0] for country in EUROPE]
    assert len(standard) == 27
    assert (min(standard), max(standard)) == (Rate.percent(17), Rate.percent(27))


@pytest.mark.parametrize("country", sorted(EUROPE))
def test_sold_to_every_member(country: str) -> None:
    """A dress of 89.90 is 89.90 everywhere, or 74.30 without tax, a cent off at most."""
    percent = Decimal(EUROPE[country]["standard"])
    net, tax, gross = spain_to(country, Kept.GROSS, 8990)
    assert gross == 8990
    assert abs(net * (1 + percent / 100) - gross) < 1
    net, tax, gross = spain_to(country, Kept.NET, 8990)
    assert abs(net - Decimal(8990) / Decimal("1.21")) < 1
    assert net + tax == gross


@pytest.mark.parametrize(
    ("country", "gross"), [("ES", 8990), ("DE", 8841), ("SE", 9287), ("HU", 9436), ("LU", 8693)]
)
def test_figures_of_some(country: str, gross: int) -> None:
    """89.90 with Spain's 21% is this much with the standard rate there."""
    assert spain_to(country, Kept.NET, 8990).gross == gross


def changes(found: dict[str, Any]) -> Iterator[tuple[Window, Decimal]]:
    """Yield the rates of a country with their windows; the file says until when each held."""
    before = {datetime.fromisoformat(end): rate["rate"] for end, rate in found["before"].items()}
    ends = sorted(before)
    for start, end in zip([None, *ends], ends, strict=False):
        yield Window.between(start, end), before[end]
    yield Window.between(ends[-1], None), found["rate"]


@pytest.mark.parametrize("country", sorted(k for k, v in SALES.items() if "before" in v))
def test_rates_that_changed(country: str) -> None:
    """Before each change the old rate holds, from its instant on the new one, never both."""
    rates = [
        TaxRate(rate=Rate.factor(value), country=country, window=window)
        for window, value in changes(SALES[country])
    ]
    table = TaxTable.compile(TaxConfiguration(rates=rates), "EUR")
    values = [rate.rate for rate in rates]
    instants = [rate.window.ends_at for rate in rates if rate.window and rate.window.ends_at]
    for number, instant in enumerate(instants):
        before = table.place(country=country, at=instant - timedelta(seconds=1)).rates_of(None)
        after = table.place(country=country, at=instant).rates_of(None)
        assert (before, after) == ((values[number],), (values[number + 1],))


def test_canada() -> None:
    """Federal GST with each province's own: 100.00 in Ontario is 113.00, in Quebec 114.98."""
    federal = SALES["CA"]
    rates = [TaxRate(rate=Rate.factor(federal["rate"]), country="CA", name="GST")] + [
        TaxRate(
            rate=Rate.factor(found["rate"]), country="CA", region=region, name=found["type"].upper()
        )
        for region, found in federal["states"].items()
    ]
    table = TaxTable.compile(TaxConfiguration(rates=rates, includes_tax=False), "CAD")
    item = [TaxedAmount("1", 10_000)]
    gross = {
        region: taxed(item, place=table.place(country="CA", region=region, at=NOW)).total.gross
        for region in ("AB", "BC", "ON", "QC")
    }
    assert gross == {"AB": 10_500, "BC": 11_200, "ON": 11_300, "QC": 11_498}


def test_german_delivery() -> None:
    """Food at 7% and goods at 19%: delivery is split over both, as Germany asks."""
    configuration = TaxConfiguration(
        rates=european_rates(), home=Jurisdiction("DE"), delivery=DeliveryTax.WEIGHTED
    )
    where = TaxTable.compile(configuration, "EUR").place(at=datetime(2026, 11, 21, tzinfo=UTC))
    items = [TaxedAmount("jam", 535, "reduced-1"), TaxedAmount("cup", 1190, "standard")]
    result = taxed(items, [TaxedAmount("post", 495)], place=where)
    assert {str(share.rate): share.tax for share in result.delivery[0].shares} == {
        "7%": 10,
        "19%": 55,
    }
