"""What proves the engine, shipped: strategies, laws, machines and checks for your own adapter."""

from __future__ import annotations

from omnicommerce.testing.pricing.baskets import baskets, cases, cases_of, situations
from omnicommerce.testing.pricing.case import Case
from omnicommerce.testing.pricing.configurations import configurations
from omnicommerce.testing.pricing.kit import PricingLaws
from omnicommerce.testing.pricing.law_book import LAWS, LawBroken

__all__ = [
    "LAWS",
    "Case",
    "LawBroken",
    "PricingLaws",
    "baskets",
    "cases",
    "cases_of",
    "configurations",
    "situations",
]
