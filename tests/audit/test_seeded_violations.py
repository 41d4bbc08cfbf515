"""Parity leaks planted one by one in a clean shop: each is found, with a basket that shows it."""

from __future__ import annotations

import json

import pytest

from omnicommerce.kernel.errors import OmnicommerceError
from omnicommerce.pricing.audit.audit import audit
from omnicommerce.pricing.audit.model import Finding, Seen, Severity, Verdict, Witness
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.explain import explain
from omnicommerce.pricing.model import (
    PricingConfiguration,
)
from omnicommerce.pricing.parity import Figures, figures_of
from omnicommerce.pricing.parity_model import (
    ParityLevel,
)
from tests.audit.clean_shop import (
    NOW,
    clean,
)
from tests.audit.leaks import LEAKS


def outcome(shop: PricingConfiguration, seen: Seen, level: ParityLevel) -> Figures | str:
    """Price what one channel sees through the public API."""
    book = PriceBook.compile(shop)
    try:
        priced = price(book, seen.basket, seen.situation)
    except OmnicommerceError as error:
        return error.code
    trace = explain(book, seen.basket, seen.situation) if level is ParityLevel.TRACE else None
    return figures_of(priced, trace)


def errors(shop: PricingConfiguration) -> list[Finding]:
    """Return what the audit calls errors."""
    (group,) = audit(shop, at=NOW).groups
    assert group.verdict is Verdict.VIOLATED
    assert group.witness is not None
    return [item for item in group.findings if item.severity is Severity.ERROR]


def shown_by(finding: Finding) -> Witness:
    """Return the witness, which every violation has."""
    assert finding.witness is not None
    return finding.witness


def test_the_clean_shop_is_proved() -> None:
    """It mentions channels, but all of it comes to the same."""
    (group,) = audit(clean(), at=NOW).groups
    assert (Verdict.PROVED, 0, ()) == (group.verdict, group.cases, group.findings)
    assert group.reason.parameters["mentions"] > 0


@pytest.mark.parametrize("name", LEAKS)
def test_each_leak_is_found_with_a_basket(name: str) -> None:
    """The finding points at what was planted, and its small basket costs something else there."""
    plant, path, shown = LEAKS[name]
    shop = plant()
    found = [item for item in errors(shop) if any(p.startswith(path) for p in item.related)]
    assert found
    level = shop.parity_groups[0].level
    differing = {item.level for one in found for item in shown_by(one).differences}
    assert not differing or shown in differing
    for finding in found:
        assert json.dumps(dict(finding.reason.parameters))
        witness = shown_by(finding)
        left, right = (outcome(shop, seen, level) for seen in witness.seen)
        assert left != right
        assert witness.units <= 30 or "HAM" in {line.sku for line in witness.basket.lines}
