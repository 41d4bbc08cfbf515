"""An outside tax service: asked once, remembered, checked, and replaced where that is declared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from omnicommerce.kernel.errors import AdapterError, InvalidValue
from omnicommerce.kernel.predicates import ALWAYS
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.tax import (
    CachedTaxService,
    Jurisdiction,
    Kept,
    RateShare,
    ServiceFailure,
    TaxAnswer,
    TaxBuyer,
    TaxConfiguration,
    TaxedAmount,
    TaxedBasket,
    TaxExemption,
    TaxPlace,
    TaxQuestion,
    TaxRequest,
    TaxService,
    TaxTable,
    TaxUnavailable,
    taxed,
    taxed_by,
)
from tests.pricing.tax.make import NOW, configurations, entries, place, rate, roundings

NEW_YORK = TaxBuyer(
    destination=Jurisdiction("US", "NY"), address={"postal_code": "10001"}, customer_id="c1"
)


class CountyTaxes:
    """An example of an adapter: state and county tax by postal code, as a service would tell."""

    COUNTIES = {"10001": ("4", "4.5"), "12201": ("4", "4")}  # noqa: RUF012 - nobody changes it

    def __init__(self) -> None:
        self.requests: list[TaxRequest] = []

    def tax(self, request: TaxRequest) -> TaxAnswer:
        """Return the taxes of the postal code; unknown ones are an outage."""
        self.requests.append(request)
        code = request.buyer.address.get("postal_code", "")
        try:
            state, county = (Rate.percent(one) for one in self.COUNTIES[code])
        except KeyError as error:
            raise TaxUnavailable(f"no county has the postal code {code!r}") from error
        taxes = tuple(self._taxes(one, state, county) for one in request.questions)
        return TaxAnswer(taxes, f"quote-{len(self.requests)}")

    @staticmethod
    def _taxes(question: TaxQuestion, state: Rate, county: Rate) -> tuple[RateShare, ...]:
        if question.tax_class == "zero":
            return ()
        whole = 1 + question.includes_tax * (state.value + county.value)
        return tuple(
            RateShare(name, one, Rate(one.value / whole).of(question.minor, RoundingMode.HALF_UP))
            for name, one in (("county", county), ("state", state))
        )


class Broken:
    """A service that answers nonsense."""

    def __init__(self, *taxes: Any) -> None:
        self.taxes = taxes

    def tax(self, request: TaxRequest) -> TaxAnswer:
        """Return what it was made with, whatever is asked."""
        assert request.questions
        return TaxAnswer(self.taxes)


def ask(
    service: TaxService,
    *items: TaxedAmount,
    where: TaxPlace | None = None,
    buyer: TaxBuyer = NEW_YORK,
    **options: Any,
) -> TaxedBasket:
    """Return the tax that a service works out for items without tax."""
    return taxed_by(
        service,
        items or [TaxedAmount("1", 1000, "standard")],
        place=where or place(includes_tax=False),
        buyer=buyer,
        at=NOW,
        **options,
    )


class TestAnswer:
    """Its answer becomes the same kind of result as the shop's own rates make."""

    def test_taxes(self) -> None:
        """Each amount has the taxes that the service told, each with its name and rate."""
        result = ask(
            CountyTaxes(), TaxedAmount("a", 1000, "standard"), TaxedAmount("b", 500, "zero")
        )
        assert result.total == (1500, 85, 1585)
        assert [(line.name, line.base, line.tax) for line in result.rates] == [
            ("county", 1000, 45),
            ("state", 1000, 40),
        ]
        assert result.item("b").shares == ()
        assert result.reference == "quote-1"
        assert [note.code for note in result.notes] == ["tax.service"]

    def test_what_is_asked(self) -> None:
        """The service is told what costs how much, who buys, and where it goes."""
        service = CountyTaxes()
        taxed_by(
            service,
            [TaxedAmount("a", 1000, "standard", 2)],
            [TaxedAmount("post", 500, "standard")],
            [TaxedAmount("wrap", -100, "standard", includes_tax=True)],
            place=place(includes_tax=False),
            buyer=NEW_YORK,
            at=NOW,
        )
        (request,) = service.requests
        assert request.buyer == NEW_YORK
        assert request.questions == (
            TaxQuestion("item", "a", 1000, "standard", 2, includes_tax=False),
            TaxQuestion("delivery", "post", 500, "standard", 1, includes_tax=False),
            TaxQuestion("surcharge", "wrap", -100, "standard", 1, includes_tax=True),
        )

    @given(configurations(roundings(halves=True)), entries(), entries("d", 2))
    def test_net_and_tax_sum_to_gross(
        self,
        configuration: TaxConfiguration,
        items: list[TaxedAmount],
        delivery: list[TaxedAmount],
    ) -> None:
        """Pricing 9: on every line and in total, and what was entered stays as it was."""
        where = TaxTable.compile(configuration, "USD").place(at=NOW)
        result = taxed_by(CountyTaxes(), items, delivery, place=where, buyer=NEW_YORK, at=NOW)
        for entry, answer in zip(
            [*items, *delivery], [*result.items, *result.delivery], strict=True
        ):
            assert entry.minor == (answer.gross if answer.includes_tax else answer.net)
            assert answer.net + answer.tax == answer.gross

    def test_the_shop_frees_and_converts(self) -> None:
        """The shop's own rates say what an amount is before the service taxes it."""
        configuration = TaxConfiguration(
            rates=[rate(21, country="ES")],
            home=Jurisdiction("ES"),
            destination_keeps=Kept.NET,
            exemptions=[TaxExemption(exemption_id="trade", when=ALWAYS)],
        )
        table = TaxTable.compile(configuration, "EUR")
        service = CountyTaxes()
        where = table.place(country="US", at=NOW, exempt=table.exemptions({}))
        ask(service, TaxedAmount("1", 12_100), where=where)
        assert service.requests[0].questions[0].minor == 10_000
        assert service.requests[0].exemptions == ("trade",)


