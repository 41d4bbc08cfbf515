"""What leaves one location in which package: groups apart, and none too heavy."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from omnicommerce.inventory.sourcing.model import Allocation, DemandLine
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LocationId

__all__ = ["Package", "packages"]


@attrs.frozen(kw_only=True)
class Package:
    """Some allocations of one location and one shipping group that travel together.

    Args:
        location_id: From where.
        shipping_group: Of its lines, if they have one.
        contents: What is in it.
        grams: What that weighs.
    """

    location_id: LocationId
    shipping_group: str | None
    contents: tuple[Allocation, ...]
    grams: int


def packages(
    allocations: Iterable[Allocation],
    lines: Iterable[DemandLine],
    *,
    most_grams: int | None = None,
) -> tuple[Package, ...]:
    """Pack allocations: by location and shipping group, heavy units first, first fit.

    A unit that is heavier than the limit travels alone.

    Args:
        allocations: Of a plan.
        lines: Those of its request: they know groups and weights.
        most_grams: What a package may weigh; None: anything.

    Raises:
        InvalidValue: An allocation's line is not among the lines, or the limit is below 1.
    """
    if most_grams is not None and most_grams < 1:
        raise InvalidValue("most_grams", "must be at least 1, or left out")
    by_id = {line.line_id: line for line in lines}
    groups: dict[tuple[str, str], list[Allocation]] = {}
    for one in sorted(allocations):
        if one.line_id not in by_id:
            raise InvalidValue("lines", f"{one.line_id!r} is missing")
        group = by_id[one.line_id].shipping_group or ""
        groups.setdefault((one.location_id, group), []).append(one)
    return tuple(
        package for key in sorted(groups) for package in _packed(groups[key], by_id, most_grams)
    )


class _Open:
    """A package that is being packed."""

    def __init__(self) -> None:
        self.grams = 0
        self.units: dict[Allocation, int] = {}


def _packed(
    allocations: list[Allocation], lines: dict[str, DemandLine], most: int | None
) -> list[Package]:
    """Pack what leaves one location in one group."""
    heavy_first = sorted(allocations, key=lambda one: (-lines[one.line_id].unit_grams, one))
    opened: list[_Open] = []
    for one in heavy_first:
        grams = lines[one.line_id].unit_grams
        left = one.quantity
        for package in opened:
            left -= _put(package, one, grams, left, most)
        while left:
            package = _Open()
            opened.append(package)
            left -= _put(package, one, grams, left, most)
    first = allocations[0]
    return [
        Package(
            location_id=first.location_id,
            shipping_group=lines[first.line_id].shipping_group,
            contents=tuple(
                sorted(attrs.evolve(one, quantity=units) for one, units in package.units.items())
            ),
            grams=package.grams,
        )
        for package in opened
    ]


def _put(package: _Open, one: Allocation, grams: int, units: int, most: int | None) -> int:
    """Put as many units into a package as it can bear, at least one into an empty one."""
    fit = units
    if most is not None and package.grams > most:
        fit = 0
    elif most is not None and grams:
        fit = min(units, max(0, most - package.grams) // grams)
        if not fit and not package.units:
            fit = 1
    if fit:
        package.units[one] = package.units.get(one, 0) + fit
        package.grams += fit * grams
    return fit
