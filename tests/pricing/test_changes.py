"""What changed from one configuration to the next."""

from __future__ import annotations

import attrs

from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing import AmountOff, PriceRow, Promotion
from omnicommerce.pricing.changes import ChangeKind, PartChanged, changes
from omnicommerce.pricing.promotions import Status
from tests.pricing.shop import book

DRAFT = Promotion(promotion_id="p", effect=AmountOff(100), status=Status.DRAFT)
BASE = book(DRAFT).configuration


def test_nothing_changed_is_said_as_nothing() -> None:
    """The same content in another order is the same."""
    again = attrs.evolve(BASE, rows=tuple(reversed(BASE.rows)))
    report = changes(BASE, again)
    assert (report.parts, report.before) == ((), report.after)


def test_a_promotion_is_drafted_activated_and_archived() -> None:
    """Its life is told in words of its own, with the field that changed."""
    without = attrs.evolve(BASE, promotions=())
    active = attrs.evolve(BASE, promotions=[attrs.evolve(DRAFT, status=Status.ACTIVE)])
    archived = attrs.evolve(BASE, promotions=[attrs.evolve(DRAFT, status=Status.ARCHIVED)])
    kinds = [
        changes(old, new).parts[0].kind
        for old, new in ((without, BASE), (BASE, active), (active, archived), (archived, without))
    ]
    assert kinds == [
        ChangeKind.DRAFTED,
        ChangeKind.ACTIVATED,
        ChangeKind.ARCHIVED,
        ChangeKind.REMOVED,
    ]
    assert changes(BASE, active).parts[0].fields == ("status",)


def test_other_parts_are_named() -> None:
    """Rows as a whole, and fields that have no identity."""
    row = PriceRow(price_list="shelf", sku="tea", amount=1, zone="Z9")
    new = attrs.evolve(BASE, rows=(*BASE.rows, row), rate_rounding=RoundingMode.DOWN)
    assert changes(BASE, new).parts == (
        PartChanged(kind=ChangeKind.CHANGED, part="rows"),
        PartChanged(kind=ChangeKind.CHANGED, part="rate_rounding"),
    )
