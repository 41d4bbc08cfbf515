"""The one converter between the engine's values and JSON; `omnicommerce.kernel.documents` uses it.

It is apart because importing cattrs takes longer than importing the rest of the kernel.
"""

from __future__ import annotations

import enum
import functools
import re
import types
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final, NewType, Union, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.cols import (
    homogenous_tuple_structure_factory,
    is_frozenset,
    is_mapping,
    mapping_structure_factory,
)
from cattrs.fns import identity
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.fast_json import NotAlike
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import WeeklySpan

__all__ = ["build_converter", "tag_of"]

Hook = Callable[[Any, Any], Any]

_PLAIN: Final = frozenset({str, int, bool, types.NoneType})
_UTC_OFFSET: Final = len("+00:00")
_DURATION: Final = re.compile(
    r"P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?)?", re.ASCII
)


def build_converter(atoms: Collection[type[Any]], *, for_orjson: bool = False) -> Converter:
    """Return a new converter.

    Args:
        atoms: The classes that carry a ``type`` in JSON.
        for_orjson: Whether it only writes, and orjson goes on from there: instants stay
            instants, and what orjson would write in its own way raises `NotAlike`.
    """
    if for_orjson:
        converter = Converter(unstructure_fallback_factory=_only_plain)
    else:
        converter = Converter(forbid_extra_keys=True)
    _register_plain(converter)
    _register_classes(converter)
    _register_texts(converter)
    if for_orjson:
        converter.register_unstructure_hook_func(_is(datetime), _in_utc)
    _register_collections(converter)
    _register_atoms(converter, frozenset(atoms))
    return converter


