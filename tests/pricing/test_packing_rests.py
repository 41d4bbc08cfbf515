"""What units are worth that no application takes, in every shape."""

from __future__ import annotations

from fractions import Fraction

import pytest

from benchmarks.adversarial import adversarial, expanded
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.pricing.selection.packing import Column, pack
from omnicommerce.pricing.selection.rests import Rest, Tail
from tests.pricing.packing_problems import Problem, worth


@pytest.mark.parametrize("units", [3, 60, 500])
def test_every_way_to_write_a_rest_means_the_same(units: int) -> None:
    """A number, a table and a tail with the same values lead to the same packing."""
    columns = [Column(0, ((0, 2), (1, 1)), 100), Column(1, ((0, 1), (1, 2)), 90)]
    ways: list[Rest] = [
        17,
        [17 * left for left in range(units + 1)],
        Tail(lambda left: 17 * left, 17),
        Tail(lambda left: 17 * left, 1000),
    ]
    packings = {pack([units, units], columns, rest=[way, way])[:3] for way in ways}
    assert len(packings) == 1


def test_a_percentage_rounded_per_line_is_solved_exactly() -> None:
    """A rest that is not quite straight is proved optimal all the same."""
    basket = adversarial(2, 12, 36, 8)
    columns = expanded(basket)
    tables = [
        [(2 * price * left + 10) // 20 for left in range(count + 1)]
        for price, count in zip(basket.prices, basket.units, strict=True)
    ]
    problem = Problem(basket.units, columns, {}, tables, [])
    packing = problem.packed()
    assert packing.is_optimal
    assert worth(problem, packing.counts) == packing.value
    assert packing.value >= pack(basket.units, columns).value


def test_a_long_tail_is_asked_for_few_numbers() -> None:
    """Of 6,000 units only those numbers are worked out that could be left."""
    asked: set[int] = set()

    def value(left: int) -> int:
        asked.add(left)
        return 3 * left // 2

    columns = [Column(0, ((0, 2), (1, 1)), 100), Column(1, ((0, 1), (1, 2)), 90)]
    rest = Tail(value, Fraction(3, 2))
    packing = pack([6000, 5999], columns, rest=[rest, 0])
    assert packing.is_optimal
    assert packing.value == 2001 * 100 + 1998 * 90
    assert len(asked) < 100


def test_a_step_in_a_long_tail_is_found() -> None:
    """Left units that are worth something from the third on are solved without a table."""
    step = Tail(lambda left: 0 if left < 3 else 40 * left, 40)
    columns = [Column(0, ((0, 2), (1, 1)), 100), Column(1, ((0, 3), (1, 1)), 145)]
    packing = pack([1000, 333], columns, rest=[step, 0], limits={0: 200, 1: 300})
    best = max(
        100 * pairs + 145 * triples + step.value(1000 - 2 * pairs - 3 * triples)
        for pairs in range(201)
        for triples in range(min(300, 333 - pairs, (1000 - 2 * pairs) // 3) + 1)
    )
    assert (packing.value, packing.is_optimal) == (best, True)


def test_a_single_column_beside_a_falling_rest() -> None:
    """With many units one column is applied as long as it gives more than leaving them."""
    table = [min(left, 100) * 30 for left in range(2001)]
    packing = pack([2000], [Column(0, ((0, 2),), 50)], rest=[table])
    assert packing.counts == (950,)
    assert packing.is_canonical


def test_a_tail_above_its_line_is_refused() -> None:
    """A tail that breaks its word would make the proof wrong, so it is an error."""
    with pytest.raises(InvalidValue, match="above the line"):
        pack([2], [Column(0, ((0, 1),), 5)], rest=[Tail(lambda left: left * left, 1)])
