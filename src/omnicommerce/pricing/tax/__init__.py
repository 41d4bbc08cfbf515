"""Tax: which rates hold where and when, and what they make of a priced basket."""

from __future__ import annotations

from omnicommerce.pricing.tax.arithmetic import (
    CashPayable,
    at_destination,
    cash_payable,
    with_tax,
    without_tax,
)
from omnicommerce.pricing.tax.decide import taxed
from omnicommerce.pricing.tax.errors import TaxUnavailable
from omnicommerce.pricing.tax.external import CachedTaxService, taxed_by
from omnicommerce.pricing.tax.model import (
    BUYER_EXEMPT,
    DeliveryTax,
    Jurisdiction,
    Kept,
    PriceBasis,
    ServiceFailure,
    Surcharge,
    SurchargeBase,
    TaxConfiguration,
    TaxExemption,
    TaxRate,
)
from omnicommerce.pricing.tax.ports import (
    TaxAnswer,
    TaxBuyer,
    TaxQuestion,
    TaxRequest,
    TaxService,
)
from omnicommerce.pricing.tax.rates import TaxPlace, TaxTable
from omnicommerce.pricing.tax.result import (
    RateShare,
    RateTotal,
    TaxedAmount,
    TaxedBasket,
    TaxedItem,
    TaxedTotal,
)
from omnicommerce.pricing.tax.surcharges import surcharge_amounts
from omnicommerce.pricing.tax.validate import check_surcharges, check_tax

__all__ = [
    "BUYER_EXEMPT",
    "CachedTaxService",
    "CashPayable",
    "DeliveryTax",
    "Jurisdiction",
    "Kept",
    "PriceBasis",
    "RateShare",
    "RateTotal",
    "ServiceFailure",
    "Surcharge",
    "SurchargeBase",
    "TaxAnswer",
    "TaxBuyer",
    "TaxConfiguration",
    "TaxExemption",
    "TaxPlace",
    "TaxQuestion",
    "TaxRate",
    "TaxRequest",
    "TaxService",
    "TaxTable",
    "TaxUnavailable",
    "TaxedAmount",
    "TaxedBasket",
    "TaxedItem",
    "TaxedTotal",
    "at_destination",
    "cash_payable",
    "check_surcharges",
    "check_tax",
    "surcharge_amounts",
    "taxed",
    "taxed_by",
    "with_tax",
    "without_tax",
]
