"""Which rates hold where and when, for whom, and what becomes of prices that hold other ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.kernel.predicates import ALWAYS, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import Rounding, RoundingLevel, RoundingMode
from omnicommerce.kernel.window import WeeklySpan, Window
from omnicommerce.pricing.tax import (
    BUYER_EXEMPT,
    DeliveryTax,
    Jurisdiction,
    Kept,
    PriceBasis,
    TaxConfiguration,
    TaxedAmount,
    TaxedBasket,
    TaxExemption,
    TaxPlace,
    TaxRate,
    TaxTable,
    at_destination,
    taxed,
)
from tests.pricing.tax.make import HALVES, NOW, amounts, place, rate

SPAIN = Jurisdiction("ES")
EUROPE = (
    rate(21, "standard", country="ES", name="IVA"),
    rate(4, "book", country="ES", name="IVA"),
    rate(7, "standard", country="ES", region="GC", name="IGIC", replaces={"IVA"}),
    rate(25, "standard", country="SE", name="moms"),
    rate(6, "book", country="SE", name="moms"),
)


def there(configuration: TaxConfiguration, country: str | None = None, **options: Any) -> TaxPlace:
    """Return what a configuration levies in a country."""
    return TaxTable.compile(configuration, "EUR").place(country=country, at=NOW, **options)


def percents(where: TaxPlace, tax_class: str | None) -> list[str]:
    """Return the rates of a class as people write them."""
    return [str(one) for one in where.rates_of(tax_class)]


class TestRates:
    """A class has one rate of each tax in each place, and the default where it has none."""

    @pytest.mark.parametrize(
        ("tax_class", "country", "region", "expected"),
        [
            ("standard", "ES", None, ["21%"]),
            ("book", "ES", None, ["4%"]),
            ("standard", "ES", "MD", ["21%"]),
            ("standard", "ES", "GC", ["7%"]),
            ("book", "ES", "GC", ["4%"]),
            ("standard", "SE", None, ["25%"]),
            ("standard", "US", None, []),
            ("wine", "ES", None, []),
            (None, "ES", None, []),
        ],
    )
    def test_by_class_and_place(
        self, tax_class: str | None, country: str, region: str | None, expected: list[str]
    ) -> None:
        """The region's rate takes the place of the country's; no rate is no tax."""
        where = there(TaxConfiguration(rates=EUROPE), country, region=region)
        assert percents(where, tax_class) == expected

    def test_default_rate(self) -> None:
        """A rate without class and country holds for every class and country without its own."""
        configuration = TaxConfiguration(rates=[*EUROPE, rate(10), rate(3, "wine")])
        assert percents(there(configuration, "US"), "standard") == ["10%"]
        assert percents(there(configuration, "US"), None) == ["10%"]
        assert percents(there(configuration, "US"), "wine") == ["3%"]
        assert percents(there(configuration, "SE"), "book") == ["6%"]

    def test_default_class(self) -> None:
        """What names no class is taxed as the default class."""
        configuration = TaxConfiguration(rates=EUROPE, default_class="standard")
        assert percents(there(configuration, "SE"), None) == ["25%"]
        assert percents(there(TaxConfiguration(rates=EUROPE), "SE"), None) == []

    def test_nobody_said_where(self) -> None:
        """Without a destination the rates are those of home."""
        configuration = TaxConfiguration(rates=EUROPE, home=Jurisdiction("ES", "GC"))
        assert percents(there(configuration), "standard") == ["7%"]

    def test_several_taxes_at_once(self) -> None:
        """GST and PST hold together, HST takes the place of GST, and a class is free of one."""
        rates = [
            rate(5, name="GST", country="CA"),
            rate(7, name="PST", country="CA", region="BC"),
            rate(0, "book", name="PST", country="CA", region="BC"),
            rate(13, name="HST", country="CA", region="ON", replaces={"GST"}),
        ]
        configuration = TaxConfiguration(rates=rates)
        seen = {
            region: percents(there(configuration, "CA", region=region), "standard")
            for region in ("AB", "BC", "ON")
        }
        assert seen == {"AB": ["5%"], "BC": ["5%", "7%"], "ON": ["13%"]}
        assert percents(there(configuration, "CA", region="BC"), "book") == ["5%", "0%"]

    def test_tax_on_tax(self) -> None:
        """A tax that is levied on another one has the larger base, as Quebec's had."""
        gst = rate(5, name="GST")
        both = place(gst, rate("9.5", name="QST", on_top_of={"GST"}), includes_tax=False)
        plain = place(gst, rate("9.5", name="QST"), includes_tax=False)
        item = [TaxedAmount("1", 10_000)]
        assert [line.tax for line in taxed(item, place=both).rates] == [500, 998]
        assert [line.tax for line in taxed(item, place=plain).rates] == [500, 950]

    def test_windows_are_half_open(self) -> None:
        """Pricing 41: a new rate holds from its first instant on, the old one until then."""
        turn = datetime(2024, 8, 31, 21, tzinfo=UTC)
        old = rate(24, country="FI", window=Window(ends_at=turn))
        new = rate("25.5", country="FI", window=Window(starts_at=turn))
        table = TaxTable.compile(TaxConfiguration(rates=[old, new]), "EUR")
        instants = [turn - timedelta(microseconds=1), turn, turn - timedelta(microseconds=1)]
        seen = [percents(table.place(country="FI", at=at), None) for at in instants]
        assert seen == [["24%"], ["25.5%"], ["24%"]]

    @given(st.lists(st.integers(-4, 4), min_size=2, max_size=2), st.integers(-40, 40))
    def test_only_boundaries_matter(self, days: list[int], hours: int) -> None:
        """Pricing 42: the rate of an instant is that of the window it lies in, nothing else."""
        first, last = sorted(days)
        start, end = NOW + timedelta(days=first), NOW + timedelta(days=last + 1)
        table = TaxTable.compile(
            TaxConfiguration(
                rates=[rate(9, "a", window=Window.between(start, end)), rate(3)],
                includes_tax=False,
            ),
            "EUR",
        )
        at = NOW + timedelta(hours=hours)
        expected = "9%" if start <= at < end else "3%"
        assert percents(table.place(at=at), "a") == [expected]

    def test_strangers_are_not_kept(self) -> None:
        """Regions that have no rates of their own leave nothing behind."""
        table = TaxTable.compile(TaxConfiguration(rates=EUROPE), "EUR")
        places = {id(table.place(country="ES", region=f"r{n}", at=NOW)) for n in range(50)}
        assert len(places) == 1


