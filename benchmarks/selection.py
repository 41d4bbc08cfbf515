"""The exact selection on adversarial baskets: how many are proven optimal, and how soon.

The baskets are random and overlap as badly as they can; their seeds are fixed. The sizes
and the baskets are those of ``benchmarks/adversarial.py``.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from benchmarks.measure import Row, progress, proofs
from omnicommerce.pricing import SelectionPolicy

__all__ = ["BASKETS", "SIZES", "Size", "figures", "rows_of"]

BASKETS: Final = 25
"""Random baskets of each size."""


class Size(NamedTuple):
    """A size of basket, the share of baskets that must be proven, and the median time allowed."""

    skus: int
    units: int
    promotions: int
    proven: float
    milliseconds: float


SIZES: Final = (
    Size(8, 24, 8, 1.0, 20),
    Size(12, 24, 12, 1.0, 40),
    Size(20, 40, 12, 0.95, 100),
    Size(25, 60, 15, 0.8, 1000),
)

Solve = Callable[[], bool]
"""Choose for one basket; tell whether the choice was proven optimal."""


def figures() -> Iterator[Row]:
    """Yield the proven share and the median time of each size.

    ``benchmarks.adversarial`` gives them by ``solvers(skus, units, promotions, baskets)``:
    for each basket a function that chooses and tells whether that is proven optimal.
    """
    has_baskets = importlib.util.find_spec("benchmarks.adversarial") is not None
    if not has_baskets or not hasattr(SelectionPolicy, "BEST_FOR_CUSTOMER"):
        progress("exact selection is not measured: there is none yet")
        return
    solvers: Callable[..., Sequence[Solve]] = importlib.import_module(
        "benchmarks.adversarial"
    ).solvers
    for size in SIZES:
        sizes = f"{size.skus} SKUs, {size.units} units, {size.promotions} promotions"
        progress(f"exact selection: {BASKETS} baskets of {sizes}")
        yield from rows_of(
            size, solvers(size.skus, size.units, size.promotions, baskets=BASKETS), sizes
        )


def rows_of(size: Size, solvers: Sequence[Solve], sizes: str) -> Iterator[Row]:
    """Solve each basket once, and yield the two rows of a size."""
    yield from proofs(
        "exact selection", sizes, solvers, proven=size.proven, limit=size.milliseconds
    )
