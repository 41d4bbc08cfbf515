"""Each figure that a case expects, against the one that the library gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final, NamedTuple

from omnicommerce.kernel.rate import Rate
from tests.peer_cases.amounts import Scale, count, rounded
from tests.peer_cases.outcome import Given, Outcome
from tests.peer_cases.reading import Unsupported

__all__ = ["Difference", "differences"]


class Difference(NamedTuple):
    """One figure that is not the expected one."""

    key: str
    expected: str
    got: str

    def __str__(self) -> str:
        """Show on one line."""
        return f"{self.key}: expected {self.expected}, got {self.got}"


_Differences = Iterator[Difference]
_Check = Callable[[str, Any, Outcome], _Differences]


def differences(outcome: Outcome) -> list[Difference]:
    """Return what is not as expected; nothing that a case does not assert is looked at.

    Raises:
        Unsupported: The format has no such key.
    """
    found: list[Difference] = []
    for key, expected in outcome.case.expect.items():
        if key not in _CHECKS:
            raise Unsupported(f"expected figure {key!r} is not in the format")
        if expected is not None:
            found += _CHECKS[key](key, expected, outcome)
    return found


def _money(key: str, expected: str, got: int, scale: Scale) -> _Differences:
    if scale.minor(expected) != got:
        yield Difference(key, str(expected), scale.text(got))


def _figure(of: Callable[[Outcome], int]) -> _Check:
    """Return the check of one amount."""

    def check(key: str, expected: str, outcome: Outcome) -> _Differences:
        yield from _money(key, expected, of(outcome), outcome.case.scale)

    return check


def _each(of: Callable[[Outcome, str], int]) -> _Check:
    """Return the check of an amount for each line, entry or promotion that the case names."""

    def check(key: str, expected: Mapping[str, str], outcome: Outcome) -> _Differences:
        for name, amount in expected.items():
            yield from _money(f"{key}.{name}", amount, of(outcome, name), outcome.case.scale)

    return check


def _line_discount(outcome: Outcome, name: str) -> int:
    return outcome.base[name] - outcome.left[name]


def _shipping_discount(outcome: Outcome, name: str) -> int:
    return outcome.shipping_base[name] - outcome.shipping_left[name]


def _of_unit(amounts: Callable[[Outcome, str], int]) -> _Check:
    def unit(outcome: Outcome, name: str) -> int:
        lines = {str(line["id"]): count(line["qty"]) for line in outcome.case.bought}
        return rounded(Fraction(amounts(outcome, name), lines[name])) if name in lines else 0

    return _each(unit)


def _tax_figure(of: Callable[[Outcome, str], int | None]) -> _Check:
    return _each(lambda outcome, name: of(outcome, name) or 0)


def _net(outcome: Outcome, name: str) -> int | None:
    item = outcome.taxed_line(name)
    return item and item.net


def _tax(outcome: Outcome, name: str) -> int | None:
    item = outcome.taxed_line(name)
    return item and item.tax


def _gross(outcome: Outcome, name: str) -> int | None:
    item = outcome.taxed_line(name)
    return item and item.gross


def _items_net(outcome: Outcome) -> int:
    return sum(_net(outcome, name) or 0 for name in outcome.left)


def _items_gross(outcome: Outcome) -> int:
    return sum(_gross(outcome, name) or 0 for name in outcome.left)


def _order_discount(outcome: Outcome) -> int:
    """Sum up what promotions gave whose reward is for the order; a gift is none of them."""
    of_order = {
        str(part["id"])
        for part in outcome.case.parts("promotions")
        if part["reward"].get("target") == "order"
    }
    return sum(
        given.total - given.gifts for name, given in outcome.given.items() if name in of_order
    )


def _reductions(of: Callable[[Outcome], int]) -> _Check:
    """Return the check of all reductions.

    The format counts gifts among them, yet its sum of a total has no place for what
    they are worth: where there are gifts, either reading is as good.
    """

    def check(key: str, expected: str, outcome: Outcome) -> _Differences:
        gifts = sum(gift.off_minor for gift in outcome.priced.gifts)
        without = of(outcome)
        if outcome.case.scale.minor(expected) != without:
            yield from _money(key, expected, without + gifts, outcome.case.scale)

    return check


def _off(outcome: Outcome) -> int:
    """Sum up reductions of lines and shipping, as prices are entered."""
    before = sum(outcome.base.values()) + sum(outcome.shipping_base.values())
    return before - sum(outcome.left.values()) - sum(outcome.shipping_left.values())


def _off_net(outcome: Outcome) -> int:
    before, after = outcome.taxed_unreduced, outcome.taxed
    items = before.items_total.net - _items_net(outcome)
    return items + before.delivery_total.net - after.delivery_total.net


def _off_gross(outcome: Outcome) -> int:
    before, after = outcome.taxed_unreduced, outcome.taxed
    items = before.items_total.gross - _items_gross(outcome)
    return items + before.delivery_total.gross - after.delivery_total.gross


def _total(outcome: Outcome) -> int:
    return outcome.priced.total_minor


def _remaining(outcome: Outcome) -> int:
    return max(0, outcome.priced.payable_minor)


def _by_promotion(key: str, expected: Mapping[str, Any], outcome: Outcome) -> _Differences:
    scale = outcome.case.scale
    for name, parts in expected.items():
        given, where = outcome.given.get(name) or Given(), f"{key}.{name}"
        for what, amounts in (parts if isinstance(parts, dict) else {"total": parts}).items():
            columns = {"lines": given.lines, "shipping": given.shipping}
            if what == "total":
                yield from _money(f"{where}.total", amounts, given.total, scale)
            elif what not in columns:
                raise Unsupported(f"by_promotion {what!r} is not in the format")
            elif not isinstance(amounts, dict):
                yield from _money(f"{where}.{what}", amounts, sum(columns[what].values()), scale)
            else:
                for part, amount in amounts.items():
                    got = columns[what].get(part, 0)
                    yield from _money(f"{where}.{what}.{part}", amount, got, scale)


def _tax_by_rate(key: str, expected: Mapping[str, str], outcome: Outcome) -> _Differences:
    for rate, amount in expected.items():
        got = outcome.taxed.by_rate.get(Rate.factor(rate), 0)
        yield from _money(f"{key}.{rate}", amount, got, outcome.case.scale)


def _applied(key: str, expected: list[str], outcome: Outcome) -> _Differences:
    """Compare what gave something: others may have too, unless nothing is expected to."""
    got = sorted(outcome.applied)
    missing = set(expected) - outcome.applied
    if missing or (not expected and got):
        yield Difference(key, str(sorted(expected)), str(got))


def _not_applied(key: str, expected: Mapping[str, str], outcome: Outcome) -> _Differences:
    """Compare what gave nothing; why is told in words of the format's own."""
    for name in expected:
        if name in outcome.applied:
            given = outcome.case.scale.text((outcome.given.get(name) or Given()).total)
            yield Difference(f"{key}.{name}", "0.00", given)


