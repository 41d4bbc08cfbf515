"""The laws of tax: 7, 9, 10, 11, 14, 17, 18, 21, 24, 27, 34 and 35 of the pricing invariants."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RemainderSide, Rounding, RoundingLevel, RoundingMode
from omnicommerce.pricing.tax import (
    DeliveryTax,
    TaxConfiguration,
    TaxedAmount,
    TaxTable,
    taxed,
    with_tax,
    without_tax,
)
from tests.pricing.tax.make import (
    HALVES,
    NOW,
    by_key,
    configurations,
    entries,
    exact_shares,
    rate,
    roundings,
    tax,
)

baskets = st.tuples(entries("i"), entries("d", 2), entries("s", 2))
by_line = roundings(levels=[RoundingLevel.LINE], halves=True)
by_order = roundings(levels=[RoundingLevel.ORDER], halves=True)
by_unit = roundings(levels=[RoundingLevel.UNIT], halves=True)
Basket = tuple[list[TaxedAmount], list[TaxedAmount], list[TaxedAmount]]


class TestSums:
    """Net and tax sum to gross, whatever is rounded, and nothing is lost on the way up."""

    @given(configurations(), baskets)
    def test_net_and_tax_sum_to_gross(
        self, configuration: TaxConfiguration, basket: Basket
    ) -> None:
        """Pricing 9: on every line and in total; what was entered stays as it was."""
        result = tax(configuration, *basket)
        answers = [*result.items, *result.delivery, *result.surcharges]
        for entry, answer in zip(result.entries, answers, strict=True):
            included = (
                configuration.includes_tax if entry.includes_tax is None else entry.includes_tax
            )
            assert answer.net + answer.tax == answer.gross
            assert entry.minor == (answer.gross if included else answer.net)
            assert answer.tax == sum(share.tax for share in answer.shares)
        assert result.total.net + result.total.tax == result.total.gross
        assert result.total.net == sum(answer.net for answer in answers)
        assert result.total.gross == sum(answer.gross for answer in answers)

    @given(configurations(), baskets)
    def test_the_rates_sum_to_the_tax(
        self, configuration: TaxConfiguration, basket: Basket
    ) -> None:
        """Pricing 10: the foot of the receipt, by tax and rate, is the sum of all shares."""
        result = tax(configuration, *basket)
        assert result.total.tax == sum(line.tax for line in result.rates)
        assert result.total.tax == sum(result.by_rate.values())

    @given(configurations(), baskets)
    def test_everything_is_whole_and_not_negative(
        self, configuration: TaxConfiguration, basket: Basket
    ) -> None:
        """Pricing 7, 11: whole minor units, none of them below zero, by every mode and level."""
        result = tax(configuration, *basket)
        for answer in (*result.items, *result.delivery, *result.surcharges):
            figures = (answer.net, answer.tax, *(share.tax for share in answer.shares))
            assert all(type(figure) is int and figure >= 0 for figure in figures)


class TestRounding:
    """Each tax is rounded once, at the level that the shop names, and never drifts further."""

    @given(configurations(by_line), entries())
    def test_by_line(self, configuration: TaxConfiguration, items: list[TaxedAmount]) -> None:
        """Pricing 10: the order's tax is the sum of its lines', each half a unit off at most."""
        where = TaxTable.compile(configuration, "EUR").place(at=NOW)
        result = taxed(items, place=where)
        assert result.total.tax == sum(item.tax for item in result.items)
        for entry, answer in zip(items, result.items, strict=True):
            exact = exact_shares(where, entry, includes_tax=answer.includes_tax)
            allowed = Fraction(1, 2)
            if answer.includes_tax and configuration.rounding.remainder is RemainderSide.TAX:
                # The net is rounded once, and the rest split: half a unit, and a part of a unit.
                assert abs(answer.tax - sum(exact.values(), Fraction(0))) <= allowed
                allowed = Fraction(3, 2) if len(exact) > 1 else allowed
            for share in answer.shares:
                assert abs(share.tax - exact[share.name, share.rate]) <= allowed

    @given(configurations(by_order), baskets)
    def test_by_order(self, configuration: TaxConfiguration, basket: Basket) -> None:
        """Pricing 10: each tax of the order is half a unit off its exact sum at most."""
        configuration = attrs.evolve(configuration, delivery=DeliveryTax.OWN_CLASS)
        where = TaxTable.compile(configuration, "EUR").place(at=NOW)
        result = taxed(*basket, place=where)
        exact: dict[Any, Fraction] = {}
        for entry in result.entries:
            own = entry.includes_tax
            included = configuration.includes_tax if own is None else own
            for key, value in exact_shares(where, entry, includes_tax=included).items():
                exact[key] = exact.get(key, Fraction(0)) + value
        for line in result.rates:
            assert abs(line.tax - exact[line.name, line.rate]) <= Fraction(1, 2)

    @given(
        st.lists(st.integers(0, 20_000), min_size=1, max_size=8),
        st.booleans(),
        by_order,
    )
    def test_shares_of_the_order_are_neighbours(
        self,
        minors: list[int],
        included: bool,  # noqa: FBT001 - a generated case
        rounding: Rounding,
    ) -> None:
        """Pricing 10: under order rounding each line has its exact tax rounded up or down."""
        configuration = TaxConfiguration(
            rates=[rate(21, "standard")], includes_tax=included, rounding=rounding
        )
        items = [TaxedAmount(str(n), minor, "standard") for n, minor in enumerate(minors)]
        where = TaxTable.compile(configuration, "EUR").place(at=NOW)
        for entry, answer in zip(items, taxed(items, place=where).items, strict=True):
            (exact,) = exact_shares(where, entry, includes_tax=included).values()
            assert abs(answer.tax - exact) < 1

    @given(configurations(by_unit), entries())
    def test_drift_by_unit(self, configuration: TaxConfiguration, items: list[TaxedAmount]) -> None:
        """Pricing 10: rounding by the unit drifts half a unit for each of them and no further."""
        where = TaxTable.compile(configuration, "EUR").place(at=NOW)
        for entry, answer in zip(items, taxed(items, place=where).items, strict=True):
            exact = exact_shares(where, entry, includes_tax=answer.includes_tax)
            taxes = max(1, len(exact))
            drift = abs(answer.tax - sum(exact.values(), Fraction(0)))
            assert drift <= Fraction(entry.quantity * taxes, 2)

    def test_drift_by_unit_is_real(self) -> None:
        """Pricing 10: the bound is reached, so the level matters: 100 units of 0.02 at 25%."""
        items = [TaxedAmount("1", 200, "standard", 100)]
        drift = {
            level: tax(
                TaxConfiguration(
                    rates=[rate(25, "standard")],
                    includes_tax=False,
                    rounding=Rounding(level=level),
                ),
                items,
            ).total.tax
            for level in RoundingLevel
        }
        assert drift == {RoundingLevel.UNIT: 100, RoundingLevel.LINE: 50, RoundingLevel.ORDER: 50}

    @given(configurations(roundings(levels=[RoundingLevel.LINE])), entries())
    def test_units_do_not_matter_by_line(
        self, configuration: TaxConfiguration, items: list[TaxedAmount]
    ) -> None:
        """Pricing 10: under line rounding the error does not grow with the quantity."""
        many = [entry._replace(quantity=1000) for entry in items]
        assert by_key(tax(configuration, items)) == by_key(tax(configuration, many))

    def test_the_side_that_is_rounded(self) -> None:
        """Pricing 9: 1.00 with 100/3 % is 0.75 and 0.25; of 0.50 the half cent goes by the side."""
        sides = {}
        for side in RemainderSide:
            configuration = TaxConfiguration(
                rates=[rate("100/3", "standard")], rounding=Rounding(remainder=side)
            )
            sides[side] = tax(configuration, [TaxedAmount("1", 50, "standard")]).total[:2]
        assert sides == {RemainderSide.NET: (37, 13), RemainderSide.TAX: (38, 12)}


class TestTinyAmounts:
    """Several taxes of a cent, each rounded, never take more than the cent."""

    TWO = (rate(5, "standard", name="GST"), rate(5, "standard", name="PST"))

    def test_by_line(self) -> None:
        """Pricing 11: 0.01 with two taxes rounded up is all tax, and no net below zero."""
        rounding = Rounding(mode=RoundingMode.UP)
        configuration = TaxConfiguration(rates=self.TWO, rounding=rounding)
        assert tax(configuration, [TaxedAmount("1", 1, "standard")]).total == (0, 1, 1)

    def test_by_order(self) -> None:
        """Pricing 11: of 30 lines of 0.01, each gives its cent to one of the taxes at most."""
        rounding = Rounding(level=RoundingLevel.ORDER)
        configuration = TaxConfiguration(rates=self.TWO, rounding=rounding)
        items = [TaxedAmount(f"{n:02d}", 1, "standard") for n in range(30)]
        result = tax(configuration, items)
        assert [line.tax for line in result.rates] == [1, 1]
        assert [item.net for item in result.items] == [0, 0] + [1] * 28


class TestNothing:
    """What costs nothing is taxed at exactly nothing."""

    @given(configurations(), baskets)
    def test_all_off_is_exactly_zero(self, configuration: TaxConfiguration, basket: Basket) -> None:
        """Pricing 14: a reduction of 100% leaves no net, no tax and no cent of either."""
        free = [[entry._replace(minor=0) for entry in part] for part in basket]
        assert tax(configuration, *free).total == (0, 0, 0)

    @given(configurations(), entries())
    def test_free_items_beside_others_have_no_tax(
        self, configuration: TaxConfiguration, items: list[TaxedAmount]
    ) -> None:
        """Pricing 14: no level of rounding ever gives a free line a share of the tax."""
        items = [e._replace(minor=0) if n % 2 else e for n, e in enumerate(items)]
        for entry, answer in zip(items, tax(configuration, items).items, strict=True):
            assert entry.minor or answer[1:3] == (0, 0)

    @given(configurations(), st.integers(0, 5000), st.integers(0, 9000))
    def test_fixed_amount_in_the_other_basis(
        self, configuration: TaxConfiguration, minor: int, off: int
    ) -> None:
        """Pricing 14: a fixed amount off in the other basis lowers that one by itself, or to 0."""
        entry = TaxedAmount("1", minor, "standard", 3)
        level, by_itself = configuration.rounding.level, configuration
        if level is RoundingLevel.ORDER:  # the amount that it is taken off is that of the line
            rounding = attrs.evolve(configuration.rounding, level=RoundingLevel.LINE)
            by_itself = attrs.evolve(configuration, rounding=rounding)
        before = tax(by_itself, [entry]).total
        after = tax(configuration, [entry._replace(off_other_basis=off)]).total
        if configuration.includes_tax:
            assert after.net == max(0, before.net - off)
        else:
            assert after.gross == max(0, before.gross - off)
        assert after.net + after.tax == after.gross


class TestSymmetry:
    """Nothing depends on how a basket is written down."""

    @given(configurations(), entries(), st.randoms(use_true_random=False))
    def test_order_of_lines(
        self, configuration: TaxConfiguration, items: list[TaxedAmount], random: Any
    ) -> None:
        """Pricing 17: lines in another order have the same figures, cents included."""
        shuffled = list(items)
        random.shuffle(shuffled)
        assert by_key(tax(configuration, items)) == by_key(tax(configuration, shuffled))

    @given(configurations(by_line), st.integers(0, 5000), st.integers(0, 5000))
    def test_splitting_a_line(self, configuration: TaxConfiguration, one: int, other: int) -> None:
        """Pricing 18: two lines for one differ by at most half a unit for each of their taxes."""
        whole = tax(configuration, [TaxedAmount("1", one + other, "standard")])
        parts = tax(
            configuration,
            [TaxedAmount("1", one, "standard"), TaxedAmount("2", other, "standard")],
        )
        taxes = max(1, len(whole.rates))
        # Three amounts are rounded, each half a unit off at most for each tax.
        assert abs(whole.total.tax - parts.total.tax) <= Fraction(3 * taxes, 2)

    @given(configurations(by_order), st.integers(0, 5000), st.integers(0, 5000))
    def test_splitting_a_line_by_order(
        self, configuration: TaxConfiguration, one: int, other: int
    ) -> None:
        """Pricing 18: under order rounding the tax is the same however units lie in lines."""
        whole = tax(configuration, [TaxedAmount("1", one + other, "standard")])
        parts = tax(
            configuration,
            [TaxedAmount("1", one, "standard"), TaxedAmount("2", other, "standard")],
        )
        assert whole.rates == parts.rates

    @given(configurations(by_unit), st.integers(0, 900), st.integers(1, 9), st.integers(1, 9))
    def test_splitting_a_line_by_unit(
        self, configuration: TaxConfiguration, price: int, one: int, other: int
    ) -> None:
        """Pricing 18: under unit rounding units of one price are taxed alike in any lines."""
        whole = tax(
            configuration, [TaxedAmount("1", price * (one + other), "standard", one + other)]
        )
        parts = tax(
            configuration,
            [
                TaxedAmount("1", price * one, "standard", one),
                TaxedAmount("2", price * other, "standard", other),
            ],
        )
        assert whole.total == parts.total

    @given(configurations(), baskets)
    def test_a_refund_mirrors_its_sale(
        self, configuration: TaxConfiguration, basket: Basket
    ) -> None:
        """Negative amounts are the mirror of positive ones, save for ceiling and floor."""
        mode = configuration.rounding.mode
        if mode in {RoundingMode.CEILING, RoundingMode.FLOOR}:
            return
        mirrored = [[entry._replace(minor=-entry.minor) for entry in part] for part in basket]
        sale, refund = tax(configuration, *basket), tax(configuration, *mirrored)
        assert refund.net == [-net for net in sale.net]
        assert refund.tax == [-one for one in sale.tax]

    @given(configurations(), entries(), entries())
    def test_nothing_is_remembered(
        self,
        configuration: TaxConfiguration,
        items: list[TaxedAmount],
        others: list[TaxedAmount],
    ) -> None:
        """Pricing 21: tax is a function of the final amounts, whatever was taxed before."""
        where = TaxTable.compile(configuration, "EUR").place(at=NOW)
        first = taxed(items, place=where)
        taxed(others, place=where)
        assert taxed(items, place=where) == first == tax(configuration, items)

    @given(configurations(roundings(levels=[RoundingLevel.LINE, RoundingLevel.UNIT])), entries())
    def test_another_line_changes_nothing(
        self, configuration: TaxConfiguration, items: list[TaxedAmount]
    ) -> None:
        """Pricing 27: by line and unit, the tax of a line does not depend on other lines."""
        alone = {}
        for entry in items:
            alone.update(by_key(tax(configuration, [entry])))
        assert by_key(tax(configuration, items)) == alone


class TestParts:
    """What is returned in parts is given back in full, tax included."""

    @given(configurations(), baskets, st.data())
    def test_parts_sum_to_the_whole(
        self, configuration: TaxConfiguration, basket: Basket, data: st.DataObject
    ) -> None:
        """Pricing 34, 35: any partition of the units sums to the whole, share by share."""
        result = tax(configuration, *basket)
        for answer in (*result.items, *result.delivery, *result.surcharges):
            pieces = data.draw(st.integers(1, 7))
            cuts = data.draw(st.sets(st.integers(1, pieces))) | {pieces}
            parts = [
                answer.part(start, stop, pieces)
                for start, stop in zip([0, *sorted(cuts)], sorted(cuts), strict=False)
            ]
            assert sum(part.net for part in parts) == answer.net
            assert sum(part.tax for part in parts) == answer.tax
            for number, share in enumerate(answer.shares):
                assert sum(part.shares[number].tax for part in parts) == share.tax
            for part in parts:
                assert min(part.net, part.tax, *(share.tax for share in part.shares)) >= 0


class TestWithAndWithout:
    """Conditions can ask for an amount in either basis."""

    @given(configurations(by_line), st.integers(0, 10**6))
    def test_as_the_basket_says(self, configuration: TaxConfiguration, minor: int) -> None:
        """An amount with or without its tax is the one that a basket of it alone has."""
        rounding = attrs.evolve(configuration.rounding, remainder=RemainderSide.NET)
        configuration = attrs.evolve(configuration, rounding=rounding)
        where = TaxTable.compile(configuration, "EUR").place(at=NOW)
        rates, mode = where.rates_of("standard"), rounding.mode
        net = taxed([TaxedAmount("1", minor, "standard", includes_tax=False)], place=where)
        gross = taxed([TaxedAmount("1", minor, "standard", includes_tax=True)], place=where)
        assert with_tax(minor, rates, mode) == net.total.gross
        assert abs(without_tax(minor, rates, mode) - gross.total.net) <= len(rates)

    @given(st.integers(0, 10**6), st.sampled_from(HALVES))
    def test_there_and_back(self, minor: int, mode: RoundingMode) -> None:
        """Without tax what is with tax is the amount again, where there is one tax."""
        rates = [Rate.percent(21)]
        assert without_tax(with_tax(minor, rates, mode), rates, mode) == minor


_ELSEWHERE = """
import json, sys
from omnicommerce.kernel import documents
from omnicommerce.pricing.tax import TaxConfiguration, TaxedAmount
from tests.pricing.tax.make import by_key, tax
configuration, items = json.load(sys.stdin)
configuration = documents.load(TaxConfiguration, configuration)
print(by_key(tax(configuration, [TaxedAmount(*item) for item in items])))
"""


def test_another_process_says_the_same() -> None:
    """Pricing 24: another hash seed and time zone give the same figures in the same order."""
    from omnicommerce.kernel import documents

    configuration = TaxConfiguration(
        rates=[rate(5, "a", name="GST"), rate("9.975", "a", name="QST"), rate(7, name="GST")],
        rounding=Rounding(level=RoundingLevel.ORDER),
    )
    items = [(f"{number}", 999, key) for number, key in enumerate("abcab")]
    told = {
        subprocess.check_output(
            [sys.executable, "-c", _ELSEWHERE],
            input=json.dumps([documents.dump(configuration), items]),
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            text=True,
        )
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(told) == 1
