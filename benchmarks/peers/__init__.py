"""Other engines on the same baskets and promotions, where they are installed.

Each takes turns with our engine in the same passes; ours records every adjustment, and
makes objects of lines when somebody looks at them. CPU time is that of the engine's own
process. What they do not do alike stands in ``docs/performance.md``; here a total is only
checked to be near ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any, Final, NamedTuple

from benchmarks.measure import Call, Row, compared, interleaved, progress
from benchmarks.peers import node, oscar
from benchmarks.reference import HERE_AND_NOW, REFERENCE, Offer, basket, engine, offers, record
from omnicommerce.pricing import price

__all__ = ["figures"]

WITHOUT_QUERIES: Final = {"A1": 20.0, "A2": 80.0, "A3": 400.0}
"""How many times faster than django-oscar without its queries the engine must be."""

RUNS: Final[Mapping[str, tuple[int, Mapping[str, int] | None]]] = {
    "A1": (5, None),
    "A2": (3, {"theirs": 1, "ours": 100}),
    "A3": (1, {"theirs": 1, "ours": 100}),
}
"""Passes of django-oscar as shipped: one call on A2 takes two seconds, on A3 most of a minute."""

TOLERANCE: Final = 0.02
"""Totals differ by roundings, and by whether a free unit is free at its lowered price."""

WARM_UP: Final = 1.0
"""Seconds of CPU before a Node engine is measured: its compiler has then seen what is hot."""

MEDUSA: Final = "@medusajs/promotion"
"""It may have its database leave out promotions of other places before it computes."""


class Peer(NamedTuple):
    """One engine with one basket loaded.

    Args:
        name: What the row is called.
        call: Prices the basket.
        outcome: The total in minor units, and the number of adjustments.
        limit: How many times faster ours must be.
    """

    name: str
    call: Call
    outcome: dict[str, Any]
    limit: float


def figures(*, full: bool = False) -> Iterator[Row]:
    """Yield how many times as long as our engine each of the others takes.

    Args:
        full: Also what takes most of a minute for one figure.
    """
    with ExitStack() as stack:
        engines = {
            package: stack.enter_context(node.NodeEngine(package))
            for package in node.ENGINES
            if _present(node.missing(package))
        }
        with_oscar = _present(oscar.missing())
        for name, lines, promotions in REFERENCE:
            peers = [_on_node(*each, lines, promotions) for each in engines.items()]
            shop = _shop(lines, promotions) if with_oscar else None
            if shop is not None:
                peers.append(_without_queries(shop, WITHOUT_QUERIES[name]))
            yield from _compared(name, lines, promotions, peers)
            if shop is not None and (full or name != "A3"):
                yield from _as_shipped(shop, name, lines, promotions)
        if MEDUSA in engines:
            peer = _on_node(MEDUSA, engines[MEDUSA], 100, offers())
            yield from _compared("A3's 20 alone", 100, offers(), [peer])


def _present(missing: str | None) -> bool:
    if missing:
        progress(missing)
    return missing is None


def _on_node(package: str, running: node.NodeEngine, lines: int, promotions: list[Offer]) -> Peer:
    outcome = running.load(record(lines, promotions))
    progress(f"warming up {package}, {lines} lines and {len(promotions)} promotions")
    running.warm_up(seconds=WARM_UP)
    return Peer(f"{package} {running.measured}", running, outcome, 1)


def _shop(lines: int, promotions: list[Offer]) -> oscar.Shop:
    progress(f"filling django-oscar, {lines} lines and {len(promotions)} promotions")
    oscar.set_up()
    return oscar.Shop(record(lines, promotions))


def _without_queries(shop: oscar.Shop, limit: float) -> Peer:
    recalculate = shop.without_queries()
    outcome = shop.outcome(recalculate())
    assert shop.queries(recalculate) == 0
    return Peer("django-oscar without its SQL", recalculate, outcome, limit)


def _compared(name: str, lines: int, promotions: list[Offer], peers: list[Peer]) -> Iterator[Row]:
    """Let the engines take turns on one basket."""
    if not peers:
        return
    book, goods = engine(lines, promotions), basket(lines)
    call = partial(price, book, goods, HERE_AND_NOW)
    ours = call().payable_minor
    calls: dict[str, Call] = {peer.name: peer.call for peer in peers}
    found = interleaved({**calls, "": call}, passes=5, seconds=0.1)
    for peer in peers:
        total = peer.outcome["total"]
        assert abs(total - ours) <= TOLERANCE * ours, f"{peer.name}: {total}, ours {ours}"
        yield compared(
            f"{peer.name}, {name}",
            found[peer.name],
            found[""],
            against="our engine",
            limit=peer.limit,
            better="more",
            detail=f"{total / 100:,.2f} of {ours / 100:,.2f}",
        )


def _as_shipped(shop: oscar.Shop, name: str, lines: int, promotions: list[Offer]) -> Iterator[Row]:
    progress(f"django-oscar as shipped on {name}")
    book, goods = engine(lines, promotions), basket(lines)
    passes, counts = RUNS[name]
    found = interleaved(
        {"theirs": shop.as_shipped, "ours": partial(price, book, goods, HERE_AND_NOW)},
        passes=passes,
        counts=counts,
    )
    yield compared(
        f"django-oscar as shipped, {name}",
        found["theirs"],
        found["ours"],
        against="our engine",
        limit=WITHOUT_QUERIES[name],
        better="more",
        detail="SQLite in memory",
    )
