"""Giving units out at least cost where places run out of room: a flow of least cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from omnicommerce.inventory.sourcing.problem import Problem

__all__ = ["cheapest_flow"]


class _Network:
    """Arcs with room and cost, each beside its reverse."""

    def __init__(self) -> None:
        self.heads: list[int] = []
        self.room: list[int] = []
        self.cost: list[int] = []
        self.leaving: list[list[int]] = []

    def node(self) -> int:
        """Add a node and return its number."""
        self.leaving.append([])
        return len(self.leaving) - 1

    def arc(self, tail: int, head: int, room: int, cost: int) -> int:
        """Add an arc and its reverse, and return its number; the reverse has the next."""
        number = len(self.heads)
        self.heads += [head, tail]
        self.room += [room, 0]
        self.cost += [cost, -cost]
        self.leaving[tail].append(number)
        self.leaving[head].append(number + 1)
        return number

    def send_all(self, source: int, sink: int) -> int:
        """Send as much as fits, each time by a cheapest way, and return what it costs."""
        total = 0
        while (found := self._way(source, sink)) is not None:
            arcs, cost = found
            amount = min(self.room[arc] for arc in arcs)
            for arc in arcs:
                self.room[arc] -= amount
                self.room[arc ^ 1] += amount
            total += amount * cost
        return total

    def _way(self, source: int, sink: int) -> tuple[list[int], int] | None:
        """Return the arcs of a cheapest way with room, and its cost (Bellman and Ford)."""
        costs: dict[int, int] = {source: 0}
        by: dict[int, int] = {}
        waiting, queued = deque([source]), {source}
        while waiting:
            tail = waiting.popleft()
            queued.discard(tail)
            for arc in self.leaving[tail]:
                head = self.heads[arc]
                cost = costs[tail] + self.cost[arc]
                if self.room[arc] and (head not in costs or cost < costs[head]):
                    costs[head], by[head] = cost, arc
                    if head not in queued:
                        queued.add(head)
                        waiting.append(head)
        if sink not in by:
            return None
        arcs = []
        node = sink
        while node != source:
            arcs.append(by[node])
            node = self.heads[by[node] ^ 1]
        return arcs, costs[sink]


def cheapest_flow(
    problem: Problem, shares: Mapping[int, int], allows: Callable[[int, int], bool]
) -> tuple[int, dict[tuple[int, int], int]]:
    """Return the least cost of giving out what is wanted, and how much of each row from where.

    Stock and room are kept exactly; rows that must stay whole may be torn apart.

    Args:
        problem: What is wanted and who has it.
        shares: The places that may be used, and what a unit from each costs in addition.
        allows: Whether a row may take from a place.
    """
    network = _Network()
    source, sink = network.node(), network.node()
    doors = {j: network.node() for j in sorted(shares)}
    for j, door in doors.items():
        network.arc(door, sink, problem.room[j], 0)
    shelves = {}
    for sku, stock in enumerate(problem.stock):
        for j in sorted(stock):
            if j in doors:
                shelf = shelves[sku, j] = network.node()
                network.arc(shelf, doors[j], stock[j], problem.unit[sku][j] + shares[j])
    ways: dict[tuple[int, int], int] = {}
    for r, row in enumerate(problem.rows):
        wish = network.node()
        network.arc(source, wish, row.quantity, 0)
        network.arc(wish, sink, row.quantity, problem.scale.short)
        for j in doors:
            if (row.sku, j) in shelves and allows(r, j):
                ways[r, j] = network.arc(wish, shelves[row.sku, j], row.quantity, 0)
    value = network.send_all(source, sink)
    given = {pair: network.room[arc + 1] for pair, arc in ways.items() if network.room[arc + 1]}
    return value, given
