"""One basket, four destinations: what is paid, what the shop gets, and the foot of the receipt.

A Spanish shop whose prices hold tax sells at home, to the Canary Islands and to Sweden, and to
a Swedish company that owes no tax. Delivery is taxed as the goods in the parcel are.

Run it: ``python -m examples.tax``
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from omnicommerce.i18n import explain_trace
from omnicommerce.kernel import documents
from omnicommerce.pricing.tax import (
    TaxConfiguration,
    TaxedAmount,
    TaxedBasket,
    TaxTable,
    taxed,
)

IVA: Final = {"name": "IVA", "country": "ES"}
IGIC: Final = {"name": "IGIC", "country": "ES", "region": "GC", "replaces": ["IVA"]}
MOMS: Final = {"name": "Moms", "country": "SE"}
TAXES: Final[dict[str, Any]] = {
    "rates": [
        IVA | {"rate": "21%"},
        IVA | {"rate": "4%", "tax_class": "book"},
        IGIC | {"rate": "7%"},
        IGIC | {"rate": "0%", "tax_class": "book"},
        MOMS | {"rate": "25%"},
        MOMS | {"rate": "6%", "tax_class": "book"},
    ],
    "home": {"country": "ES"},
    "destination_keeps": "net",
    "delivery": "weighted",
    "exemptions": [
        {
            "exemption_id": "company in the EU",
            "when": {"type": "one_of", "fact": "customer_class", "values": ["company"]},
        }
    ],
}
ITEMS: Final = (TaxedAmount("dress", 8990), TaxedAmount("novel", 1995, "book"))
POST: Final = (TaxedAmount("post", 495),)
NOW: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)


BUYERS: Final = (
    ("Madrid", "ES", None, "person"),
    ("Las Palmas", "ES", "GC", "person"),
    ("Stockholm", "SE", None, "person"),
    ("A company in Malmö", "SE", None, "company"),
)


def main() -> None:
    """Sell the same basket four times."""
    table = TaxTable.compile(documents.load(TaxConfiguration, TAXES), "EUR")
    sold: list[TaxedBasket] = []
    for who, country, region, customer_class in BUYERS:
        exempt = table.exemptions({"customer_class": frozenset({customer_class})})
        place = table.place(country=country, region=region, at=NOW, exempt=exempt)
        basket = taxed(ITEMS, POST, place=place)
        print(f"{who} pays {basket.gross_amount}, the shop gets {basket.net_amount}")
        print(explain_trace(basket.trace, locale="en"), end="\n\n")
        sold.append(basket)
    assert sold[0].total.gross == 8990 + 1995 + 495
    # Each price is turned by itself and rounded once: its net may be a cent off that of home.
    for basket in sold:
        assert all(
            abs(here - there) <= 1 for here, there in zip(sold[0].net, basket.net, strict=True)
        )


if __name__ == "__main__":
    main()
