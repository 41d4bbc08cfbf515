"""The taxes and surcharges of a case, as a shop would configure them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing.tax import (
    DeliveryTax,
    Surcharge,
    SurchargeBase,
    TaxConfiguration,
    TaxRate,
)
from tests.peer_cases.reading import Case, Part, Unsupported

__all__ = ["WEIGHTED", "surcharge_of", "tax_of"]

WEIGHTED: Final = "weighted_by_lines"
"""The tax class of shipping that is taxed as the lines are on average."""


def tax_of(case: Case) -> TaxConfiguration:
    """Return the rates: they hold everywhere and always."""
    if case.mode not in {"none", "exclusive", "inclusive", "mixed"}:
        raise Unsupported(f"tax mode {case.mode!r} is not in the format")
    return TaxConfiguration(
        rates=() if case.mode == "none" else tuple(_rates(case)),
        includes_tax=case.mode == "inclusive",
        discounts_include_tax=_meant_with_tax(case),
        delivery=_delivery_tax(case),
    )


def _rates(case: Case) -> Iterator[TaxRate]:
    for tax_class, rates in (case.data["tax"].get("rates") or {}).items():
        listed = rates if isinstance(rates, list) else [rates]
        for number, rate in enumerate(listed):
            yield TaxRate(rate=Rate.factor(rate), tax_class=tax_class, name=f"tax {number}")


def _meant_with_tax(case: Case) -> bool | None:
    """Tell whether prices that rewards name are meant with tax: amounts off say so themselves."""
    rewards = [part["reward"] for part in case.parts("promotions")]
    prices = {item.get("value_includes_tax") for item in rewards if item["type"] in _PRICES}
    if prices <= {None}:
        return None
    fixed = _PRICES | {"fixed_amount", "quantity_group", "tiered_amount"}
    meant = {item.get("value_includes_tax") for item in rewards if item["type"] in fixed}
    if len(meant) > 1:
        raise Unsupported("fixed prices of which only some are meant with tax")
    return bool(meant.pop())


_PRICES: Final = frozenset(
    {"bundle_price", "first_then_additional", "fixed_price", "shipping_fixed_price"}
)


def _delivery_tax(case: Case) -> DeliveryTax:
    classes = {part.get("tax_class") for part in case.parts("shipping")}
    if WEIGHTED not in classes:
        return DeliveryTax.OWN_CLASS
    if len(classes) > 1:
        raise Unsupported("shipping entries of which only some are taxed as the lines are")
    return DeliveryTax.WEIGHTED


def surcharge_of(part: Part, case: Case) -> Surcharge:
    """Return a surcharge: an amount, or a share of what is left after promotions."""
    base = part.get("base") or "items"
    bases = {
        "items": SurchargeBase.ITEMS,
        "items_and_shipping": SurchargeBase.ITEMS_AND_DELIVERY,
    }
    if base not in bases:
        raise Unsupported(f"surcharge base {base!r} is not in the format")
    of_percent = part.get("percent") is not None
    return Surcharge(
        surcharge_id=str(part["id"]),
        amount=None if of_percent else case.scale.minor(part["price"]),
        rate=Rate.percent(part["percent"]) if of_percent else None,
        base=bases[base],
        tax_class=part.get("tax_class"),
        includes_tax=part.get("tax_inclusive"),
    )
