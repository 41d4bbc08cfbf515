"""What tax is due: from amounts after all promotions to net, tax and gross."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from operator import sub
from typing import TypeAlias

from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.rounding import Rounding, RoundingLevel
from omnicommerce.pricing.tax.arithmetic import rounded
from omnicommerce.pricing.tax.levy import Levied, Levy, RateKey, by_unit, line_taxes, make_levy
from omnicommerce.pricing.tax.model import DeliveryTax
from omnicommerce.pricing.tax.order import order_taxes
from omnicommerce.pricing.tax.rates import LevyKey, TaxPlace
from omnicommerce.pricing.tax.result import TaxedAmount, TaxedBasket, TaxedGroup

__all__ = ["levied", "notes", "taxed"]

_LevyOf: TypeAlias = Callable[[LevyKey], Levy]


def taxed(
    items: Sequence[TaxedAmount],
    delivery: Sequence[TaxedAmount] = (),
    surcharges: Sequence[TaxedAmount] = (),
    *,
    place: TaxPlace,
    includes_tax: bool | None = None,
) -> TaxedBasket:
    """Return the tax of a basket, from amounts after all promotions.

    The result does not depend on the order of the amounts. The work grows with
    them, not with units.

    Args:
        items: What is bought, in minor units of the table's currency.
        delivery: What its delivery costs.
        surcharges: Fees and allowances, as `surcharge_amounts` returns them.
        place: What is levied, as `TaxTable.place` returns it.
        includes_tax: Whether amounts that do not say so hold tax, as
            `TaxTable.includes_tax` returns it; None: as the configuration says.

    Example:
        >>> from datetime import UTC, datetime
        >>> from omnicommerce.kernel.rate import Rate
        >>> from omnicommerce.pricing.tax.model import TaxConfiguration, TaxRate
        >>> from omnicommerce.pricing.tax.rates import TaxTable
        >>> vat = TaxRate(name="IVA", rate=Rate.percent(21), country="ES")
        >>> table = TaxTable.compile(TaxConfiguration(rates=[vat]), "EUR")
        >>> spain = table.place(country="ES", at=datetime(2026, 11, 21, tzinfo=UTC))
        >>> taxed([TaxedAmount("1", 8990)], place=spain).total
        TaxedTotal(net=7430, tax=1560, gross=8990)
    """
    groups = levied(items, delivery, surcharges, place=place, includes_tax=includes_tax)
    entries = (*items, *delivery, *surcharges)
    stop = len(items) + len(delivery)
    net, tax, columns = _net_and_tax(groups, entries, stop, place.table.configuration.rounding)
    return TaxedBasket(
        currency=place.table.currency,
        entries=entries,
        sizes=(len(items), len(delivery), len(surcharges)),
        net=net,
        tax=tax,
        groups=tuple(
            TaxedGroup(group.levy, group.positions, shares)
            for group, shares in zip(groups, columns, strict=True)
        ),
        notes=notes(groups, place),
    )


def levied(
    items: Sequence[TaxedAmount],
    delivery: Sequence[TaxedAmount],
    surcharges: Sequence[TaxedAmount],
    *,
    place: TaxPlace,
    includes_tax: bool | None = None,
) -> list[Levied]:
    """Return amounts under their levies, in the basis and of the size that is taxed.

    Positions count items first, then deliveries, then surcharges; see `taxed`.
    """
    configuration = place.table.configuration
    if includes_tax is None:
        includes_tax = configuration.includes_tax
    rounding = configuration.rounding
    groups = _levied(items, 0, place.levy, rounding, includes_tax=includes_tax)
    if delivery:
        levy_of = _delivery_levy(configuration.delivery, groups, place)
        groups += _levied(delivery, len(items), levy_of, rounding, includes_tax=includes_tax)
    if surcharges:
        start = len(items) + len(delivery)
        groups += _levied(surcharges, start, place.levy, rounding, includes_tax=includes_tax)
    return groups


def _levied(
    entries: Sequence[TaxedAmount],
    start: int,
    levy_of: _LevyOf,
    rounding: Rounding,
    *,
    includes_tax: bool,
) -> list[Levied]:
    """Put amounts of one kind under their levies; the first has the position ``start``."""
    if not entries:
        return []
    _, minors, classes, quantities, owns, offs = zip(*entries, strict=True)
    groups: list[Levied] = []
    for key, chosen in _by_key(classes, owns, includes_tax=includes_tax).items():
        levy, positions = levy_of(key), chosen
        if any(offs):
            positions = [index for index in chosen if not offs[index]]
            groups += [
                _settled(entries[index], start + index, levy, rounding)
                for index in chosen
                if offs[index]
            ]
        amounts = [minors[index] for index in positions]
        if levy.factor is not None:
            units = [quantities[index] for index in positions]
            amounts = _turned(amounts, units, levy.factor, rounding)
        if start:
            positions = [start + index for index in positions]
        if positions:
            groups.append(Levied(levy, positions, amounts))
    return groups


def _by_key(
    classes: Sequence[str | None], owns: Sequence[bool | None], *, includes_tax: bool
) -> dict[LevyKey, Sequence[int]]:
    """Return where the amounts of each class and basis are."""
    own = owns[0]
    if len(set(classes)) == len(set(owns)) == 1:
        return {(classes[0], includes_tax if own is None else own): range(len(classes))}
    found: dict[tuple[str | None, bool | None], list[int]] = {}
    for index, pair in enumerate(zip(classes, owns, strict=True)):
        if pair in found:
            found[pair].append(index)
        else:
            found[pair] = [index]
    merged: dict[LevyKey, Sequence[int]] = {}
    for (tax_class, own), indices in found.items():
        key = (tax_class, includes_tax if own is None else own)
        merged[key] = sorted([*merged.get(key, ()), *indices])
    return merged


def _turned(
    amounts: Sequence[int], quantities: Sequence[int], factor: Fraction, rounding: Rounding
) -> list[int]:
    """Return the amounts that hold the tax of home as those that hold the destination's."""

    def turn(column: Sequence[int]) -> list[list[int]]:
        return [rounded(column, factor.numerator, factor.denominator, rounding.mode)]

    if rounding.level is RoundingLevel.UNIT:
        return by_unit(turn, amounts, quantities)[0]
    return turn(amounts)[0]


