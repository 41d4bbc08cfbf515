"""JSON Schema of configuration classes, made from what the classes say of themselves.

Types, defaults and docstrings become the schema of the form that
`omnicommerce.kernel.documents` reads. Limits of numbers and identities are found by
asking the validators of a field; where they stand elsewhere, the metadata of the field
says them (``{JSON_SCHEMA: {"minimum": 0}}``). What fields must get right together
a schema cannot say: loading a document checks more.
"""

from __future__ import annotations

import enum
import inspect
import re
import types
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NewType, TypeAlias, Union, get_args, get_origin

import attrs

from omnicommerce.kernel import documents
from omnicommerce.kernel.converter import tag_of
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LONGEST_ID
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import LARGEST_QUANTITY
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import WeeklySpan

__all__ = ["DIALECT", "json_schema"]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
"""The dialect of every schema made here."""

Schema: TypeAlias = dict[str, Any]

_DAY: Final = r"\d{4}-\d\d-\d\d"
_TEXTS: Final[Mapping[Any, Schema]] = {
    Money: {"pattern": r"^-?\d+(\.\d+)? [A-Z]{3}$", "examples": ["19.99 EUR"]},
    Currency: {"pattern": "^[A-Z]{3}$", "examples": ["EUR"]},
    Rate: {"pattern": r"^-?(\d+(\.\d+)?|\d+/\d+) ?%?$", "examples": ["12.5%", "1/3"]},
    datetime: {
        "format": "date-time",
        "pattern": rf"^{_DAY}T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$",
        "examples": ["2026-11-27T09:00:00Z"],
    },
    date: {"format": "date", "pattern": f"^{_DAY}$", "examples": ["2026-11-27"]},
    timedelta: {
        "format": "duration",
        "pattern": r"^P(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d{1,6})?S)?)?$",
        "minLength": 3,
        "examples": ["P1DT12H"],
    },
    Fraction: {"pattern": r"^-?(\d+(\.\d+)?|\d+/\d+)$", "examples": ["2/3"]},
    Decimal: {"pattern": r"^-?\d+(\.\d+)?$", "examples": ["1.25"]},
    WeeklySpan: {
        "pattern": r"^[A-Za-z]{3} \d{1,2}:\d\d-\d{1,3}:\d\d$",
        "examples": ["Fri 09:00-21:00"],
    },
}
"""The values that are texts in JSON."""

_PLAIN: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Any: {},
}
_ARGUMENT: Final = re.compile(r"^ {4}(\w+): (.*)$")


def json_schema(
    cls: type[Any], *, schema_id: str | None = None, unions: Mapping[str, Any] | None = None
) -> Schema:
    """Return the JSON Schema of the JSON form of a class.

    Args:
        cls: An attrs class that `omnicommerce.kernel.documents` can load.
        schema_id: Its ``$id``; None: it has none.
        unions: Unions of atoms by the name under which they are defined once.

    Raises:
        InvalidValue: A field has a type without a JSON form.

    Example:
        >>> from omnicommerce.kernel.quantity import Quantity
        >>> json_schema(Quantity)["properties"]["amount"]
        {'type': 'integer'}
    """
    writer = _Writer(unions or {})
    root = writer.of_class(cls)
    head: Schema = {"$schema": DIALECT}
    if schema_id is not None:
        head["$id"] = schema_id
    return {**head, "title": cls.__name__, **root, "$defs": dict(sorted(writer.defined.items()))}