class TestBasis:
    """Prices are entered with tax or without: here by shop, channel, country or amount."""

    def test_first_basis_that_holds(self) -> None:
        """The first basis whose condition holds says it, else the shop."""
        table = TaxTable.compile(
            TaxConfiguration(
                bases=[
                    PriceBasis(OneOf("country", {"US", "CA"}), includes_tax=False),
                    PriceBasis(OneOf("channel", {"b2b"}), includes_tax=False),
                    PriceBasis(OneOf("channel", {"b2b", "web"}), includes_tax=True),
                ],
                includes_tax=False,
            ),
            "EUR",
        )
        seen = [
            table.includes_tax({"channel": frozenset({channel}), "country": frozenset({country})})
            for channel, country in (
                ("web", "US"),
                ("b2b", "ES"),
                ("web", "ES"),
                ("store", "ES"),
            )
        ]
        assert seen == [False, False, True, False]

    def test_the_situation_decides_and_an_amount_may_differ(self) -> None:
        """An amount that says so itself is an exception to the basis of the situation."""
        where = place(rate(10, "standard"))
        items = [
            *amounts(1000),
            TaxedAmount("own", 1000, "standard", includes_tax=True),
        ]
        result = taxed(items, place=where, includes_tax=False)
        assert [item.gross for item in result.items] == [1100, 1000]

    def test_saying_what_is_so_anyway(self) -> None:
        """An amount that says of itself what the shop says of all keeps its place among them."""
        said = (None, False, None, True, False)
        items = [
            TaxedAmount(f"{minor}", minor, "standard", includes_tax=own)
            for minor, own in zip((100, 200, 300, 440, 500), said, strict=True)
        ]
        result = taxed(items, place=place(rate(10, "standard"), includes_tax=False))
        assert [item.net for item in result.items] == [100, 200, 300, 400, 500]
        quiet = taxed(items[:3], place=place(rate(10, "standard"), includes_tax=False))
        assert [item.gross for item in quiet.items] == [110, 220, 330]