def tag_of(atom: type[Any]) -> str:
    """Return the ``type`` of an atom in JSON: its class name in snake_case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", atom.__name__).lower()


def _register_plain(converter: Converter) -> None:
    """Take numbers, texts and truth values as they are, and nothing else for them."""
    for cls, name in ((int, "a whole number"), (str, "text"), (bool, "true or false")):
        converter.register_structure_hook(cls, _exactly(cls, name))
    converter.register_structure_hook(float, _refuse_float)


def _only_plain(cls: Any) -> Callable[[Any], Any]:
    return identity if cls in _PLAIN else _refuse_to_write


def _refuse_to_write(_: Any) -> Any:
    raise NotAlike


def _is(cls: type[Any]) -> Callable[[Any], bool]:
    """Tell a class from its subclasses: an instant is not a date."""
    return lambda other: other is cls


def _exactly(cls: type[Any], name: str) -> Hook:
    def structure(value: Any, wanted: Any) -> Any:
        if wanted is not cls and _is_enum(wanted):  # an enum of texts comes here as a text
            return _member(value, wanted)
        if type(value) is cls:
            return value
        raise InvalidValue(cls.__name__, f"must be {name}, not {_show(value)}")

    return structure


def _refuse_float(value: Any, _: Any) -> Any:
    raise InvalidValue("float", f"must be an exact number, not the float {_show(value)}")


def _register_texts(converter: Converter) -> None:
    """Write values that have a text form as that text."""
    forms: tuple[tuple[type[Any], str, Callable[[str], Any], Callable[[Any], str]], ...] = (
        (Money, "19.99 EUR", Money.parse, str),
        (Currency, "EUR", Currency.of, str),
        (Rate, "12.5%", Rate.parse, str),
        (datetime, "2026-11-27T09:00:00Z", _read_instant, _write_instant),
        (date, "2026-11-27", date.fromisoformat, date.isoformat),
        (timedelta, "P1DT12H30M", _read_duration, _write_duration),
        (Fraction, "2/3", _read_fraction, str),
        (Decimal, "1.25", _read_decimal, str),
        (WeeklySpan, "Fri 09:00-21:00", WeeklySpan.parse, str),
    )
    for cls, example, read, write in forms:
        converter.register_structure_hook_func(_is(cls), _from_text(cls, example, read))
        converter.register_unstructure_hook_func(_is(cls), write)


def _from_text(cls: type[Any], example: str, read: Callable[[str], Any]) -> Hook:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is not str:
            raise InvalidValue(
                cls.__name__.lower(), f'must be text such as "{example}", not {_show(value)}'
            )
        try:
            return read(value)
        except (ValueError, ArithmeticError):
            raise InvalidValue(
                cls.__name__.lower(), f'must be text such as "{example}", not {_show(value)}'
            ) from None

    return structure


def _read_instant(text: str) -> datetime:
    return _in_utc(datetime.fromisoformat(text))


def _write_instant(at: datetime) -> str:
    return f"{_in_utc(at).isoformat()[:-_UTC_OFFSET]}Z"


def _in_utc(at: datetime) -> datetime:
    return at if type(at) is datetime and at.tzinfo is UTC else require_instant(at)


def _read_decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise InvalidOperation
    return value


def _read_fraction(text: str) -> Fraction:
    if "e" in text.lower():
        raise ValueError(text)  # 1e999999999 would fill the memory
    return Fraction(text)


def _read_duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None or len(text) < len("P1D"):
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[:4])
    fraction = int((found[5] or "").ljust(6, "0"))
    return timedelta(
        days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=fraction
    )


def _write_duration(duration: timedelta) -> str:
    """Write ISO 8601, with days of 24 hours as the largest unit."""
    if duration < timedelta():
        raise InvalidValue("duration", f"{duration} is negative")
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{duration.microseconds:06d}" if duration.microseconds else ""
    parts = [(hours, "H", ""), (minutes, "M", ""), (seconds, "S", fraction)]
    clock = "".join(f"{n}{more}{unit}" for n, unit, more in parts if n or more)
    days = f"{duration.days}D" if duration.days else ""
    return f"P{days}{'T' if clock else ''}{clock}" if days or clock else "PT0S"


def _register_classes(converter: Converter) -> None:
    converter.register_structure_hook_factory(attrs.has, lambda cls: _class_hook(cls, converter))
    converter.register_structure_hook_func(_is_enum, _member)
    converter.register_structure_hook_factory(
        _is_new_type, lambda cls: converter.get_structure_hook(cls.__supertype__)
    )
    for kind in (enum.Enum, enum.StrEnum, enum.IntEnum):
        converter.register_unstructure_hook(kind, lambda member: member.value)


def _is_new_type(cls: Any) -> bool:
    return type(cls) is NewType


def _is_enum(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, enum.Enum)


def _member(value: Any, cls: type[enum.Enum]) -> enum.Enum:
    for member in cls:
        if type(value) is type(member.value) and value == member.value:
            return member
    known = ", ".join(str(member.value) for member in cls)
    raise InvalidValue(cls.__name__, f"must be one of {known}, not {_show(value)}")


def _class_hook(cls: type[Any], converter: Converter, tag: str | None = None) -> Hook:
    """Read a class from an object, with the ``type`` that names it if it is an atom.

    Usually no key is unknown, which is quickly seen; else cattrs finds out which.
    """
    usual = _read_attributes(cls, converter, strict=False)
    strict = functools.cache(lambda: _read_attributes(cls, converter, strict=True))
    keys = {field.name for field in attrs.fields(cls) if field.init}
    if tag is not None:
        keys.add("type")

    def structure(value: Any, _: Any) -> Any:
        if type(value) is not dict and not isinstance(value, Mapping):
            raise InvalidValue("an object", f"must be an object, not {_show(value)}")
        if tag is not None and value.get("type", tag) != tag:
            raise InvalidValue("type", f"must be {tag!r}, not {_show(value['type'])}")
        if value.keys() <= keys:
            return usual(value, cls)
        return strict()({key: value[key] for key in value if tag is None or key != "type"}, cls)

    return structure


def _read_attributes(cls: type[Any], converter: Converter, *, strict: bool) -> Any:
    return make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=strict)


def _register_collections(converter: Converter) -> None:
    """Take lists for tuples and sets and objects for mappings, never a text letter by letter."""
    converter.register_structure_hook_factory(
        _is_tuple,
        lambda cls: _only(list, "a list", homogenous_tuple_structure_factory(cls, converter)),
    )
    converter.register_structure_hook_factory(
        is_frozenset, lambda cls: _frozenset_hook(cls, converter)
    )
    converter.register_unstructure_hook_factory(
        is_frozenset, lambda cls: _sorted_hook(cls, converter)
    )
    converter.register_structure_hook_factory(
        is_mapping,
        lambda cls: _only(
            Mapping, "an object", mapping_structure_factory(cls, converter, structure_to=dict)
        ),
    )


def _is_tuple(cls: Any) -> bool:
    return get_origin(cls) is tuple and get_args(cls)[-1:] == (Ellipsis,)


def _only(allowed: type[Any], name: str, inner: Any) -> Hook:
    usual = dict if allowed is Mapping else allowed  # asking an abstract class takes long

    def structure(value: Any, cls: Any) -> Any:
        if type(value) is not usual and not isinstance(value, allowed):
            raise InvalidValue(name, f"must be {name}, not {_show(value)}")
        return inner(value, cls)

    return structure


def _frozenset_hook(cls: Any, converter: Converter) -> Hook:
    members: Any = tuple.__class_getitem__((get_args(cls)[0], ...))
    inner = converter.get_structure_hook(members)
    return lambda value, _: frozenset(inner(value, members))


def _sorted_hook(cls: Any, converter: Converter) -> Callable[[Any], Any]:
    (member,) = get_args(cls)
    inner = converter.get_unstructure_hook(member)
    return lambda value: sorted((inner(each) for each in value), key=_order)


def _order(value: Any) -> tuple[str, Any]:
    """Sort numbers as numbers, texts as texts, and objects by how they read."""
    return type(value).__name__, value if isinstance(value, (int, str)) else str(value)


def _register_atoms(converter: Converter, atoms: frozenset[type[Any]]) -> None:
    """Give atoms a ``type``, and read any union of atoms by it."""

    def is_union(cls: Any) -> bool:
        members = _members(cls)
        return bool(members) and members <= atoms

    converter.register_structure_hook_factory(is_union, lambda cls: _union_hook(cls, converter))
    converter.register_unstructure_hook_factory(is_union, lambda _: _union_write(converter))
    converter.register_structure_hook_factory(
        atoms.__contains__, lambda cls: _class_hook(cls, converter, tag_of(cls))
    )
    converter.register_unstructure_hook_factory(
        atoms.__contains__, lambda cls: _tagged_write(cls, converter)
    )


def _members(cls: Any) -> frozenset[type[Any]]:
    if get_origin(cls) not in {Union, types.UnionType}:
        return frozenset()
    return frozenset(get_args(cls)) - {types.NoneType}


def _union_hook(cls: Any, converter: Converter) -> Hook:
    """Read an atom of a union by its ``type``, each kind's hook made when first needed."""
    by_tag = {tag_of(atom): atom for atom in _members(cls)}
    nullable = types.NoneType in get_args(cls)
    hooks: dict[str, Hook] = {}

    def structure(value: Any, _: Any) -> Any:
        if value is None and nullable:
            return None
        if type(value) is not dict and not isinstance(value, Mapping):
            raise InvalidValue("an object", f"must be an object, not {_show(value)}")
        tag = value.get("type")
        if not isinstance(tag, str) or tag not in by_tag:
            known = ", ".join(sorted(by_tag))
            raise InvalidValue("type", f"must be one of {known}, not {_show(tag)}")
        hook = hooks.get(tag)
        if hook is None:
            hook = hooks[tag] = converter.get_structure_hook(by_tag[tag])
        return hook(value, by_tag[tag])

    return structure


def _union_write(converter: Converter) -> Callable[[Any], Any]:
    """Write whatever it is, each kind's hook looked up once."""
    hooks: dict[type[Any], Callable[[Any], Any]] = {}

    def unstructure(value: Any) -> Any:
        kind = type(value)
        hook = hooks.get(kind)
        if hook is None:
            hook = hooks[kind] = converter.get_unstructure_hook(kind)
        return hook(value)

    return unstructure


def _tagged_write(cls: type[Any], converter: Converter) -> Callable[[Any], Any]:
    inner = make_dict_unstructure_fn(cls, converter)
    tag = tag_of(cls)
    return lambda value: {"type": tag, **inner(value)}


def _show(value: Any) -> str:
    """Show a value of somebody's JSON in an error, cut if it is long."""
    text = {None: "null", True: "true", False: "false"}.get(value) if _is_word(value) else None
    shown = text or repr(value)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


_LONGEST_SHOWN: Final = 60
