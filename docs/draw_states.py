"""Draw the tables of states: ``python docs/draw_states.py`` writes ``states.md`` and its pictures.

A test compares what is written with the tables, so that neither can drift.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from omnicommerce.fulfilment.model import PICKUP_TRANSITIONS
from omnicommerce.orders.model import ATTEMPT_TRANSITIONS, ORDER_TRANSITIONS

__all__ = ["files", "main"]

Transitions = Mapping[Any, frozenset[Any]]

DOCS: Final = Path(__file__).parent
_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE = 112, 36, 176, 60, 28

_HEAD: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" \
height="{height}" font-family="sans-serif" font-size="14">
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" \
orient="auto"><path d="M0 0L8 4L0 8z" fill="#78909c"/></marker></defs>"""


class Machine(NamedTuple):
    """One table of states, and what each state means."""

    name: str
    title: str
    text: str
    table: Transitions
    meanings: Mapping[str, str]


MACHINES: Final = (
    Machine(
        "order",
        "Order",
        "`ORDER_TRANSITIONS` in `omnicommerce.orders.model`.",
        ORDER_TRANSITIONS,
        {
            "placed": "Everything it needs is held; payment is open.",
            "confirmed": "Paid. The store prepares it.",
            "completed": "Over: what was kept is handed over, everything else is refunded.",
            "cancelled": "Undone before anything was handed over; everything went back.",
        },
    ),
    Machine(
        "pickup",
        "Pick-up",
        "`PICKUP_TRANSITIONS` in `omnicommerce.fulfilment.model`.",
        PICKUP_TRANSITIONS,
        {
            "planned": "Its order is not paid yet.",
            "requested": "Paid; the store is to prepare it.",
            "ready": "On the shelf, and the customer has a code.",
            "collected": "The customer came and kept something.",
            "declined": "The customer came and kept nothing.",
            "missed": "Nobody came in time.",
            "cancelled": "Its order was cancelled.",
        },
    ),
    Machine(
        "attempt",
        "Payment attempt",
        "`ATTEMPT_TRANSITIONS` in `omnicommerce.orders.model`.",
        ATTEMPT_TRANSITIONS,
        {
            "open": "Recorded; the gateway is being called.",
            "unknown": "The gateway did not say. `Checkout.resolve` finds out.",
            "approved": "The money moved.",
            "declined": "It did not.",
        },
    ),
)


def files() -> Iterator[tuple[Path, str]]:
    """Yield every file that the tables give, with its text."""
    yield DOCS / "states.md", _page()
    for machine in MACHINES:
        yield DOCS / "images" / f"{machine.name}-states.svg", _picture(machine.table)


def main() -> None:
    """Write the files."""
    for path, text in files():
        path.write_text(text, encoding="utf-8")


def _page() -> str:
    head = (
        "# States\n\nWhat can become of an order, a pick-up and a payment attempt. This page is"
        " written by\n`docs/draw_states.py` from the tables that the engine itself obeys.\n"
    )
    return head + "".join(_section(machine) for machine in MACHINES)


def _section(machine: Machine) -> str:
    rows = [
        f"| **{state}** | {machine.meanings[state]} | {_listed(machine.table[state])} |"
        for state in machine.table
    ]
    table = "\n".join(("| state | meaning | next |", "|---|---|---|", *rows))
    picture = f"![{_described(machine.table)}](images/{machine.name}-states.svg)"
    return f"\n## {machine.title}\n\n{machine.text}\n\n{picture}\n\n{table}\n"


def _listed(states: frozenset[Any]) -> str:
    return (
        ", ".join(state.value for state in type(next(iter(states))) if state in states)
        if states
        else "–"
    )


def _described(table: Transitions) -> str:
    return "; ".join(f"{state} to {_listed(after)}" for state, after in table.items() if after)


def _places(table: Transitions) -> dict[Any, tuple[int, int]]:
    """Return column and row of each state: as far right as its longest way from the first."""
    columns = dict.fromkeys(table, 0)
    for _ in table:
        for state, after in table.items():
            for target in after:
                columns[target] = max(columns[target], columns[state] + 1)
    used: dict[int, int] = {}
    places = {}
    for state, column in columns.items():
        places[state] = column, used.get(column, 0)
        used[column] = used.get(column, 0) + 1
    return places


def _picture(table: Transitions) -> str:
    places = _places(table)
    width = max(column for column, _ in places.values()) * _ACROSS + _WIDTH + 2 * _EDGE
    height = max(row for _, row in places.values()) * _DOWN + _HEIGHT + 2 * _EDGE
    edges = [
        _edge(places[state], places[target])
        for state, after in table.items()
        for target in sorted(after)
    ]
    nodes = [_node(state, *places[state], is_last=not table[state]) for state in table]
    head = _HEAD.format(width=width, height=height)
    return "\n".join((head, *edges, *nodes, "</svg>\n"))


def _corner(place: tuple[int, int]) -> tuple[int, int]:
    return place[0] * _ACROSS + _EDGE, place[1] * _DOWN + _EDGE


def _edge(source: tuple[int, int], target: tuple[int, int]) -> str:
    """Draw straight on to the next column, above others on the first row, or down and across."""
    (x, y), (to_x, to_y) = _corner(source), _corner(target)
    if target[0] == source[0] + 1:
        bend = (x + _WIDTH + to_x) // 2
        start, end = y + _HEIGHT // 2, to_y + _HEIGHT // 2
        path = f"M{x + _WIDTH} {start}C{bend} {start} {bend} {end} {to_x} {end}"
    elif target[1] == 0:
        over, middle = y - _EDGE // 2 - 6, to_x + _WIDTH // 2
        path = f"M{x + _WIDTH // 2} {y}C{x + _WIDTH} {over} {to_x} {over} {middle} {to_y}"
    else:
        end, middle = to_y + _HEIGHT // 2, x + _WIDTH // 2
        path = f"M{middle} {y + _HEIGHT}V{end - 10}Q{middle} {end} {middle + 10} {end}H{to_x}"
    return (
        f'<path d="{path}" fill="none" stroke="#78909c" stroke-width="1.5" marker-end="url(#tip)"/>'
    )


def _node(state: enum.StrEnum, column: int, row: int, *, is_last: bool) -> str:
    x, y = _corner((column, row))
    fill, stroke = ("#eceff1", "#455a64") if is_last else ("#e3f2fd", "#1565c0")
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="18" fill="{fill}"'
        f' stroke="{stroke}" stroke-width="1.5"/><text x="{x + _WIDTH // 2}" y="{y + 23}"'
        f' text-anchor="middle" fill="#263238">{state.value}</text>'
    )


if __name__ == "__main__":
    main()