class TestDestination:
    """A price holds the tax of home: elsewhere either what is paid stays, or what is earned."""

    def _sold(self, kept: Kept, country: str, minor: int = 12_100, **options: Any) -> TaxedBasket:
        configuration = TaxConfiguration(rates=EUROPE, home=SPAIN, destination_keeps=kept)
        where = there(configuration, country, **options)
        return taxed([TaxedAmount("1", minor, "standard")], place=where)

    @pytest.mark.parametrize("country", ["ES", "SE", "US"])
    def test_keep_gross(self, country: str) -> None:
        """Everybody pays the same, and the shop is left with what the tax there leaves."""
        assert self._sold(Kept.GROSS, country).total.gross == 12_100

    @pytest.mark.parametrize(("country", "gross"), [("ES", 12_100), ("SE", 12_500), ("US", 10_000)])
    def test_keep_net(self, country: str, gross: int) -> None:
        """The shop is left with the same, and everybody pays the tax of their own country."""
        assert self._sold(Kept.NET, country).total == (10_000, gross - 10_000, gross)

    @given(st.integers(0, 10**6), st.sampled_from(["ES", "SE", "US"]))
    def test_keep_net_is_rounded_once(self, minor: int, country: str) -> None:
        """What is paid is the exact net with the other tax, rounded once; the net a unit off."""
        total = self._sold(Kept.NET, country, minor).total
        rates = {"ES": Fraction(21, 100), "SE": Fraction(1, 4), "US": Fraction(0)}
        exact = Fraction(minor) / (1 + rates["ES"])
        assert abs(total.gross - exact * (1 + rates[country])) <= Fraction(1, 2)
        assert abs(total.net - exact) < 1

    @given(st.integers(0, 10**5), st.sampled_from(HALVES))
    def test_prices_may_be_converted_before(self, minor: int, mode: RoundingMode) -> None:
        """Prices turned before promotions are taxed as they are, to the same result."""
        configuration = TaxConfiguration(
            rates=EUROPE,
            home=SPAIN,
            destination_keeps=Kept.NET,
            rounding=Rounding(mode=mode),
        )
        table = TaxTable.compile(configuration, "EUR")
        home, sweden = (table.place(country=one, at=NOW) for one in ("ES", "SE"))
        turned = at_destination(minor, home.rates_of("standard"), sweden.rates_of("standard"), mode)
        ready = table.place(country="SE", at=NOW, converted=True)
        before = taxed([TaxedAmount("1", turned, "standard")], place=ready)
        after = taxed([TaxedAmount("1", minor, "standard")], place=sweden)
        assert before.total == after.total

    def test_by_the_unit(self) -> None:
        """Under unit rounding each unit is turned by itself: 3 × 9.99 at home is 3 × 10.32."""
        configuration = TaxConfiguration(
            rates=EUROPE,
            home=SPAIN,
            destination_keeps=Kept.NET,
            rounding=Rounding(level=RoundingLevel.UNIT),
        )
        items = [TaxedAmount("1", 3 * 999, "standard", 3)]
        assert taxed(items, place=there(configuration, "SE")).total.gross == 3 * 1032

    def test_prices_without_tax_get_the_tax_of_the_destination(self) -> None:
        """Net prices are net everywhere."""
        for kept in Kept:
            configuration = TaxConfiguration(
                rates=EUROPE, home=SPAIN, destination_keeps=kept, includes_tax=False
            )
            result = taxed(amounts(10_000), place=there(configuration, "SE"))
            assert result.total == (10_000, 2_500, 12_500)

    def test_an_amount_off_without_tax(self) -> None:
        """An amount off that is meant without tax lowers the net of the turned price."""
        configuration = TaxConfiguration(rates=EUROPE, home=SPAIN, destination_keeps=Kept.NET)
        item = TaxedAmount("1", 12_100, "standard", off_other_basis=1000)
        result = taxed([item], place=there(configuration, "SE"))
        assert result.items_total == result.total == (9_000, 2_250, 11_250)

    def test_it_is_told(self) -> None:
        """The trace says that prices were turned, and only then."""
        told = [step.reason.code for step in self._sold(Kept.NET, "SE").trace]
        assert told == ["tax.destination", "tax.rate"]
        codes = [[note.code for note in self._sold(Kept.NET, c).notes] for c in ("SE", "ES")]
        assert codes == [["tax.destination"], []]


