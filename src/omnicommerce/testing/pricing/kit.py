"""The laws of pricing for a shop's own promotions, as a class of tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnicommerce.pricing.book import Condition, PriceBook
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.rules import OpaqueFunction
from omnicommerce.testing.pricing.baskets import cases_of
from omnicommerce.testing.pricing.law_book import LAWS, Law

__all__ = ["PricingLaws"]

_UNCHECKED: Final = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
"""A shop's configuration is as large as it is."""


class PricingLaws:
    """Hold a configuration against every law of pricing, with baskets made for it.

    Subclass it in a test module, and say what your configuration is. Every law
    is a test of its own; a broken one tells its number and the smallest basket
    that was found.

    Attributes:
        configuration: What your shop sells and promotes.
        conditions: The functions of its opaque conditions, by name.
        effects: The functions of its opaque effects, by name.
        examples: How many baskets each law is tried with.

    Example:
        >>> from omnicommerce.pricing import PercentOff, PriceList, PriceRow
        >>> from omnicommerce.pricing import PricingConfiguration, ProductTraits, Promotion
        >>> from omnicommerce.kernel.rate import Rate
        >>> class TestMyShop(PricingLaws):
        ...     configuration = PricingConfiguration(
        ...         currency="EUR",
        ...         products=[ProductTraits("TEA")],
        ...         lists=[PriceList("shelf")],
        ...         rows=[PriceRow(price_list="shelf", sku="TEA", amount=450)],
        ...         promotions=[Promotion(promotion_id="p", effect=PercentOff(Rate.percent(10)))],
        ...     )
        >>> TestMyShop().test_adjustments_sum_to_the_total()
    """

    configuration: ClassVar[PricingConfiguration]
    conditions: ClassVar[Mapping[str, Condition]] = {}
    effects: ClassVar[Mapping[str, OpaqueFunction]] = {}
    examples: ClassVar[int] = 100

    def __init_subclass__(cls, **options: Any) -> None:
        """Give the shop a test for each law."""
        super().__init_subclass__(**options)
        if hasattr(cls, "configuration"):
            for law in LAWS:
                test = _test_of(law)
                setattr(cls, test.__name__, test)


def _test_of(law: Law) -> Callable[[PricingLaws], None]:
    def test(self: PricingLaws) -> None:
        book = PriceBook.compile(
            self.configuration, conditions=self.conditions, effects=self.effects
        )

        @settings(max_examples=self.examples, deadline=None, suppress_health_check=_UNCHECKED)
        @given(st.data())
        def holds(data: st.DataObject) -> None:
            law(data.draw(cases_of(book, effects=self.effects)))

        holds()

    test.__name__ = f"test_{law.__name__}"
    test.__doc__ = law.__doc__
    return test
