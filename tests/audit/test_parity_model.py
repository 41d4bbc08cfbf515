"""Groups, exceptions and what channels know: what they refuse, and comparing at each level."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from omnicommerce.kernel import documents
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing.audit.lens import Lens, lenses
from omnicommerce.pricing.basket import OrderHistory, Role, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.effects import AmountOff, EarnPoints, Gift
from omnicommerce.pricing.parity import parity
from omnicommerce.pricing.parity_model import (
    ChannelFacts,
    ParityException,
    ParityGroup,
    ParityLevel,
)
from omnicommerce.pricing.promotions import Promotion
from tests.audit.clean_shop import clean, only_in
from tests.pricing.shop import basket, configuration

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
BOUNDED: dict[str, Any] = {
    "exception_id": "e",
    "channels": ["app", "web"],
    "max_amount": 100,
    "reason": "A trial",
    "owner": "Ana",
    "expires_at": NOW,
}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channels": ["app"]}, "channels"),
        ({"channels": "app"}, "channels"),
        ({"channels": ["app", " "]}, "channels"),
        ({"max_amount": None}, "max_amount"),
        ({"max_amount": 0}, "max_amount"),
        ({"max_rate": Rate.percent(0)}, "max_rate"),
        ({"max_rate": Rate.percent(101)}, "max_rate"),
        ({"reason": " "}, "reason"),
        ({"owner": ""}, "owner"),
        ({"cheaper": "store"}, "cheaper"),
        ({"expires_at": datetime(2026, 1, 1)}, "at"),
    ],
)
def test_an_exception_is_bounded_and_owned(changes: dict[str, Any], field: str) -> None:
    """Without bound, reason, owner, end or at least two channels it is refused."""
    with pytest.raises(InvalidValue) as caught:
        ParityException(**{**BOUNDED, **changes})
    assert field == caught.value.field


def test_a_group_has_at_least_two_channels() -> None:
    """One channel is always equal to itself."""
    with pytest.raises(InvalidValue, match="two channels"):
        ParityGroup(group_id="g", channels=["web"])


@pytest.mark.parametrize(
    "twice",
    [
        {"parity_groups": [ParityGroup(group_id="g", channels=["a", "b"])] * 2},
        {"parity_exceptions": [ParityException(**BOUNDED)] * 2},
        {"channel_facts": [ChannelFacts(channel="web")] * 2},
    ],
)
def test_each_is_declared_once(twice: dict[str, Any]) -> None:
    """Two of one name would leave open which one counts."""
    with pytest.raises(InvalidValue, match="twice"):
        clean(**twice)


@pytest.mark.parametrize(
    "facts",
    [
        {"unknown": {"weather"}},
        {"unknown": {"attribute."}},
        {"unknown": {"channel"}},
        {"unknown": {"code"}, "only": {"code": {"A"}}},
        {"always": {"country": {"ES", "PT"}}},
        {"always": {"country": set()}},
        {"always": {"delivery": {"post"}}},
        {"always": {"country": "ES"}},
        {"only": {"payment": set()}},
        {"only": {"customer": {"anna"}}},
    ],
)
def test_what_a_channel_knows_makes_sense(facts: dict[str, Any]) -> None:
    """Facts are known ones, named once, with values that can be."""
    with pytest.raises(InvalidValue):
        ChannelFacts(channel="web", **facts)


@pytest.mark.parametrize(
    "value",
    [
        ParityGroup(group_id="g", channels=["web", "app"], level=ParityLevel.POINTS),
        ParityException(**BOUNDED, on=OneOf("category", {"tea"}), max_rate=Rate.percent(5)),
        ChannelFacts(channel="web", unknown={"code"}, always={"country": {"ES"}}),
    ],
)
def test_they_have_a_json_form(value: Any) -> None:
    """What is written is read back the same."""
    assert value == documents.load(type(value), documents.dump(value))


def test_levels_include_those_before() -> None:
    """The ladder goes from L0 to L5."""
    assert [0, 1, 2, 3, 4, 5] == [level.number for level in ParityLevel]


@pytest.mark.parametrize(
    ("effect", "level", "expected"),
    [
        (EarnPoints(7), ParityLevel.PAYABLE, []),
        (EarnPoints(7), ParityLevel.POINTS, [("points", None, 7, 0)]),
        (Gift(["milk"]), ParityLevel.LIST, []),
        (Gift(["milk"]), ParityLevel.LINE, [("line", "milk", 1, None)]),
        (AmountOff(50), ParityLevel.LINE, [("line", "tea", 400, 450)]),
        (
            AmountOff(50),
            ParityLevel.MERCHANDISE,
            [("line", "tea", 400, 450), ("merchandise", None, 400, 450)],
        ),
        (EarnPoints(7), ParityLevel.TRACE, [("points", None, 7, 0), ("trace", "p", None, None)]),
    ],
)
def test_one_basket_is_compared_up_to_a_level(
    effect: Any, level: ParityLevel, expected: list[tuple[Any, ...]]
) -> None:
    """Each level shows what it adds, and nothing beyond."""
    book = PriceBook.compile(
        configuration(Promotion(promotion_id="p", effect=effect, when=only_in("app")))
    )
    there = Situation(channel="app", at=NOW)
    report = parity(book, basket(tea=1), there, ["app", "web"], level=level)
    found = [(one.level, one.line_id, one.expected, one.found) for one in report.differences]
    assert expected == found


def test_a_trace_may_name_the_channel() -> None:
    """That a condition saw another channel is no difference by itself."""
    book = PriceBook.compile(
        configuration(
            Promotion(promotion_id="p", effect=AmountOff(50), when=only_in("marketplace"))
        )
    )
    there = Situation(channel="app", at=NOW)
    level = ParityLevel.TRACE
    assert parity(book, basket(tea=1), there, ["app", "web"], level=level).is_equal


def lens(**facts: Any) -> Lens:
    """Return how a channel sees things."""
    shop = clean(channel_facts=[ChannelFacts(channel="web", **facts)])
    (found,) = lenses(shop, ["web"], NOW)
    return found


KNOWN = Situation(
    channel="-",
    at=NOW,
    location="serrano",
    country="PT",
    payment="cash",
    customer_id="anna",
    company_id="acme",
    role=Role.STAFF,
    codes={"A", "B"},
    customer_classes={"club"},
    history=OrderHistory(placed_at=[NOW]),
    attributes={"source": {"ad"}},
)


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        ({}, {}),
        ({"unknown": {"location", "code"}}, {"location": None, "codes": set()}),
        ({"unknown": {"customer"}}, {"customer_id": None, "company_id": None, "history": None}),
        ({"unknown": {"history"}}, {"history": None}),
        ({"unknown": {"attribute.source"}}, {"attributes": {}}),
        ({"always": {"country": {"ES"}}}, {"country": "ES"}),
        ({"always": {"role": {"anonymous"}}}, {"role": Role.ANONYMOUS}),
        ({"always": {"currency": {"USD"}}}, {"currency": "USD"}),
        ({"always": {"customer": {"till"}}}, {"customer_id": "till"}),
        ({"only": {"payment": {"card"}}}, {"payment": None}),
        ({"only": {"payment": {"cash"}}}, {}),
        ({"only": {"code": {"B", "C"}}}, {"codes": {"B"}}),
        ({"only": {"role": {"customer"}}}, {"role": None}),
    ],
)
def test_a_channel_sees_what_it_can(facts: dict[str, Any], changes: dict[str, Any]) -> None:
    """Facts are hidden, fixed or limited as declared, and the channel is named."""
    expected = attrs.evolve(KNOWN, channel="web", **changes)
    assert expected == lens(**facts).situation(KNOWN)


def test_the_configuration_keeps_them() -> None:
    """Groups, exceptions and facts survive the JSON form of a configuration."""
    shop = clean(
        parity_exceptions=[ParityException(**BOUNDED)],
        channel_facts=[ChannelFacts(channel="store", unknown={"code"})],
    )
    assert shop == type(shop).load(shop.dump())
