"""The rewards of a case's promotions, as effects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs

from omnicommerce.kernel.predicates import Predicate
from omnicommerce.kernel.rounding import RoundingLevel
from omnicommerce.pricing.effects import (
    AmountOff,
    BuyGet,
    Choice,
    Effect,
    FirstThenEach,
    Gift,
    GroupOff,
    Measured,
    Per,
    PercentOff,
    SetPrice,
    Tier,
    Tiers,
    TotalPrice,
)
from omnicommerce.pricing.promotions import Target
from tests.peer_cases.amounts import Scale, count, most, percent
from tests.peer_cases.facts import all_of, matching
from tests.peer_cases.reading import Part, Unsupported

__all__ = ["Terms", "gift_sku", "terms_of"]


@attrs.frozen(kw_only=True)
class Terms:
    """What a reward makes of a promotion, its limits included."""

    effect: Effect
    on: Predicate
    target: Target
    cap: int | None
    max_units: int | None
    max_units_each: int | None
    first_units: Choice


def terms_of(reward: Part, scale: Scale) -> Terms | None:
    """Return what a reward does; None: it can never give anything.

    Raises:
        Unsupported: The format has no such reward.
    """
    kind, target = reward["type"], reward.get("target") or "line"
    if kind not in _EFFECTS or target not in _TARGETS:
        raise Unsupported(f"reward {kind!r} for target {target!r} is not in the format")
    effect = _EFFECTS[kind](reward, scale)
    cap = None if reward.get("cap") is None else scale.minor(reward["cap"])
    if effect is None or cap == 0:
        return None
    units, each = _limits(reward, effect)
    return Terms(
        effect=effect,
        on=all_of([matching(reward.get("filter")), matching(_part(reward, "get").get("filter"))]),
        target=_target(reward, target),
        cap=cap,
        max_units=units,
        max_units_each=each,
        first_units=_first_units(reward),
    )


_TARGETS: Final = {
    "line": Target.ITEMS,
    "order": Target.ITEMS,
    "shipping": Target.DELIVERY,
}


def _target(reward: Part, target: str) -> Target:
    if target == "order" and reward.get("scope") == "items_and_shipping":
        return Target.ITEMS_AND_DELIVERY
    if reward["type"] in {"free_shipping", "shipping_percent", "shipping_fixed_price"}:
        return Target.DELIVERY
    return _TARGETS[target]


def _first_units(reward: Part) -> Choice:
    orders = {"cheapest_first": Choice.CHEAPEST, "dearest_first": Choice.DEAREST}
    order = reward.get("unit_order") or "cheapest_first"
    if order not in orders:
        raise Unsupported(f"unit_order {order!r} is not in the format")
    return orders[order]


def _limits(reward: Part, effect: Effect) -> tuple[int | None, int | None]:
    """Return how many units it works on at most, in all and of each line."""
    units, each = most(reward.get("max_units")), most(reward.get("max_quantity"))
    if reward["type"] == "cheapest_free":
        units = most(reward.get("max_applications")) or 1
    if reward["type"] == "fixed_amount" and reward.get("allocation") == "once":
        units = 1
    limited = units is not None or each is not None
    if limited and not isinstance(effect, (PercentOff, AmountOff, Tiers)):
        raise Unsupported(f"reward {reward['type']!r} with a limit of units")
    return units, each


def _part(part: Part, key: str) -> Part:
    found: Part = part.get(key) or {}
    return found


def _percent(reward: Part, _: Scale) -> Effect | None:
    return _percent_off(reward["value"], reward)


def _percent_off(value: str, reward: Part) -> PercentOff | None:
    rate = percent(value)
    of_order = reward.get("target") == "order"
    level = RoundingLevel.ORDER if of_order else RoundingLevel.LINE
    return None if rate is None else PercentOff(rate, level)


def _fixed_amount(reward: Part, scale: Scale) -> Effect | None:
    return _amount_off(reward["value"], reward, scale)


def _amount_off(value: str, reward: Part, scale: Scale) -> AmountOff | None:
    amount = scale.minor(value)
    if amount <= 0:
        return None
    return AmountOff(amount, _per(reward), includes_tax=reward.get("value_includes_tax"))


def _per(reward: Part) -> Per:
    """Return how often an amount is taken: every entry of shipping is one unit."""
    default = "across" if reward.get("target") == "order" else "each"
    allocation = reward.get("allocation") or default
    ways = {"each": Per.UNIT, "per_line": Per.PRODUCT, "across": Per.ONCE, "once": Per.UNIT}
    if allocation not in ways:
        raise Unsupported(f"allocation {allocation!r} is not in the format")
    return ways[allocation]


def _fixed_price(reward: Part, scale: Scale) -> Effect | None:
    amount = scale.minor(reward["value"])
    if reward.get("target") == "line":
        return SetPrice(1, amount)
    return TotalPrice(amount, Per.PRODUCT if reward.get("target") == "shipping" else Per.ONCE)


def _bundle_price(reward: Part, scale: Scale) -> Effect | None:
    return SetPrice(
        count(reward["bundle_quantity"]),
        scale.minor(reward["value"]),
        max_repeats=most(reward.get("max_applications")),
    )


def _buy_x_get_y(reward: Part, _: Scale) -> Effect | None:
    buy, get = reward["buy"], reward["get"]
    rate = percent(get.get("percent") or "100")
    if rate is None:
        return None
    return BuyGet(
        count(buy["quantity"]),
        count(get["quantity"]),
        rate,
        most(reward.get("max_applications")),
        bought=matching(buy.get("filter")),
        partial=bool(get.get("partial", reward.get("partial", True))),
    )


def _all_off(_: Part, __: Scale) -> Effect | None:
    rate = percent("100")
    return None if rate is None else PercentOff(rate)


def _quantity_group(reward: Part, scale: Scale) -> Effect | None:
    kind = reward["group_reward"]
    inner: dict[str, Any] = {**reward, "target": "line", "allocation": "each"}
    if isinstance(kind, dict):
        inner |= kind
        kind = kind["type"]
    if kind not in {"fixed_amount", "percent", "tiered_percent", "tiered_amount"}:
        raise Unsupported(f"group_reward {kind!r} is not in the format")
    effect = _EFFECTS[kind](inner, scale)
    if not isinstance(effect, (PercentOff, AmountOff, Tiers)):
        return None
    return GroupOff(count(reward["group_size"]), effect)


def _tiered_percent(reward: Part, scale: Scale) -> Effect | None:
    return _tiers(reward, scale, lambda value: _percent_off(value, reward))


def _tiered_amount(reward: Part, scale: Scale) -> Effect | None:
    return _tiers(reward, scale, lambda value: _amount_off(value, reward, scale))


def _tiers(
    reward: Part, scale: Scale, effect_of: Callable[[str], PercentOff | AmountOff | None]
) -> Tiers | None:
    """Return tiers that begin with the base; the first ones may give nothing."""
    by = _measured(reward)
    counts = by is Measured.UNITS
    found = {0: effect_of(str(reward.get("base") or "0"))}
    for tier in sorted(reward["tiers"], key=lambda item: scale.exact(item["from"])):
        least = count(tier["from"]) if counts else scale.at_least(tier["from"])
        found[least] = effect_of(tier["value"])
    steps: list[Tier] = []
    for least, effect in found.items():
        if effect is not None:
            steps.append(Tier(least, effect))
        elif steps:
            raise Unsupported("a tier that gives nothing above one that gives something")
    return Tiers(by, steps) if steps else None


def _measured(reward: Part) -> Measured:
    of_shipping = reward.get("target") == "shipping"
    bases = {
        "subtotal": Measured.SPEND_BASE,
        "line_amount": Measured.PRODUCT,
        "shipping_price": Measured.PRODUCT if of_shipping else Measured.DELIVERY,
        "matching_quantity": Measured.UNITS,
    }
    basis = reward.get("basis") or "subtotal"
    if basis not in bases:
        raise Unsupported(f"basis {basis!r} is not in the format")
    return bases[basis]


def _first_then_additional(reward: Part, scale: Scale) -> Effect | None:
    first, additional = scale.minor(reward["first"]), scale.minor(reward["additional"])
    if not first and not additional:
        return None
    return FirstThenEach(first, additional, most(reward.get("max_items")))


def _shipping_fixed_price(reward: Part, scale: Scale) -> Effect | None:
    return TotalPrice(scale.minor(reward["value"]), Per.PRODUCT)


def _gift(reward: Part, _: Scale) -> Effect | None:
    gift = reward["gift"]
    rate = percent(gift.get("percent") or "100")
    if rate is None:
        raise Unsupported("a gift that is not reduced")
    return Gift([gift_sku(gift)], count(gift.get("qty") or 1), rate)


def gift_sku(gift: Part) -> str:
    """Return the SKU of a gift: apart from those of lines, as it has a price of its own."""
    return f"gift {gift['unit_price']} {gift['sku']}"


_EFFECTS: Final[dict[str, Callable[[Part, Scale], Effect | None]]] = {
    "percent": _percent,
    "fixed_amount": _fixed_amount,
    "fixed_price": _fixed_price,
    "bundle_price": _bundle_price,
    "buy_x_get_y": _buy_x_get_y,
    "cheapest_free": _all_off,
    "quantity_group": _quantity_group,
    "tiered_percent": _tiered_percent,
    "tiered_amount": _tiered_amount,
    "first_then_additional": _first_then_additional,
    "free_shipping": _all_off,
    "shipping_percent": _percent,
    "shipping_fixed_price": _shipping_fixed_price,
    "gift": _gift,
}
