"""JSON Schema made from classes."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NewType

import attrs
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # it has no types

from omnicommerce.kernel import documents
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.kernel.ids import LONGEST_ID, Sku, valid_id
from omnicommerce.kernel.json_schema import DIALECT, json_schema
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import AllOf, AtLeast, Not, OneOf, Predicate
from omnicommerce.kernel.quantity import valid_quantity
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import WeeklySpan, Window

A = Sku("A")
EURO = Money.of("1.00", "EUR")
TENTH = Rate.percent(10)


class Colour(enum.StrEnum):
    """What a thing looks like."""

    RED = "red"
    BLUE = "blue"


@attrs.frozen(kw_only=True)
class Thing:
    """Something with one field of each kind.

    More is said here.

    Args:
        name: What it is called,
            on two lines.
        count: How many; None: nobody knows.
        when: Its condition.
    """

    name: str = attrs.field(validator=valid_id)
    count: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_quantity)
    )
    when: Predicate | None = None
    colour: Colour = Colour.RED
    tags: frozenset[str] = frozenset({"new"})
    sizes: tuple[int, ...] = (1, 2)
    names: Mapping[str, str] = attrs.field(factory=dict)
    by_colour: Mapping[Colour, int] = attrs.field(factory=dict)
    sku: Sku = A
    own: str = attrs.field(default=attrs.Factory(lambda self: self.name, takes_self=True))
    price: Money = EURO
    currency: Currency = EURO.currency
    rate: Rate = TENTH
    at: datetime | None = None
    day: date | None = None
    wait: timedelta = timedelta(hours=2)
    part: Fraction = Fraction(1, 3)
    exact: Decimal = Decimal("1.5")
    hours: tuple[WeeklySpan, ...] = ()
    window: Window | None = None
    anything: Mapping[str, Any] = attrs.field(factory=dict)
    least: int = attrs.field(default=0, metadata={documents.JSON_SCHEMA: {"minimum": -7}})
    is_new: bool = False


@attrs.frozen
class Odd:
    """Something that JSON cannot say."""

    of: complex


@attrs.frozen
class Either:
    """Something of which nobody knows what it is."""

    of: int | str


FULL = Thing(
    name="dress",
    count=3,
    when=AllOf([Not(OneOf("channel", {"web"})), AtLeast("spend.base", 100)]),
    names={"en": "Dress"},
    by_colour={Colour.BLUE: 3},
    at=datetime.fromisoformat("2026-11-27T09:00:00.5+01:00"),
    day=date(2026, 11, 27),
    wait=timedelta(days=1, seconds=30),
    hours=(WeeklySpan.parse("Fri 22:00-02:00"),),
    window=Window(zone="Europe/Madrid", weekly=[WeeklySpan.parse("Mon 09:00-10:00")]),
    anything={"deep": [1, {"x": None}]},
)


def problems(data: Any, *, unions: Mapping[str, Any] | None = None) -> list[str]:
    """Return where JSON is not as the schema of a thing says."""
    schema = json_schema(Thing, unions=unions)
    Draft202012Validator.check_schema(schema)
    return [error.json_path for error in Draft202012Validator(schema).iter_errors(data)]


def test_what_is_dumped_is_valid() -> None:
    """Every kind of value has the form that its schema describes."""
    assert problems(documents.dump(FULL)) == []
    assert problems(documents.dump(FULL), unions={"Predicate": Predicate}) == []
    assert problems({"name": "dress"}) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "green"},
        {"count": 0},
        {"count": "3"},
        {"name": ""},
        {"name": "x" * (LONGEST_ID + 1)},
        {"price": "1,00 EUR"},
        {"currency": "eur"},
        {"rate": "ten"},
        {"at": "2026-11-27T09:00:00"},
        {"day": "27.11.2026"},
        {"wait": "2h"},
        {"wait": "P"},
        {"part": "a third"},
        {"hours": ["Friday"]},
        {"tags": ["new", "new"]},
        {"by_colour": {"green": 1}},
        {"when": {"type": "one_of", "fact": "channel"}},
        {"when": {"type": "sometimes"}},
        {"when": {"fact": "channel", "values": ["web"]}},
        {"least": -8},
        {"is_new": 1},
        {"colours": []},
    ],
)
def test_what_documents_refuse_is_not_valid(wrong: dict[str, Any]) -> None:
    """What is malformed in one place is found there by the schema too."""
    assert problems({"name": "dress", **wrong})
    if "least" not in wrong and wrong != {"tags": ["new", "new"]}:
        with pytest.raises(InvalidConfiguration):
            documents.load(Thing, {"name": "dress", **wrong})


def test_docstrings_become_descriptions() -> None:
    """Who writes JSON in an editor reads what the class says, in the words of JSON."""
    schema = json_schema(Thing)
    assert schema["$schema"] == DIALECT
    assert schema["description"].endswith("More is said here.")
    assert schema["properties"]["name"]["description"] == "What it is called, on two lines."
    assert schema["properties"]["count"]["description"] == "How many; null: nobody knows."
    assert schema["$defs"]["Colour"]["description"] == "What a thing looks like."


def test_defaults_are_told() -> None:
    """A default that depends on nothing is there in its JSON form."""
    properties = json_schema(Thing)["properties"]
    assert properties["colour"]["default"] == "red"
    assert properties["wait"]["default"] == "PT2H"
    assert properties["sizes"]["default"] == [1, 2]
    assert properties["names"]["default"] == {}
    assert "default" not in properties["own"]
    assert "default" not in properties["name"]


def test_a_named_union_is_defined_once() -> None:
    """A recursive union refers to itself by its name."""
    schema = json_schema(Thing, schema_id="urn:thing", unions={"Predicate": Predicate})
    assert schema["$id"] == "urn:thing"
    assert schema["$defs"]["Not"]["properties"]["of"] == {"$ref": "#/$defs/Predicate"}


def test_a_type_without_a_json_form_is_named() -> None:
    """Nobody publishes a schema that says nothing."""
    with pytest.raises(InvalidValue, match="complex"):
        json_schema(Odd)
    with pytest.raises(InvalidValue, match="union"):
        json_schema(Either)


def test_a_new_name_of_a_type_is_that_type() -> None:
    """Identities are texts in JSON, whatever they are called in Python."""
    label = NewType("label", str)
    named = attrs.make_class("Named", {"of": attrs.field(type=label)})
    assert json_schema(named)["properties"]["of"] == {"type": "string"}
