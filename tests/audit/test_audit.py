"""Verdicts of the audit: what proves, what excuses, what hides, and what nobody can know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, get_args, get_type_hints

import attrs
import pytest

from omnicommerce.kernel.predicates import (
    AllOf,
    AnyOf,
    AtLeast,
    During,
    Not,
    OneOf,
    Opaque,
    Predicate,
)
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.audit.audit import audit
from omnicommerce.pricing.audit.model import GroupVerdict, Severity, Verdict
from omnicommerce.pricing.effects import EarnPoints, Effect, OpaqueEffect
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.parity_model import (
    ChannelFacts,
    ParityException,
    ParityGroup,
    ParityLevel,
)
from omnicommerce.pricing.promotions import Promotion, Status, Target
from tests.audit.clean_shop import (
    CHANNELS,
    NOW,
    PROMOTIONS,
    category,
    clean,
    only_in,
    percent,
    promotion,
)

MUGS = category("mug")
NEW = f"$.promotions[{len(PROMOTIONS)}]"


def verdict(shop: PricingConfiguration, **more: Any) -> GroupVerdict:
    """Return the verdict on the only group of a shop."""
    (group,) = audit(shop, at=NOW, **more).groups
    return group


def of_the_app(effect: Effect | None = None, **more: Any) -> Promotion:
    """Return a promotion for the app."""
    usual: dict[str, Any] = {"on": MUGS, "when": only_in("app")}
    return promotion("of-the-app", 500, effect or percent(10), **{**usual, **more})


def exception(**changes: Any) -> ParityException:
    """Return an exception that allows it."""
    usual: dict[str, Any] = {
        "exception_id": "app-mugs",
        "channels": CHANNELS,
        "cheaper": "app",
        "max_rate": Rate.percent(11),
        "max_points": 1000,
        "reason": "Launch of the app",
        "owner": "Marketing",
        "expires_at": NOW + timedelta(days=30),
    }
    return ParityException(**{**usual, **changes})


def at_level(level: ParityLevel) -> dict[str, Any]:
    """Return a group that is equal up to a level."""
    return {"parity_groups": [ParityGroup(group_id="g", channels=CHANNELS, level=level)]}


@pytest.mark.parametrize(
    "when",
    [
        OneOf("channel", CHANNELS),
        Not(OneOf("channel", {"marketplace"})),
        AnyOf([OneOf("channel", {"web", "app"}), OneOf("channel", {"store", "phone"})]),
        AllOf([OneOf("channel", {"marketplace"}), OneOf("code", {"MUGS"})]),
        AnyOf([OneOf("channel", {"app"}), Not(OneOf("channel", {"app"}))]),
        AllOf([OneOf("channel", {"app"}), During(Window.between(None, NOW))]),
        AllOf([OneOf("channel", {"app"}), Not(AtLeast("spend.base", 0))]),
    ],
)
def test_a_mention_that_comes_to_the_same_is_proved(when: Any) -> None:
    """Naming a channel is no leak where each channel of the group gets the same."""
    group = verdict(clean(promotion("named", 500, percent(10), on=MUGS, when=when)))
    assert (Verdict.PROVED, 0) == (group.verdict, group.cases)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ARCHIVED])
def test_what_is_not_active_cannot_leak(status: Status) -> None:
    """A draft is no promotion yet, and an archived one no longer."""
    assert verdict(clean(of_the_app(status=status))).verdict is Verdict.PROVED


def test_a_level_decides_what_counts() -> None:
    """Points and delivery do not show in what items cost."""
    points = of_the_app(EarnPoints(10))
    delivery = of_the_app(target=Target.DELIVERY, on=AllOf([]), lane=1)
    for promotion_, hidden, shown in (
        (points, ParityLevel.PAYABLE, ParityLevel.POINTS),
        (delivery, ParityLevel.MERCHANDISE, ParityLevel.PAYABLE),
    ):
        below = verdict(clean(promotion_, **at_level(hidden)))
        above = verdict(clean(promotion_, **at_level(shown)))
        assert (Verdict.PROVED, Verdict.VIOLATED) == (below.verdict, above.verdict)


def test_what_an_exception_allows_is_noted() -> None:
    """Within bound and direction there is no counterexample; a proof it is not."""
    report = audit(clean(of_the_app(), parity_exceptions=[exception()]), at=NOW, cases=300)
    (group,) = report.groups
    assert group.verdict is Verdict.NOT_REFUTED
    assert group.cases > 0
    (note,) = group.findings
    assert ("parity.allowed", Severity.NOTE) == (note.code, note.severity)
    assert (0, ()) == (report.groups[0].witness or 0, report.findings)


def test_an_exception_that_nobody_needs_is_found() -> None:
    """It allows nothing that happens, and had better go."""
    report = audit(clean(parity_exceptions=[exception()]), at=NOW)
    assert report.is_proved
    assert ["parity.exception_unused"] == [item.code for item in report.findings]


def test_an_exception_that_is_over_is_found() -> None:
    """It allows nothing any more."""
    over = exception(expires_at=NOW)
    report = audit(clean(parity_exceptions=[over]), at=NOW)
    assert ["$.parity_exceptions[0].expires_at"] == [item.path for item in report.findings]


def test_bounds_of_exceptions_add_up() -> None:
    """Two exceptions of six per cent allow ten."""
    halves = [exception(exception_id=name, max_rate=Rate.percent(6)) for name in "ab"]
    group = verdict(clean(of_the_app(), parity_exceptions=halves), cases=300)
    assert group.verdict is Verdict.NOT_REFUTED
    one = verdict(clean(of_the_app(), parity_exceptions=halves[:1]), cases=300)
    assert one.verdict is Verdict.VIOLATED


def test_what_another_promotion_hides_is_found() -> None:
    """All mugs are free already: the leak will show when that ends."""
    free = promotion("free-mugs", 400, percent(100), on=MUGS)
    group = verdict(clean(free, of_the_app()), cases=300)
    (finding,) = group.findings
    assert group.verdict is Verdict.NOT_REFUTED
    assert ("parity.masked", "free-mugs") == (finding.code, finding.reason.parameters["by"])
    assert finding.witness is not None


def test_copies_that_give_the_same_are_not_refuted() -> None:
    """Two promotions under two names are no proof, and no counterexample either."""
    mine = of_the_app()
    others = of_the_app(when=Not(OneOf("channel", {"app"})))
    shop = clean(mine, attrs.evolve(others, promotion_id="of-the-others"))
    group = verdict(shop, cases=400)
    assert group.verdict is Verdict.NOT_REFUTED
    assert group.cases >= 400
    assert all(item.code == "parity.masked" for item in group.findings)


@pytest.mark.parametrize(
    ("planted", "path"),
    [
        (promotion("p", 500, percent(5), when=Opaque("rain")), f"{NEW}.when"),
        (promotion("p", 500, OpaqueEffect("own")), f"{NEW}.effect"),
    ],
)
def test_code_is_never_proved(planted: Promotion, path: str) -> None:
    """A function of the shop may look at the channel: the verdict says that nobody knows."""
    group = verdict(
        clean(planted),
        conditions={"rain": lambda *_: True},
        effects={"own": lambda left, *_: [0] * len(left)},
    )
    assert group.verdict is Verdict.NOT_REFUTED
    assert [("parity.opaque", path)] == [(item.code, item.path) for item in group.findings]


def test_code_that_looks_at_the_channel_is_found_where_something_else_is_tried() -> None:
    """Baskets that are tried for another leak show it, too."""
    shop = clean(promotion("p", 500, percent(5), when=Opaque("till"), on=MUGS), of_the_app())
    group = verdict(shop, conditions={"till": lambda _, situation: situation.channel == "store"})
    assert group.verdict is Verdict.VIOLATED


def test_the_smallest_basket_of_all_is_the_witness_of_the_group() -> None:
    """Of two leaks the one that a single unit shows comes first."""
    pair = of_the_app(when=only_in("app", AtLeast("matching.units", 2)))
    single = of_the_app(on=category("pen"))
    group = verdict(clean(pair, attrs.evolve(single, promotion_id="single")))
    assert group.witness is not None
    assert ["PEN"] == [line.sku for line in group.witness.basket.lines]


def test_each_pair_of_channels_needs_its_exception() -> None:
    """What is allowed between two channels is not allowed between others."""
    shop = clean(of_the_app(), parity_exceptions=[exception(channels={"app", "web"})])
    group = verdict(shop)
    assert group.verdict is Verdict.VIOLATED
    assert group.witness is not None
    assert "web" not in group.witness.channels


def test_a_group_without_the_channel_is_not_concerned() -> None:
    """The app may do what it likes where it is in no group."""
    shop = clean(
        of_the_app(),
        parity_groups=[ParityGroup(group_id="rest", channels={"web", "store"})],
    )
    assert verdict(shop).verdict is Verdict.PROVED


def test_facts_that_nobody_asks_for_do_not_matter() -> None:
    """A channel may see the source of a visit in its own way if no price depends on it."""
    facts = ChannelFacts(channel="app", always={"attribute.source": {"app"}})
    assert verdict(clean(channel_facts=[facts])).verdict is Verdict.PROVED


def _predicate_fields(cls: type, seen: set[type]) -> Iterator[tuple[str, str]]:
    """Yield class and field of every condition that can be in a configuration."""
    if cls in seen:
        return
    seen.add(cls)
    hints = get_type_hints(cls)
    for field in attrs.fields(cls):
        parts = list(_parts(hints[field.name]))
        if any(part in get_args(Predicate) for part in parts):
            yield cls.__name__, field.name
        for part in parts:
            if isinstance(part, type) and attrs.has(part) and part not in get_args(Predicate):
                yield from _predicate_fields(part, seen)


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for inner in get_args(hint):
        yield from _parts(inner)


def test_every_condition_of_a_configuration_is_known_for_what_it_asks() -> None:
    """A new field with a condition is about the situation if it is called ``when``."""
    found = set(_predicate_fields(PricingConfiguration, set()))
    assert ("Promotion", "when") in found
    assert {"when", "on", "bought", "untouchable"} == {field for _, field in found}