class _Writer:
    """Writes schemas; what is used more than once is defined under its name."""

    def __init__(self, unions: Mapping[str, Any]) -> None:
        self._unions = {_members(union): name for name, union in unions.items()}
        self._atoms = documents.atoms()
        self.defined: dict[str, Schema] = {}

    def of(self, annotation: Any) -> Schema:
        """Return the schema of a type."""
        if annotation in _PLAIN:
            return dict(_PLAIN[annotation])
        if annotation in _TEXTS:
            return {"type": "string", **_TEXTS[annotation]}
        origin = get_origin(annotation)
        if origin in {Union, types.UnionType}:
            return self._union(annotation)
        if origin is not None:
            return self._collection(annotation, origin)
        return self._of_own(annotation)

    def _of_own(self, cls: Any) -> Schema:
        """Return the schema of an enum, a class or a new name of a type."""
        if type(cls) is NewType:
            return self.of(cls.__supertype__)
        if isinstance(cls, type) and issubclass(cls, enum.Enum):
            return self._named(cls.__name__, lambda: _of_enum(cls))
        if attrs.has(cls):
            return self._named(cls.__name__, lambda: self.of_class(cls))
        raise InvalidValue("type", f"{cls!r} has no JSON form")

    def _named(self, name: str, write: Any) -> Schema:
        """Refer to a definition, which is written when it is first used."""
        if name not in self.defined:
            self.defined[name] = {}
            self.defined[name] = write()
        return {"$ref": f"#/$defs/{name}"}

    def _union(self, annotation: Any) -> Schema:
        members = _members(annotation)
        nullable = types.NoneType in get_args(annotation)
        if len(members) == 1:
            found = self.of(*members)
        elif members in self._unions:
            found = self._named(self._unions[members], lambda: self._atoms_of(members))
        else:
            found = self._atoms_of(members)
        return {"anyOf": [found, {"type": "null"}]} if nullable else found

    def _atoms_of(self, members: frozenset[Any]) -> Schema:
        """Return one of some atoms; their ``type`` says which."""
        if not members <= self._atoms:
            names = ", ".join(sorted(str(member) for member in members))
            raise InvalidValue("type", f"a union of {names} has no JSON form")
        atoms = sorted(members, key=tag_of)
        return {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"enum": [tag_of(atom) for atom in atoms]}},
            "oneOf": [self.of(atom) for atom in atoms],
        }

    def _collection(self, annotation: Any, origin: Any) -> Schema:
        members = get_args(annotation)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            names = {} if members[0] is str else {"propertyNames": self.of(members[0])}
            return {"type": "object", **names, "additionalProperties": self.of(members[1])}
        found: Schema = {"type": "array", "items": self.of(members[0])}
        return {**found, "uniqueItems": True} if origin is frozenset else found

    def of_class(self, cls: type[Any]) -> Schema:
        """Return the schema of the object that a class is in JSON."""
        attrs.resolve_types(cls)
        told = _arguments(cls)
        properties: dict[str, Schema] = {}
        required: list[str] = []
        if cls in self._atoms:
            properties["type"] = {"const": tag_of(cls)}
            required.append("type")
        for field in attrs.fields(cls):
            if field.init:
                properties[field.name] = self._property(field, told.get(field.name))
                if field.default is attrs.NOTHING:
                    required.append(field.name)
        return {
            "description": _summary(cls),
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def _property(self, field: attrs.Attribute[Any], told: str | None) -> Schema:
        found = {
            **_limited(self.of(field.type), field),
            **field.metadata.get(documents.JSON_SCHEMA, {}),
        }
        if told is not None:
            found = {"description": told, **found}
        for value in _default(field):
            found = {**found, "default": value}
        return found


def _members(union: Any) -> frozenset[Any]:
    return frozenset(get_args(union)) - {types.NoneType}


def _of_enum(cls: type[enum.Enum]) -> Schema:
    return {"description": _summary(cls), "enum": [member.value for member in cls]}


def _default(field: attrs.Attribute[Any]) -> Iterator[Any]:
    """Yield the JSON form of a default that does not depend on other fields."""
    value: Any = field.default
    if isinstance(value, attrs.Factory):  # type: ignore[arg-type] # it is a class at run time
        if value.takes_self:
            return
        value = value.factory()
    if value is not attrs.NOTHING:
        yield _shown(value)


def _shown(value: Any) -> Any:
    """Return the JSON form of a default: a collection is bare here, without its type."""
    if isinstance(value, (tuple, frozenset)):
        return [_shown(member) for member in value]
    if isinstance(value, Mapping):
        return {_shown(name): _shown(member) for name, member in value.items()}
    return documents.dump(value)


def _limited(schema: Schema, field: attrs.Attribute[Any]) -> Schema:
    """Return the schema with the limits that the validator of the field has."""
    inner = schema["anyOf"][0] if "anyOf" in schema else schema
    limits: Schema = {}
    if inner.get("type") == "integer":
        least = next((number for number in (-1, 0, 1) if _accepts(field, number)), -1)
        if least >= 0:
            limits["minimum"] = least
        if not _accepts(field, LARGEST_QUANTITY + 1):
            limits["maximum"] = LARGEST_QUANTITY
    elif inner.get("type") == "string" and "pattern" not in inner and not _accepts(field, ""):
        limits["minLength"] = 1
        if not _accepts(field, "x" * (LONGEST_ID + 1)):
            limits["maxLength"] = LONGEST_ID
    if not limits:
        return schema
    whole = {**inner, **limits}
    return {"anyOf": [whole, *schema["anyOf"][1:]]} if "anyOf" in schema else whole


def _accepts(field: attrs.Attribute[Any], value: Any) -> bool:
    """Tell whether the validator of a field takes a value; one that needs more says nothing."""
    if field.validator is None:
        return True
    try:
        field.validator(None, field, value)
    except (InvalidValue, ValueError):
        return False
    except (AttributeError, TypeError):
        return True
    return True


def _summary(cls: type[Any]) -> str:
    """Return what the docstring of a class says before its sections."""
    text = inspect.getdoc(cls) or ""
    return _worded(re.split(r"\n\n(?:Args|Attributes|Raises|Example):", text)[0])


def _worded(text: str) -> str:
    """Return words of a docstring as those who write JSON read them."""
    return re.sub(r"\bNone\b", "null", " ".join(text.split()))


def _arguments(cls: type[Any]) -> dict[str, str]:
    """Return what the docstring of a class says of each argument."""
    _, _, section = (inspect.getdoc(cls) or "").partition("Args:\n")
    told: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if line and not line.startswith(" "):
            break
        found = _ARGUMENT.match(line)
        if found:
            name = found[1]
            told[name] = found[2]
        elif name and line.strip():
            told[name] += f" {line.strip()}"
    return {name: _worded(text) for name, text in told.items()}
