"""What a tax configuration as a whole must get right; each error names its path."""

from __future__ import annotations

from collections.abc import Iterator

from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.tax.model import Surcharge, TaxConfiguration, TaxRate

__all__ = ["check_surcharges", "check_tax"]


def check_tax(configuration: TaxConfiguration, path: str = "$.tax") -> None:
    """Check what refers to something else, that identities are unique, and that rates never meet.

    Args:
        configuration: The whole of it.
        path: Where it lies in the shop's configuration, for errors.

    Raises:
        InvalidConfiguration: With the path of the first thing that is wrong.
    """
    names = {rate.name for rate in configuration.rates}
    for number, rate in enumerate(configuration.rates):
        where = f"{path}.rates[{number}]"
        _known(f"{where}.on_top_of", rate.on_top_of, names)
        _known(f"{where}.replaces", rate.replaces, names)
    _check_overlaps(configuration.rates, path)
    _check_cycles(configuration.rates, path)
    seen: set[str] = set()
    for number, exemption in enumerate(configuration.exemptions):
        where = f"{path}.exemptions[{number}]"
        if exemption.exemption_id in seen:
            problem = f"{exemption.exemption_id!r} is there twice"
            raise InvalidConfiguration(f"{where}.exemption_id", problem)
        seen.add(exemption.exemption_id)
        _known(f"{where}.taxes", exemption.taxes or frozenset(), names)


def check_surcharges(surcharges: tuple[Surcharge, ...], path: str = "$.surcharges") -> None:
    """Check that identities are unique.

    Raises:
        InvalidConfiguration: One is there twice.
    """
    seen: set[str] = set()
    for number, surcharge in enumerate(surcharges):
        if surcharge.surcharge_id in seen:
            problem = f"{surcharge.surcharge_id!r} is there twice"
            raise InvalidConfiguration(f"{path}[{number}].surcharge_id", problem)
        seen.add(surcharge.surcharge_id)


def _known(path: str, wanted: frozenset[str], names: set[str]) -> None:
    unknown = sorted(wanted - names)
    if unknown:
        raise InvalidConfiguration(path, f"there is no tax {unknown[0]!r}")


def _check_overlaps(rates: tuple[TaxRate, ...], path: str) -> None:
    """Refuse two rates of one tax for the same goods, place and time: both would be charged."""
    seen: dict[tuple[object, ...], list[TaxRate]] = {}
    for number, rate in enumerate(rates):
        others = seen.setdefault((rate.name, rate.tax_class, rate.place), [])
        if any(_meet(rate.window, other.window) for other in others):
            raise InvalidConfiguration(
                f"{path}.rates[{number}].window",
                f"another rate of {rate.name!r} holds for the same class, place and time; "
                "end that one, or give this tax a name of its own",
            )
        others.append(rate)


def _meet(one: Window | None, other: Window | None) -> bool:
    if one is None or other is None:
        return True
    return _begins_before_end(one, other) and _begins_before_end(other, one)


def _begins_before_end(one: Window, other: Window) -> bool:
    return one.starts_at is None or other.ends_at is None or one.starts_at < other.ends_at


def _check_cycles(rates: tuple[TaxRate, ...], path: str) -> None:
    """Refuse a tax that is levied on itself."""
    below: dict[str, set[str]] = {}
    for rate in rates:
        below.setdefault(rate.name, set()).update(rate.on_top_of)
    for number, rate in enumerate(rates):
        if rate.name in _all_below(rate.name, below):
            problem = f"{rate.name!r} would be levied on itself"
            raise InvalidConfiguration(f"{path}.rates[{number}].on_top_of", problem)


def _all_below(name: str, below: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()

    def walk(names: Iterator[str]) -> None:
        for one in names:
            if one not in found:
                found.add(one)
                walk(iter(below.get(one, ())))

    walk(iter(below[name]))
    return found
