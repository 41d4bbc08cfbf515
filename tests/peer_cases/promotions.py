"""The promotions of a case, and how they combine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from omnicommerce.kernel.predicates import During, OneOf, Predicate
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.code_policy import CodePolicy, normalise
from omnicommerce.pricing.promotions import (
    Base,
    Competition,
    Exclusion,
    Promotion,
    Stacking,
    StackingGroup,
    Status,
    Winner,
)
from tests.peer_cases.amounts import count
from tests.peer_cases.conditions import condition_of, in_currency
from tests.peer_cases.facts import all_of
from tests.peer_cases.reading import Case, Part, Unsupported
from tests.peer_cases.rewards import Terms, terms_of

__all__ = ["code_policy", "instant", "promotions_of", "remaining", "spent", "stacking_of"]

_TICK: Final = timedelta(microseconds=1)
_COMBINING: Final = "combining"
_OF_SETS: Final = "sets"
_SETS: Final = frozenset({"buy_x_get_y", "bundle_price"})
_GROUPS: Final = {
    "line": Competition.PRODUCT,
    "order": Competition.BASKET,
    "order and shipping": Competition.BASKET,
    "shipping": Competition.PRODUCT,
}


def promotions_of(case: Case) -> tuple[Promotion, ...]:
    """Return the promotions that can give anything, in the order in which they are tried."""
    if case.stacking not in {"compound", "best_only", "additive"}:
        raise Unsupported(f"stacking {case.stacking!r} is not in the format")
    listed = [part for part in case.parts("promotions") if _counts(part, case)]
    found: list[Promotion] = []
    for rank, part in enumerate(sorted(listed, key=lambda item: -(item.get("priority") or 0))):
        terms = terms_of(part["reward"], case.scale)
        if terms is not None:
            found.append(_promotion(part, terms, case, rank))
    return tuple(found)


def _counts(part: Part, case: Case) -> bool:
    """Tell whether the shop lets a promotion take part at all."""
    automatic = case.options.get("automatic_promotions", True)
    return part.get("code") is not None or bool(automatic)


def _promotion(part: Part, terms: Terms, case: Case, rank: int) -> Promotion:
    additive = case.stacking == "additive"
    return Promotion(
        promotion_id=str(part["id"]),
        effect=terms.effect,
        when=all_of(_conditions(part, case)),
        on=terms.on,
        target=terms.target,
        base=Base.ORIGINAL if additive else Base.REMAINING,
        lane=_lane(part, case),
        priority=rank,
        exclusive=bool(part.get("exclusive")),
        family=_family(part, case),
        group=_group(part) if case.stacking == "best_only" else None,
        cap=terms.cap,
        max_units=terms.max_units,
        max_units_each=terms.max_units_each,
        first_units=terms.first_units,
        status=Status.ARCHIVED if part.get("active") is False else Status.ACTIVE,
        **_limits(part, case),
    )


def _level(part: Part) -> str:
    target = part["reward"].get("target") or "line"
    return target if target in _GROUPS else "line"


def _group(part: Part) -> str:
    """Return what a promotion competes for."""
    of_both = part["reward"].get("scope") == "items_and_shipping"
    return "order and shipping" if of_both else _level(part)


def _lane(part: Part, case: Case) -> int:
    """Let items come before the order, whatever the priorities; shipping comes last.

    Where a reward of the order takes from shipping too, what is for shipping alone
    goes before it, as what is for lines alone does.
    """
    level = _level(part)
    if level == "order":
        return 1
    of_both = any(
        item["reward"].get("scope") == "items_and_shipping" for item in case.parts("promotions")
    )
    return 2 if level == "shipping" and not of_both else 0


def _conditions(part: Part, case: Case) -> Iterable[Predicate]:
    if part.get("code") is not None:
        yield OneOf("code", {normalise(part["code"], code_policy(case))})
    starts_at, ends_at = part.get("starts_at"), part.get("ends_at")
    if starts_at or ends_at:
        yield During(
            Window(
                starts_at=instant(starts_at) if starts_at else None,
                ends_at=instant(ends_at) + _TICK if ends_at else None,
            )
        )
    for condition in part.get("conditions") or ():
        yield condition_of(condition, case)
    yield in_currency(part["reward"])


def code_policy(case: Case) -> CodePolicy:
    """Return how codes are compared: all characters count, capitals only if the case says so."""
    return CodePolicy(ignore_case=not case.options.get("case_sensitive_codes", False), ignore="")


def instant(text: str) -> datetime:
    """Read an instant; one without an offset is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _limits(part: Part, case: Case) -> dict[str, Any]:
    """Return the limits; who has used how much of them is the ledger's business, see `spent`."""
    budget = part.get("budget") or {}
    limits = [part.get("usage_limit")]
    if budget.get("type") == "usage":
        limits.append(budget["limit"])
    uses = [max(1, count(limit)) for limit in limits if limit is not None]
    found: dict[str, Any] = {"limit_uses": min(uses, default=None)}
    if part.get("per_customer_limit") is not None:
        found["limit_per_customer"] = max(1, count(part["per_customer_limit"]))
    if budget.get("type") == "spend":
        found["budget"] = max(1, case.scale.minor(budget["limit"]))
    return found


def spent(part: Part, case: Case) -> bool:
    """Tell whether a promotion has no use left, as the ledger would say."""
    budget = part.get("budget") or {}
    if budget and budget["type"] not in {"usage", "spend"}:
        raise Unsupported(f"budget {budget['type']!r} is not in the format")
    uses = case.customer.get("uses") or {}
    counted = [
        (part.get("usage_limit"), part.get("used") or 0),
        (part.get("per_customer_limit"), uses.get(part["id"], 0)),
        (budget.get("limit"), budget.get("used") or 0),
    ]
    return any(
        limit is not None and case.scale.exact(used) >= case.scale.exact(limit)
        for limit, used in counted
    )


def remaining(part: Part, case: Case) -> int | None:
    """Return what a promotion may still give; None: as much as it wants."""
    budget = part.get("budget") or {}
    if budget.get("type") != "spend":
        return None
    return max(0, case.scale.minor(budget["limit"]) - case.scale.minor(budget.get("used") or "0"))


def _family(part: Part, case: Case) -> str | None:
    """Put promotions in families where not all of them combine.

    One that does not combine is a family of its own. Those that make sets of units are
    one, as a unit is part of one set only. All others are one where it matters.
    """
    if not _combines(part):
        return f"alone {part['id']}"
    if part["reward"]["type"] in _SETS:
        return _OF_SETS
    return None if all(map(_combines, case.parts("promotions"))) else _COMBINING


def _combines(part: Part) -> bool:
    return part.get("combinable") is not False


def stacking_of(promotions: Iterable[Promotion]) -> Stacking:
    """Return which of the promotions combine."""
    used = list(promotions)
    groups = sorted({item.group for item in used if item.group is not None})
    families = sorted({item.family for item in used if item.family is not None})
    return Stacking(
        groups=[StackingGroup(name, Winner.BEST, _GROUPS[name]) for name in groups],
        exclusions=[*_alone(families), *_apart(item.family for item in used)],
    )


def _alone(families: list[str]) -> Iterator[Exclusion]:
    together = {_COMBINING, _OF_SETS}
    for number, one in enumerate(families):
        for other in families[number + 1 :]:
            if not {one, other} <= together:
                yield Exclusion(one, other, Competition.BASKET)


def _apart(families: Iterable[str | None]) -> Iterator[Exclusion]:
    if sum(family == _OF_SETS for family in families) > 1:
        yield Exclusion(_OF_SETS, _OF_SETS, Competition.PRODUCT)
