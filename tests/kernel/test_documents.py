"""JSON documents: strict reading, stable writing, versions."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.currency import CURRENCIES, Currency
from omnicommerce.kernel.documents import (
    StoredKind,
    canonical,
    dump,
    fingerprint,
    load,
    pack,
    parse,
    register_atoms,
    unpack,
)
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue, UnknownDocument
from omnicommerce.kernel.ids import Sku
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import ALWAYS, Not, Predicate
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.window import WeeklySpan, Window


class Colour(enum.StrEnum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


@attrs.frozen
class PercentOff:
    """An effect."""

    rate: Rate


@attrs.frozen
class AmountOff:
    """Another effect."""

    amount: Money


Effect = PercentOff | AmountOff
register_atoms(Effect)


@attrs.frozen(kw_only=True)
class Promotion:
    """Something with a field of every kind."""

    name: str
    effect: Effect
    fallback: Effect | None = None
    when: Predicate = ALWAYS
    window: Window = attrs.field(factory=Window.always)
    skus: frozenset[Sku] = frozenset()
    colours: tuple[Colour, ...] = ()
    names: Mapping[str, str] = attrs.field(factory=dict)
    prices: Mapping[str, Money] = attrs.field(factory=dict)
    share: Fraction = Fraction(1)
    weight: Decimal = Decimal(1)
    starts_on: date | None = None
    lasts: timedelta = timedelta()
    currency: Currency | None = None
    is_stackable: bool = False
    priority: int = 0
    reason: Reason | None = None


@attrs.frozen
class Shop:
    """A whole configuration."""

    promotions: tuple[Promotion, ...] = ()


currencies = st.sampled_from(sorted(CURRENCIES.values()))
monies = st.builds(Money, st.integers(-(10**12), 10**12), currencies)
rates = st.builds(Rate, st.fractions(0, 5))
effects = st.builds(PercentOff, rates) | st.builds(AmountOff, monies)
names = st.text(max_size=8)
spans = st.builds(
    lambda day, start, length: WeeklySpan(day, start, start + length),
    st.integers(0, 6),
    st.integers(0, 1439),
    st.integers(1, 1440),
)
promotions = st.builds(
    Promotion,
    name=names,
    effect=effects,
    fallback=st.none() | effects,
    window=st.builds(
        Window,
        starts_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        zone=st.sampled_from(["UTC", "Europe/Madrid"]),
        weekly=st.none() | st.lists(spans, min_size=1, max_size=3),
    ),
    skus=st.frozensets(names.map(Sku), max_size=4),
    colours=st.lists(st.sampled_from(Colour), max_size=3).map(tuple),
    names=st.dictionaries(names, names, max_size=3),
    prices=st.dictionaries(names, monies, max_size=3),
    share=st.fractions(),
    weight=st.decimals(allow_nan=False, allow_infinity=False),
    starts_on=st.none() | st.dates(),
    lasts=st.timedeltas(timedelta(), timedelta(days=10**5)),
    currency=st.none() | currencies,
    is_stackable=st.booleans(),
    priority=st.integers(),
    reason=st.none() | st.builds(Reason, names, st.dictionaries(names, st.integers())),
)


@given(promotions)
def test_what_is_written_is_read_back(promotion: Promotion) -> None:
    """Every kind of value survives its JSON form and its text (pricing 23)."""
    assert promotion == load(Promotion, dump(promotion))
    assert promotion == parse(Promotion, canonical(promotion))


@given(promotions)
def test_equal_values_have_one_text(promotion: Promotion) -> None:
    """The text is the same after a round trip, and has sorted keys and no float."""
    text = canonical(promotion)
    assert text == canonical(parse(Promotion, text))
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def test_sets_have_one_order() -> None:
    """The order in which a set was filled reaches neither text nor fingerprint."""
    skus = [Sku(f"sku-{number}") for number in range(50)]
    effect = PercentOff(Rate.percent(5))
    one = Promotion(name="a", effect=effect, skus=frozenset(skus))
    other = Promotion(name="a", effect=effect, skus=frozenset(reversed(skus)))
    assert canonical(one) == canonical(other)
    assert fingerprint(one) == fingerprint(other)
    assert dump(one)["skus"] == sorted(skus)


def test_instants_are_written_in_utc() -> None:
    """However an instant is written, its document says it in UTC with a Z."""
    madrid = timezone(timedelta(hours=1))
    expected = dump(Window.between(datetime(2026, 1, 1, 1, tzinfo=madrid), None))
    assert expected["starts_at"] == "2026-01-01T00:00:00Z"


PLAIN = {"name": "spring", "effect": {"type": "percent_off", "rate": "12.5%"}}


@pytest.mark.parametrize(
    ("change", "path", "problem"),
    [
        ({"effect": {"type": "percent_off", "rate": 12.5}}, ".effect.rate", 'such as "12.5%"'),
        ({"effect": {"type": "percent_off", "rate": "a lot"}}, ".effect.rate", "finite number"),
        ({"effect": {"type": "amount_off", "amount": 1.99}}, ".effect.amount", '"19.99 EUR"'),
        ({"effect": {"type": "amount_off", "amount": "NaN EUR"}}, ".effect.amount", "finite"),
        ({"effect": {"type": "amount_off", "amount": "1 XXX"}}, ".effect.amount", "ISO 4217"),
        ({"effect": {"type": "amount_off", "rate": "5%"}}, ".effect.amount", "missing"),
        ({"effect": {"type": "free_gift"}}, ".effect.type", "must be one of amount_off, percent"),
        ({"effect": {"rate": "5%"}}, ".effect.type", "not null"),
        ({"effect": None}, ".effect", "must be an object"),
        ({"priorty": 3}, ".priorty", "did you mean 'priority'?"),
        ({"zzz": 3}, ".zzz", "known are name, effect"),
        ({"priority": "3"}, ".priority", "must be a whole number, not '3'"),
        ({"priority": float("nan")}, ".priority", "not nan"),
        ({"priority": True}, ".priority", "not true"),
        ({"is_stackable": 1}, ".is_stackable", "true or false"),
        ({"name": None}, ".name", "must be text, not null"),
        ({"skus": "abc"}, ".skus", "must be a list"),
        ({"skus": ["a", 7]}, ".skus[1]", "must be text, not 7"),
        ({"colours": ["red", "green"]}, ".colours[1]", "must be one of red, blue, not 'green'"),
        ({"colours": [["red"]]}, ".colours[0]", "must be one of red, blue"),
        ({"names": ["en"]}, ".names", "must be an object"),
        ({"prices": {"web": 3}}, ".prices['web']", '"19.99 EUR"'),
        ({"share": "1/0"}, ".share", '"2/3"'),
        ({"share": "1e999999999"}, ".share", '"2/3"'),
        ({"weight": "NaN"}, ".weight", '"1.25"'),
        ({"starts_on": "27.11.2026"}, ".starts_on", '"2026-11-27"'),
        ({"lasts": "36h"}, ".lasts", '"P1DT12H30M"'),
        ({"lasts": "P"}, ".lasts", '"P1DT12H30M"'),
        ({"window": {"starts_at": "2026-01-01T00:00:00"}}, ".window.starts_at", "naive"),
        ({"window": {"zone": "Mars"}}, ".window.zone", "IANA"),
        ({"window": {"weekly": ["Fri"]}}, ".window.weekly[0]", "09:00-21:00"),
        ({"window": "always"}, ".window", "must be an object"),
        ({"currency": "eur"}, ".currency", "ISO 4217"),
    ],
)
def test_malformed_configuration_names_the_path(
    change: dict[str, Any], path: str, problem: str
) -> None:
    """Each mistake is an error at its own path, in words."""
    with pytest.raises(InvalidConfiguration, match=r"misuse\.configuration") as caught:
        load(Shop, {"promotions": [PLAIN, PLAIN, PLAIN | change]})
    assert caught.value.path == f"$.promotions[2]{path}"
    assert problem in caught.value.message


def test_all_problems_are_listed() -> None:
    """The error names the first problem, counts the others and lists them all."""
    with pytest.raises(InvalidConfiguration, match=r"\(and 2 more\)") as caught:
        load(Promotion, {"name": 1, "effect": {"type": "percent_off", "rate": 2}, "priority": "x"})
    paths = [path for path, _ in caught.value.parameters["problems"]]
    assert paths == ["$.name", "$.effect.rate", "$.priority"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1, column 1"),
        ('{"promotions": [}', "line 1, column 17"),
        ('{"promotions": [], "promotions": []}', "the key 'promotions' twice"),
        ("[" * 100_000, "not JSON"),
        (b"\xff\xfe\xff", "not JSON"),
        ("3", "must be an object"),
    ],
)
def test_text_that_is_not_json_is_refused(text: str | bytes, problem: str) -> None:
    """Damaged text is an error that says where, and so is a key given twice."""
    with pytest.raises(InvalidConfiguration) as caught:
        parse(Shop, text)
    assert problem in caught.value.message


def test_deeply_nested_data_is_refused() -> None:
    """A document nested beyond any use is an error, not a crash."""
    data: dict[str, Any] = {"type": "all_of", "of": []}
    for _ in range(5000):
        data = {"type": "not", "of": data}
    with pytest.raises(InvalidConfiguration, match="nested too deeply"):
        load(Not, data)


@pytest.mark.parametrize("value", [{"x": float("nan")}, {"x": object()}, {"x": {1: object}}])
def test_what_json_cannot_hold_is_not_written(value: object) -> None:
    """NaN and undeclared objects are refused when writing."""
    with pytest.raises(InvalidValue, match="cannot be written"):
        canonical(value)


V1 = StoredKind(1, Promotion)
V3 = StoredKind(
    3,
    Promotion,
    {
        1: lambda body: {**body, "name": body["title"]},
        2: lambda body: {key: value for key, value in body.items() if key != "title"},
    },
)


@given(promotions)
def test_stored_documents_are_read_back(promotion: Promotion) -> None:
    """A packed document gives back what was packed."""
    assert promotion == unpack(pack("promotion", 1, promotion), {"promotion": V1})


def test_old_documents_are_upgraded_step_by_step() -> None:
    """Each version's upgrader hands its body to the next one."""
    body = {"title": "spring", "effect": PLAIN["effect"]}
    old = json.dumps({"kind": "promotion", "version": 1, "body": body})
    assert unpack(old, {"promotion": V3}).name == "spring"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (pack("voucher", 1, {}), "unknown kind 'voucher'"),
        (pack("promotion", 2, {}), "version 2; this release reads up to 1"),
        (pack("promotion", 0, {}), "no upgrader for a promotion of version 0"),
        (pack("promotion", 1, {}), r"a damaged promotion: \$.body.name"),
        ("{}", "needs exactly kind, version and body"),
        ('{"kind": "promotion", "version": "1", "body": {}}', "needs exactly"),
        ('{"kind": "promotion"', "not JSON"),
        ("null", "needs exactly"),
    ],
)
def test_unknown_documents_are_refused(text: str, problem: str) -> None:
    """A kind, a version or a form that this release does not know is `UnknownDocument`."""
    with pytest.raises(UnknownDocument, match=problem):
        unpack(text, {"promotion": V1})


@attrs.frozen
class Careless:
    """A class with a field that should not exist."""

    ratio: float


def test_floats_are_refused_even_where_declared() -> None:
    """No document holds a float."""
    with pytest.raises(InvalidConfiguration, match="must be an exact number, not the float"):
        load(Careless, {"ratio": 0.1})


def test_negative_durations_are_not_written() -> None:
    """How long something lasts is never negative."""
    with pytest.raises(InvalidValue, match="negative"):
        dump(timedelta(seconds=-1))


def test_an_atom_is_not_another_one() -> None:
    """Where one kind of atom is wanted, another kind is refused by its type."""
    with pytest.raises(InvalidConfiguration, match="must be 'percent_off'") as caught:
        load(PercentOff, {"type": "amount_off", "amount": "1 EUR"})
    assert caught.value.path == "$.type"


def test_an_atom_may_be_absent() -> None:
    """A field that may be None reads null."""
    assert load(Promotion, {**PLAIN, "fallback": None}).fallback is None