class TestFailure:
    """An outage is told, or the shop's own rates stand in: as the configuration says."""

    NOWHERE = TaxBuyer(destination=Jurisdiction("US", "NY"))

    def test_refused(self) -> None:
        """By default there is no quote without the service's answer; its own error is kept."""
        with pytest.raises(TaxUnavailable) as caught:
            ask(CountyTaxes(), buyer=self.NOWHERE)
        assert isinstance(caught.value, AdapterError)
        assert isinstance(caught.value.__cause__, KeyError)

    def test_own_rates_stand_in(self) -> None:
        """Where that is declared the quote has the table's tax, and says so."""
        where = place(rate(8), includes_tax=False, service_failure=ServiceFailure.TABLE)
        items = [TaxedAmount("1", 1000)]
        result = ask(CountyTaxes(), *items, where=where, buyer=self.NOWHERE)
        assert result.total == taxed(items, place=where).total == (1000, 80, 1080)
        assert [note.code for note in result.notes] == ["tax.fallback"]

    @pytest.mark.parametrize(
        ("answer", "problem"),
        [
            ((), "asked for 1 taxes, and told 0"),
            (((), ()), "told 2"),
            (((RateShare("x", Rate.percent(5), 0.5),),), "whole minor units"),  # type: ignore[arg-type] # what is tried
            (((RateShare("x", Rate.percent(5), 1001),),), "more than the amount"),
        ],
    )
    def test_nonsense_is_no_answer(self, answer: Any, problem: str) -> None:
        """Too few taxes, parts of a cent, or more tax than price: as bad as no answer."""
        items = [TaxedAmount("1", 1000)]
        with pytest.raises(TaxUnavailable, match=problem):
            ask(Broken(*answer), *items, where=place(includes_tax=True))
        lenient = place(includes_tax=True, service_failure=ServiceFailure.TABLE)
        assert ask(Broken(*answer), *items, where=lenient).total.gross == 1000


class TestMemory:
    """Equal questions are asked once."""

    def _request(self, minor: int = 1000, after: timedelta = timedelta()) -> TaxRequest:
        service = CountyTaxes()
        ask(service, TaxedAmount("1", minor, "standard"))
        (request,) = service.requests
        return TaxRequest(
            currency=request.currency,
            at=NOW + after,
            buyer=request.buyer,
            questions=request.questions,
        )

    def test_by_content(self) -> None:
        """The same question has the same answer, another one another."""
        service = CountyTaxes()
        cached = CachedTaxService(service)
        first = cached.tax(self._request())
        again = cached.tax(self._request(after=timedelta(minutes=59)))
        assert first == again
        assert cached.tax(self._request(2000)) != first
        assert len(service.requests) == 2

    @pytest.mark.parametrize("after", [timedelta(hours=1), timedelta(seconds=-1)])
    def test_for_a_while(self, after: timedelta) -> None:
        """An answer counts for an hour from its instant on, and for no instant before."""
        service = CountyTaxes()
        cached = CachedTaxService(service)
        cached.tax(self._request())
        cached.tax(self._request(after=after))
        assert len(service.requests) == 2

    def test_not_for_ever(self) -> None:
        """What was not asked for longest is forgotten first."""
        service = CountyTaxes()
        cached = CachedTaxService(service, capacity=2)
        for minor in (1, 2, 1, 3, 1, 2):
            cached.tax(self._request(minor))
        assert [one.questions[0].minor for one in service.requests] == [1, 2, 3, 2]

    def test_failures_are_not_remembered(self) -> None:
        """Neither an outage nor nonsense is kept as an answer."""
        cached = CachedTaxService(Broken())
        for _ in range(2):
            with pytest.raises(TaxUnavailable):
                cached.tax(self._request())

    @pytest.mark.parametrize("options", [{"keep": timedelta()}, {"capacity": 0}])
    def test_bad_input(self, options: dict[str, Any]) -> None:
        """A memory that keeps nothing is refused."""
        with pytest.raises(InvalidValue):
            CachedTaxService(CountyTaxes(), **options)