class TestExemption:
    """Who owes no tax pays the price without it, or the shop keeps it."""

    COMPANY = OneOf("customer_class", {"company"})

    def _sold(self, *exemptions: TaxExemption, country: str = "SE", **options: Any) -> Any:
        configuration = TaxConfiguration(rates=EUROPE, home=SPAIN, exemptions=exemptions, **options)
        table = TaxTable.compile(configuration, "EUR")
        exempt = table.exemptions({"customer_class": frozenset({"company"})})
        where = table.place(country=country, at=NOW, exempt=exempt)
        return taxed(amounts(12_500), place=where)

    def test_pays_the_net_price(self) -> None:
        """A price with tax is paid without it: what a taxed customer there leaves the shop."""
        result = self._sold(TaxExemption(exemption_id="eu", when=self.COMPANY))
        assert result.total == (10_000, 0, 10_000)
        assert [note.code for note in result.notes] == ["tax.exempt"]
        assert result.notes[0].parameters == {"exemption": "eu"}

    def test_pays_the_net_price_of_home(self) -> None:
        """Where the net is what stays, it is that of home."""
        exemption = TaxExemption(exemption_id="eu", when=self.COMPANY)
        result = self._sold(exemption, destination_keeps=Kept.NET)
        assert result.total == (10_331, 0, 10_331)

    def test_pays_the_whole_price(self) -> None:
        """A shop may keep its gross prices for the exempt."""
        exemption = TaxExemption(exemption_id="eu", when=self.COMPANY, keeps=Kept.GROSS)
        assert self._sold(exemption).total == (12_500, 0, 12_500)

    def test_net_prices_stay(self) -> None:
        """A price without tax is what the exempt pay."""
        exemption = TaxExemption(exemption_id="eu", when=self.COMPANY)
        assert self._sold(exemption, includes_tax=False).total == (12_500, 0, 12_500)

    def test_not_everybody_and_not_everything(self) -> None:
        """An exemption is for whom its condition names, for its taxes and its classes."""
        others = TaxExemption(exemption_id="embassy", when=OneOf("customer_class", {"embassy"}))
        books = TaxExemption(exemption_id="books", when=ALWAYS, tax_classes={"book"})
        iva = TaxExemption(exemption_id="iva", when=ALWAYS, taxes={"IVA"})
        assert self._sold(others, books, iva).total == (10_000, 2_500, 12_500)
        assert self._sold(others, books, iva, country="ES").total.tax == 0

    def test_a_buyer_known_to_be_exempt(self) -> None:
        """Who is known to owe nothing needs no condition, and is not taken for another one."""
        namesake = TaxExemption(exemption_id="buyer", when=ALWAYS, taxes={"IVA"})
        table = TaxTable.compile(TaxConfiguration(rates=EUROPE, exemptions=[namesake]), "EUR")
        taxes = [
            taxed(amounts(12_500), place=table.place(country="SE", at=NOW, exempt=[one])).total.tax
            for one in (namesake, BUYER_EXEMPT)
        ]
        assert taxes == [2_500, 0]

    def test_of_one_of_two_taxes(self) -> None:
        """Who is free of one tax pays the other one on the same net price."""
        configuration = TaxConfiguration(
            rates=[rate(5, name="GST"), rate(7, name="PST")],
            exemptions=[TaxExemption(exemption_id="pst", when=ALWAYS, taxes={"PST"})],
        )
        table = TaxTable.compile(configuration, "CAD")
        where = table.place(at=NOW, exempt=table.exemptions({}))
        assert taxed([TaxedAmount("1", 11_200)], place=where).total == (10_000, 500, 10_500)