def _application_order(key: str, expected: list[str], outcome: Outcome) -> _Differences:
    got = [rule.promotion_id for rule in outcome.book.rules if rule.promotion_id in expected]
    if got != expected:
        yield Difference(key, str(expected), str(got))


def _gifts(key: str, expected: list[Mapping[str, Any]], outcome: Outcome) -> _Differences:
    scale = outcome.case.scale
    got = [
        {
            "sku": gift.sku.split(" ", 2)[2],
            "qty": gift.quantity,
            "unit_price": scale.text(rounded(Fraction(gift.worth_minor, gift.quantity))),
            "discount": scale.text(gift.off_minor),
        }
        for gift in outcome.priced.gifts
    ]
    left = list(got)
    for wanted in expected:
        match = next((gift for gift in left if _is_gift(gift, wanted, scale)), None)
        if match is None:
            yield Difference(key, str(expected), str(got))
            return
        left.remove(match)
    if left:
        yield Difference(key, str(expected), str(got))


def _is_gift(gift: Mapping[str, Any], wanted: Mapping[str, Any], scale: Scale) -> bool:
    """Tell whether a gift is as wanted, as far as the case says."""
    for name, value in wanted.items():
        if name not in gift:
            raise Unsupported(f"gifts {name!r} is not in the format")
        if name in {"unit_price", "discount"}:
            if scale.minor(value) != scale.minor(gift[name]):
                return False
        elif str(gift[name]) != str(value):
            return False
    return True


def _budget_used(key: str, expected: Mapping[str, str], outcome: Outcome) -> _Differences:
    """Compare what was used of budgets: money, or one use."""
    kinds = {
        str(part["id"]): (part.get("budget") or {}).get("type")
        for part in outcome.case.parts("promotions")
    }
    for name, amount in expected.items():
        if kinds.get(name) == "usage":
            used = int(name in outcome.applied)
            if Fraction(amount) != used:
                yield Difference(f"{key}.{name}", str(amount), str(used))
        else:
            total = (outcome.given.get(name) or Given()).total
            yield from _money(f"{key}.{name}", amount, total, outcome.case.scale)


def _unchecked(_: str, __: object, ___: Outcome) -> _Differences:
    return iter(())


_CHECKS: Final[dict[str, _Check]] = {
    "subtotal": _figure(lambda outcome: sum(outcome.base.values())),
    "line_discounts": _each(_line_discount),
    "shipping_discounts": _each(_shipping_discount),
    "unit_prices": _of_unit(lambda outcome, name: outcome.left[name]),
    "unit_discounts": _of_unit(_line_discount),
    "line_totals": _each(lambda outcome, name: outcome.left[name]),
    "line_net": _tax_figure(_net),
    "line_tax": _tax_figure(_tax),
    "line_gross": _tax_figure(_gross),
    "order_discount": _figure(_order_discount),
    "discount_total": _reductions(_off),
    "discount_net": _reductions(_off_net),
    "discount_gross": _reductions(_off_gross),
    "by_promotion": _by_promotion,
    "shipping_total": _figure(lambda outcome: sum(outcome.shipping_left.values())),
    "shipping_net": _figure(lambda outcome: outcome.taxed.delivery_total.net),
    "shipping_tax": _figure(lambda outcome: outcome.taxed.delivery_total.tax),
    "shipping_gross": _figure(lambda outcome: outcome.taxed.delivery_total.gross),
    "subtotal_net": _figure(_items_net),
    "subtotal_gross": _figure(_items_gross),
    "surcharge_total": _figure(lambda outcome: outcome.priced.surcharge_minor),
    "total_net": _figure(lambda outcome: outcome.taxed.total.net),
    "tax_total": _figure(lambda outcome: outcome.priced.tax_minor),
    "tax_by_rate": _tax_by_rate,
    "total_gross": _figure(_total),
    "total": _figure(_total),
    "remaining_to_pay": _figure(_remaining),
    "applied": _applied,
    "not_applied": _not_applied,
    "application_order": _application_order,
    "gifts": _gifts,
    "budget_used": _budget_used,
    "peer_only": _unchecked,
}
