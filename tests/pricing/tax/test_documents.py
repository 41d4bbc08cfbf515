"""Taxes and surcharges as JSON: read strictly, written the same, with the path of what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from omnicommerce.kernel import documents
from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.pricing.tax import Surcharge, TaxConfiguration, TaxedAmount
from tests.pricing.tax.make import configurations, entries, tax

WHOLE = {
    "rates": [
        {
            "rate": "21%",
            "tax_class": "standard",
            "country": "ES",
            "region": None,
            "name": "IVA",
            "window": {
                "starts_at": "2012-09-01T00:00:00Z",
                "ends_at": None,
                "zone": "Europe/Madrid",
                "weekly": None,
            },
            "on_top_of": [],
            "replaces": [],
        },
        {
            "rate": "5.2%",
            "tax_class": None,
            "country": "ES",
            "region": "VC",
            "name": "recargo",
            "window": None,
            "on_top_of": ["IVA"],
            "replaces": ["IVA"],
        },
    ],
    "default_class": "standard",
    "includes_tax": True,
    "bases": [
        {
            "when": {"type": "one_of", "fact": "channel", "values": ["b2b"]},
            "includes_tax": False,
        }
    ],
    "home": {"country": "ES", "region": None},
    "destination_keeps": "net",
    "rounding": {"level": "order", "mode": "half_even", "remainder": "tax", "cash_step": 5},
    "discounts_include_tax": True,
    "delivery": "weighted",
    "exemptions": [
        {
            "exemption_id": "eu",
            "when": {"type": "one_of", "fact": "customer_class", "values": ["company"]},
            "taxes": ["IVA"],
            "tax_classes": None,
            "keeps": "gross",
        }
    ],
    "service_failure": "table",
}
SURCHARGE = {
    "surcharge_id": "card",
    "name": {"en": "Card", "es": "Tarjeta"},
    "when": {"type": "all_of", "of": []},
    "amount": None,
    "rate": "1.5%",
    "base": "items_and_delivery",
    "tax_class": "standard",
    "includes_tax": False,
}


def test_every_field_reads_back() -> None:
    """What is written is what was read, field by field."""
    assert documents.dump(documents.load(TaxConfiguration, WHOLE)) == WHOLE
    assert documents.dump(documents.load(Surcharge, SURCHARGE)) == SURCHARGE


@given(configurations(), entries())
def test_a_configuration_read_back_is_the_same(
    configuration: TaxConfiguration, items: list[TaxedAmount]
) -> None:
    """Pricing 23: written and read, a configuration levies the same taxes."""
    again = documents.load(TaxConfiguration, documents.dump(configuration))
    assert again == configuration
    assert tax(again, items) == tax(configuration, items)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"rates": [{"rate": "-1%"}]}, "$.rates[0].rate"),
        ({"rates": [{"rate": 21}]}, "$.rates[0].rate"),
        ({"rates": [{"rate": "21%", "country": "Spain"}]}, "$.rates[0].country"),
        ({"rates": [{"rate": "21%", "region": "GC"}]}, "$.rates[0].region"),
        ({"home": {}}, "$.home.country"),
        ({"destination_keeps": "both"}, "$.destination_keeps"),
        ({"destination_keeps": "net"}, "$.home"),
        ({"rounding": {"cash_step": 0}}, "$.rounding.cash_step"),
        ({"exemptions": [{"exemption_id": "a"}]}, "$.exemptions[0].when"),
        ({"vat": 21}, "$.vat"),
    ],
)
def test_what_is_wrong_has_its_path(change: dict[str, Any], path: str) -> None:
    """A malformed document is refused with the path of what is wrong."""
    with pytest.raises(InvalidConfiguration) as caught:
        documents.load(TaxConfiguration, change)
    assert caught.value.path == path