class TestDelivery:
    """Delivery is taxed by its own class, as the basket on average, or as its highest."""

    ITEMS = (
        TaxedAmount("jam", 10_700, "food"),
        TaxedAmount("cup", 23_800, "standard"),
    )
    RATES = (rate(7, "food", name="MwSt"), rate(19, "standard", name="MwSt"))

    def _delivered(self, policy: DeliveryTax, *items: TaxedAmount, **options: Any) -> TaxedBasket:
        delivery = [TaxedAmount("post", 600, options.pop("tax_class", None))]
        where = place(*self.RATES, delivery=policy, **options)
        return taxed(items or self.ITEMS, delivery, place=where)

    def test_own_class(self) -> None:
        """By itself delivery is taxed by its class, and not at all without one."""
        assert self._delivered(DeliveryTax.OWN_CLASS).delivery_total.tax == 0
        own = self._delivered(DeliveryTax.OWN_CLASS, tax_class="standard")
        assert own.delivery_total == (504, 96, 600)

    def test_weighted(self) -> None:
        """100.00 at 7% and 200.00 at 19% make 15%, and receipts show each rate's part."""
        result = self._delivered(DeliveryTax.WEIGHTED)
        assert result.delivery_total == (522, 78, 600)
        shares = {str(share.rate): share.tax for share in result.delivery[0].shares}
        assert shares == {"7%": 12, "19%": 66}
        bases = {str(line.rate): line.base for line in result.rates}
        assert bases == {"7%": 10_000 + 174, "19%": 20_000 + 348}

    def test_weighted_by_what_is_paid(self) -> None:
        """Free items do not weigh; where all are free, each weighs the same."""
        cup, jam = self.ITEMS[1], self.ITEMS[0]._replace(minor=0)
        assert self._delivered(DeliveryTax.WEIGHTED, cup, jam).delivery_total.tax == 96
        both = self._delivered(DeliveryTax.WEIGHTED, cup._replace(minor=0), jam)
        assert both.delivery_total.tax == 69  # 13%

    def test_weighted_of_nothing(self) -> None:
        """Without items delivery is taxed by its own class."""
        where = place(*self.RATES, delivery=DeliveryTax.WEIGHTED)
        result = taxed([], [TaxedAmount("post", 600, "standard")], place=where)
        assert result.delivery_total.tax == 96

    def test_highest(self) -> None:
        """The highest rate of what costs something."""
        assert self._delivered(DeliveryTax.HIGHEST).delivery_total.tax == 96
        free = self.ITEMS[1]._replace(minor=0)
        result = self._delivered(DeliveryTax.HIGHEST, self.ITEMS[0], free)
        assert result.delivery_total.tax == 39

    @given(st.sampled_from(DeliveryTax), st.booleans())
    def test_prices_without_tax(self, policy: DeliveryTax, included: bool) -> None:  # noqa: FBT001 - a generated case
        """The average is of net amounts, so it is the same whichever basis items are entered in."""
        with_tax = self._delivered(policy)
        net = [
            TaxedAmount(item.key, item.net, entry.tax_class)
            for item, entry in zip(with_tax.items, self.ITEMS, strict=True)
        ]
        where = place(*self.RATES, delivery=policy, includes_tax=False)
        post = [TaxedAmount("post", 600, includes_tax=included)]
        result = taxed(net, post, place=where)
        if included:
            assert result.delivery_total == with_tax.delivery_total
        else:
            assert result.delivery_total.net == 600

    def test_overlapping_bases(self) -> None:
        """Two taxes on the same goods both have the whole of the delivery as their base."""
        where = place(
            rate(5, name="GST"),
            rate(7, name="PST"),
            delivery=DeliveryTax.WEIGHTED,
            includes_tax=False,
        )
        result = taxed([TaxedAmount("1", 1000)], [TaxedAmount("post", 500)], place=where)
        assert [(line.base, line.tax) for line in result.rates] == [(1500, 75), (1500, 105)]


