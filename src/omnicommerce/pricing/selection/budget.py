"""Work as a number: what a search may spend, counted and never timed."""

from __future__ import annotations

from typing import Final

import attrs

__all__ = ["Budget"]

_NODE: Final = 256
"""Multiplications that make up one node: some 50 microseconds of CPython."""


@attrs.define(eq=False)
class Budget:
    """Nodes left to spend; the same work costs the same on every machine.

    Example:
        >>> budget = Budget(10)
        >>> budget.spend(2_000)
        >>> budget.left
        2
    """

    left: int

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0

    def spend(self, work: int) -> None:
        """Take one node, and one more for every 256 multiplications, from what is left."""
        self.left -= 1 + work // _NODE