def _settled(entry: TaxedAmount, position: int, levy: Levy, rounding: Rounding) -> Levied:
    """Take off what is meant in the other basis: the amount is then one of that basis."""
    amount = entry.minor
    if levy.factor is not None:
        (amount,) = _turned([amount], [entry.quantity], levy.factor, rounding)
    columns = _level_taxes(Levied(levy, [0], [amount]), [entry], rounding)
    tax = sum(column[0] for column in columns)
    other = amount - tax if levy.includes_tax else amount + tax
    left = max(other - entry.off_other_basis, 0)
    turned = make_levy(
        dict(zip(levy.keys, levy.effective, strict=True)),
        sum(levy.effective, Fraction(0)),
        includes_tax=not levy.includes_tax,
        weights=levy.weights,
    )
    return Levied(turned, [position], [left])


def _net_and_tax(
    groups: Sequence[Levied], entries: Sequence[TaxedAmount], stop: int, rounding: Rounding
) -> tuple[list[int], list[int], list[list[list[int]]]]:
    """Return net and tax of each entry, and the columns of each group."""
    if rounding.level is RoundingLevel.ORDER:
        columns = order_taxes(groups, _ranks(entries, stop), rounding)
    else:
        columns = [_level_taxes(group, entries, rounding) for group in groups]
    nets, taxes = [0] * len(entries), [0] * len(entries)
    for (levy, positions, amounts), shares in zip(groups, columns, strict=True):
        tax = shares[0] if len(shares) == 1 else _sums(shares, len(amounts))
        net = list(map(sub, amounts, tax)) if levy.includes_tax else amounts
        if len(groups) == 1:  # all there is, and in order
            return list(net), tax, columns
        for position, one, other in zip(positions, net, tax, strict=True):
            nets[position], taxes[position] = one, other
    return nets, taxes, columns


def _sums(columns: Sequence[Sequence[int]], size: int) -> list[int]:
    return [sum(row) for row in zip(*columns, strict=True)] if columns else [0] * size


def _level_taxes(
    group: Levied, entries: Sequence[TaxedAmount], rounding: Rounding
) -> list[list[int]]:
    """Return the taxes of each amount by itself: by its units, or once."""
    if rounding.level is not RoundingLevel.UNIT:
        return line_taxes(group.levy, group.amounts, rounding)
    return by_unit(
        lambda column: line_taxes(group.levy, column, rounding),
        group.amounts,
        [entries[position].quantity for position in group.positions],
    )


def _ranks(entries: Sequence[TaxedAmount], stop: int) -> list[int]:
    """Rank entries by kind and key, so that equal remainders never go by position."""
    order = sorted(
        range(len(entries)), key=lambda position: (position >= stop, entries[position].key)
    )
    ranks = [0] * len(entries)
    for rank, position in enumerate(order):
        ranks[position] = rank
    return ranks


def _delivery_levy(policy: DeliveryTax, items: Sequence[Levied], place: TaxPlace) -> _LevyOf:
    """Return what finds the levy of a delivery: its own, or one that the items make."""
    if policy is DeliveryTax.OWN_CLASS or not items:
        return place.levy
    if policy is DeliveryTax.HIGHEST:
        sold = [group for group in items if any(group.amounts)] or items
        dearest = min(sold, key=lambda group: (-sum(group.levy.effective), group.levy.keys)).levy
        rates = dict(zip(dearest.keys, dearest.effective, strict=True))
        return lambda key: make_levy(rates, dearest.contained, includes_tax=key[1])
    return _average(items)


def _average(items: Sequence[Levied]) -> _LevyOf:
    """Return the levy of the average rate, weighted by what items cost without tax."""
    weights = [
        Fraction(sum(amounts) * levy.net_numerator, levy.denominator) for levy, _, amounts in items
    ]
    if not any(weights):
        weights = [Fraction(len(group.positions)) for group in items]
    whole = sum(weights, Fraction(0))
    rates: dict[RateKey, Fraction] = {}
    parts: dict[RateKey, Fraction] = {}
    for (levy, _, _), weight in zip(items, weights, strict=True):
        for key, rate in zip(levy.keys, levy.effective, strict=True):
            rates[key] = rates.get(key, Fraction(0)) + rate * weight / whole
            parts[key] = parts.get(key, Fraction(0)) + weight
    contained = sum(
        (levy.contained * weight for (levy, _, _), weight in zip(items, weights, strict=True)),
        Fraction(0),
    )
    unit = math.lcm(*[weight.denominator for weight in weights])
    shares = tuple(int(parts[key] * unit) for key in sorted(parts)), int(whole * unit)
    ordered = {key: rates[key] for key in sorted(rates)}
    return lambda key: make_levy(ordered, contained / whole, includes_tax=key[1], weights=shares)


def notes(groups: Sequence[Levied], place: TaxPlace) -> tuple[Reason, ...]:
    """Return what is to be said of a tax besides its figures."""
    found = [Reason("tax.exempt", {"exemption": item.exemption_id}) for item in place.exempt]
    if not found and any(group.levy.factor is not None for group in groups):
        found.append(Reason("tax.destination"))
    return tuple(found)