class TestBadInput:
    """What cannot be meant is refused when the configuration is made or compiled."""

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"rate": Rate.percent(-1)}, "zero or more"),
            ({"rate": 21}, "must be a rate"),
            ({"country": "Spain"}, "two capital letters"),
            ({"country": "es"}, "two capital letters"),
            ({"region": "GC"}, "needs its country"),
            ({"replaces": {"IVA"}}, "only the rate of a region"),
            ({"name": " "}, "printable"),
            ({"on_top_of": "GST"}, "set of texts"),
            ({"window": Window(weekly=[WeeklySpan.parse("Fri 10:00-12:00")])}, "opening hours"),
        ],
    )
    def test_rate(self, options: dict[str, Any], problem: str) -> None:
        """A rate that no place can have is refused."""
        with pytest.raises(InvalidValue, match=problem):
            TaxRate(**{"rate": Rate.percent(21), **options})

    @pytest.mark.parametrize(
        ("rates", "path"),
        [
            ([rate(4), rate(5)], "$.tax.rates[1].window"),
            (
                [
                    rate(24, country="FI", window=Window(ends_at=NOW)),
                    rate(25, country="FI", window=Window(starts_at=NOW - timedelta(days=1))),
                ],
                "$.tax.rates[1].window",
            ),
            ([rate(4, on_top_of={"GST"})], "$.tax.rates[0].on_top_of"),
            ([rate(4, on_top_of={"tax"})], "$.tax.rates[0].on_top_of"),
            (
                [rate(4, name="a", on_top_of={"b"}), rate(4, name="b", on_top_of={"a"})],
                "$.tax.rates[0].on_top_of",
            ),
            ([rate(4, country="ES", region="GC", replaces={"x"})], "$.tax.rates[0].replaces"),
        ],
        ids=["twice", "overlapping", "unknown below", "itself", "cycle", "unknown replaced"],
    )
    def test_rates_together(self, rates: list[TaxRate], path: str) -> None:
        """Rates that meet, or refer to nothing, are refused with their path."""
        with pytest.raises(InvalidConfiguration) as caught:
            TaxTable.compile(TaxConfiguration(rates=rates), "EUR")
        assert caught.value.path == path

    def test_exemptions_together(self) -> None:
        """Exemptions have identities, and free from taxes that there are."""
        one = TaxExemption(exemption_id="a", when=ALWAYS)
        for exemptions, path in (
            ([one, one], "$.tax.exemptions[1].exemption_id"),
            ([attrs.evolve(one, taxes={"VAT"})], "$.tax.exemptions[0].taxes"),
        ):
            with pytest.raises(InvalidConfiguration) as caught:
                TaxTable.compile(TaxConfiguration(exemptions=exemptions), "EUR")
            assert caught.value.path == path

    def test_net_needs_a_home(self) -> None:
        """Nobody knows the net of a price that holds an unknown tax."""
        with pytest.raises(InvalidValue, match="home"):
            TaxConfiguration(destination_keeps=Kept.NET)

    @pytest.mark.parametrize("country", ["es", "ESP", "", "E1"])
    def test_destination(self, country: str) -> None:
        """A destination that would find no rate by its spelling is refused, not taxed at 0."""
        with pytest.raises(InvalidValue, match="two capital letters"):
            there(TaxConfiguration(rates=EUROPE), country)

    def test_naive_instant(self) -> None:
        """An instant without zone is refused."""
        with pytest.raises(InvalidValue):
            TaxTable.compile(TaxConfiguration(), "EUR").place(at=datetime(2026, 1, 1))
