"""The best packing of applications into units: exact, proved, and the same for everybody."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.adversarial import adversarial, expanded, greedy
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.pricing.selection.columns import pick
from omnicommerce.pricing.selection.packing import Column, Packing, pack
from tests.pricing.packing_problems import (
    applied,
    every_solution,
    judged,
    leftover,
    small_problem,
    worth,
)


@pytest.mark.parametrize("batch", range(20))
def test_the_best_and_the_first_of_the_best(batch: int) -> None:
    """On small problems the packing is that of brute force, proved and canonical."""
    for seed in range(100 * batch, 100 * (batch + 1)):
        problem = small_problem(random.Random(seed))
        best = min(every_solution(problem))
        packing = problem.packed()
        assert (best.counts, -best.negative_value) == (packing.counts, packing.value), seed
        assert (packing.gap, packing.is_optimal, packing.is_canonical) == (0, True, True), seed


@pytest.mark.parametrize("batch", range(10))
def test_the_bound_holds_whatever_the_nodes(batch: int) -> None:
    """No budget is too small for a true bound, a possible packing and an honest claim."""
    for seed in range(2000 + 50 * batch, 2000 + 50 * (batch + 1)):
        problem = small_problem(random.Random(seed))
        best = min(every_solution(problem))
        for nodes in (0, 1, 4, 16):
            packing = problem.packed(nodes=nodes)
            assert packing.value <= -best.negative_value <= packing.bound, seed
            left = leftover(problem, packing.counts)
            assert min(left) >= 0
            assert judged(problem, packing.counts, left, ()) is not None, seed
            assert packing.value == worth(problem, packing.counts), seed
            if packing.is_canonical:
                assert best.counts == packing.counts, seed


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_columns_does_not_matter(seed: int, dice: random.Random) -> None:
    """Shuffling the columns shuffles their counts and changes nothing else."""
    basket = adversarial(seed, 6, 14, 5)
    columns = expanded(basket)
    places = list(range(len(columns)))
    dice.shuffle(places)
    straight = pack(basket.units, columns)
    shuffled = pack(basket.units, [columns[place] for place in places])
    assert tuple(straight.counts[place] for place in places) == shuffled.counts
    assert straight[1:] == shuffled[1:]


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_classes_does_not_matter(seed: int, dice: random.Random) -> None:
    """Renaming the classes changes neither the value nor which offers are applied."""
    basket = adversarial(seed, 6, 14, 5)
    columns = [
        column._replace(value=column.value // 500 * 500 + 500) for column in expanded(basket)
    ]
    names = list(range(6))
    dice.shuffle(names)
    renamed = [
        column._replace(uses=tuple(sorted((names[k], a) for k, a in column.uses)))
        for column in columns
    ]
    units = [basket.units[names.index(k)] for k in range(6)]
    before, after = pack(basket.units, columns), pack(units, renamed)
    assert (before.value, before.bound) == (after.value, after.bound)
    assert before.is_canonical
    assert after.is_canonical
    assert applied(columns, before) == applied(renamed, after)


def test_the_fewest_offers_win_a_tie() -> None:
    """One offer twice is taken before two offers once each, though the other is smaller."""
    columns = [Column(0, ((0, 1),), 5), Column(1, ((1, 1),), 5), Column(2, ((0, 1), (1, 1)), 10)]
    assert pack([1, 1], columns).counts == (0, 0, 1)


def test_the_smallest_offers_win_a_tie() -> None:
    """Of two offers that give the same the smaller one is applied."""
    columns = [Column(7, ((0, 1),), 5), Column(3, ((0, 1),), 5)]
    assert pack([1], columns).counts == (0, 1)


def test_the_smallest_counts_win_a_tie() -> None:
    """Of two ways to apply one offer the later one in canonical order is used."""
    columns = [Column(0, ((0, 1), (1, 1)), 5), Column(0, ((0, 1), (2, 1)), 5)]
    assert pack([1, 1, 1], columns).counts == (0, 1)


def test_ties_reach_across_blocks() -> None:
    """Offers of blocks that share no class are still chosen together, so that few suffice."""
    columns = [
        Column(0, ((0, 1),), 5),
        Column(1, ((0, 1),), 5),
        Column(1, ((1, 1),), 5),
        Column(2, ((1, 1),), 5),
    ]
    assert pack([1, 1], columns).counts == (0, 1, 1, 0)


def test_equal_columns_count_once() -> None:
    """Of columns with the same offer and uses the dearest is used, wherever it stands."""
    columns = [Column(0, ((0, 1),), 5), Column(0, ((0, 1),), 9), Column(0, ((0, 1),), 7)]
    assert pack([3], columns).counts == (0, 3, 0)


@pytest.mark.parametrize(
    ("size", "proved"),
    [((8, 24, 8), 25), ((12, 24, 12), 25), ((20, 40, 12), 24), ((25, 60, 15), 20)],
)
def test_adversarial_baskets_are_proved(size: tuple[int, int, int], proved: int) -> None:
    """Nearly all baskets are proved optimal; greedy is below in more than half of them."""
    optimal = below = 0
    for seed in range(25):
        basket = adversarial(seed, *size)
        columns = expanded(basket)
        packing = pack(basket.units, columns)
        usual = greedy(basket.units, columns)
        assert usual <= packing.value <= packing.bound
        optimal += packing.is_optimal
        below += usual < packing.value
    assert optimal >= proved
    assert below > 12


@pytest.mark.parametrize("nodes", [0, 1, 30, 300])
def test_short_of_nodes_the_gap_is_honest(nodes: int) -> None:
    """A packing that was cut short is no worse than greedy, and the best is within its gap."""
    for seed in range(5):
        basket = adversarial(seed, 20, 40, 12)
        columns = expanded(basket)
        best = pack(basket.units, columns)
        short = pack(basket.units, columns, nodes=nodes)
        assert greedy(basket.units, columns) <= short.value <= best.value <= short.bound
        assert best.is_optimal
        assert short == pack(basket.units, list(reversed(columns)), nodes=nodes)._replace(
            counts=short.counts
        )


def test_how_many_units_there_are_hardly_matters() -> None:
    """A hundred times the units of overlapping offers take no hundred times the work."""
    basket = adversarial(3, 12, 36, 12)
    few = pack(basket.units, expanded(basket))
    many = basket._replace(units=[100 * count for count in basket.units])
    packing = pack(many.units, expanded(many))
    assert packing.is_optimal
    assert packing.nodes < 20 * max(few.nodes, 50)
    assert packing.value > 99 * few.value


def test_offers_that_do_not_overlap_need_no_search() -> None:
    """Six thousand units of thirty classes, an offer for each class: not one node."""
    columns = [Column(k, ((k, 3),), 100 + k) for k in range(30)]
    packing = pack([200] * 30, columns, rest=[7] * 30)
    assert packing.counts == (66,) * 30
    assert (packing.is_optimal, packing.is_canonical, packing.nodes) == (True, True, 0)
    assert packing.value == sum(66 * (100 + k) + 2 * 7 for k in range(30))


def test_the_cheapest_of_three_is_free() -> None:
    """Thirty classes of 200 units, 4,960 ways to choose three: dearest with dearest."""
    prices = [500 + 37 * k for k in range(30)]
    units = [200] * 30
    columns = [
        Column(0, uses, min(prices[k] for k, _ in uses))
        for uses in pick(units, prices, range(30), 3)
    ]
    dearest_first = sorted((price for price in prices for _ in range(200)), reverse=True)
    packing = pack(units, columns)
    assert packing.value == sum(dearest_first[2::3])
    assert packing.is_optimal


def test_nothing_to_choose_from() -> None:
    """Without columns, classes or units there is nothing but what is left."""
    assert pack([], []) == Packing((), 0, 0, 0, is_canonical=True)
    assert pack([3, 2], [], rest=[[0, 1, 2, 7], 5]).value == 17
    assert pack([0], [Column(0, ((0, 1),), 5)]).counts == (0,)
    assert pack([1], [Column(0, ((0, 1),), 5)], limits={0: 0}).counts == (0,)


def test_one_of_a_clique() -> None:
    """Of offers that all exclude each other the one that gives most by itself is applied."""
    basket = adversarial(5, 12, 24, 8)
    columns = expanded(basket)
    everyone = range(len(basket.offers))
    conflicts = [(one, other) for one in everyone for other in range(one)]
    by_itself = {
        offer: pack(basket.units, [c for c in columns if c.offer == offer]).value
        for offer in everyone
    }
    packing = pack(basket.units, columns, conflicts=conflicts)
    assert packing.is_optimal
    assert packing.value == max(by_itself.values())
    assert len(applied(columns, packing)) == 1


@pytest.mark.parametrize("nodes", [0, 20, 200])
def test_short_of_nodes_conflicts_are_kept(nodes: int) -> None:
    """A packing that was cut short applies no rivals, and its gap is honest."""
    conflicts = [(0, 1), (1, 2), (2, 3), (4, 5), (0, 6), (7, 3)]
    for seed in range(3):
        basket = adversarial(seed, 20, 40, 12)
        columns = expanded(basket)
        best = pack(basket.units, columns, conflicts=conflicts)
        short = pack(basket.units, columns, conflicts=conflicts, nodes=nodes)
        assert best.is_optimal
        assert short.value <= best.value <= short.bound
        chosen = applied(columns, short)
        assert not any(one in chosen and other in chosen for one, other in conflicts)


@pytest.mark.parametrize(
    ("column", "field"),
    [
        (Column(0, (), 5), "columns[0].uses"),
        (Column(0, ((0, 0),), 5), "columns[0].uses"),
        (Column(0, ((2, 1),), 5), "columns[0].uses"),
        (Column(0, ((-1, 1),), 5), "columns[0].uses"),
        (Column(0, ((1, 1), (0, 1)), 5), "columns[0].uses"),
        (Column(0, ((0, 1), (0, 1)), 5), "columns[0].uses"),
        (Column(0, ((0, 1),), 0), "columns[0].value"),
    ],
)
def test_malformed_columns_are_refused(column: Column, field: str) -> None:
    """A column needs known classes in order, units of each, and something to give."""
    with pytest.raises(InvalidValue) as error:
        pack([1, 1], [column])
    assert error.value.field == field


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"units": [-1]}, "units"),
        ({"rest": [0, 0]}, "rest"),
        ({"rest": [[0, 1]]}, "rest[0]"),
        ({"rest": [[1, 1, 1]]}, "rest[0]"),
        ({"conflicts": [(4, 4)]}, "conflicts"),
    ],
)
def test_malformed_problems_are_refused(arguments: Mapping[str, Any], field: str) -> None:
    """Units, rests and conflicts have to fit together."""
    with pytest.raises(InvalidValue) as error:
        pack(**{"units": [2], "columns": [Column(0, ((0, 1),), 5)], **arguments})
    assert error.value.field == field
