"""Configuration and stored documents as JSON: one form, read strictly, written the same each time.

=====================================  =============================================
value                                  in JSON
=====================================  =============================================
`Money`, `Rate`, `Currency`            ``"19.99 EUR"``, ``"12.5%"``, ``"EUR"``
instant, date, duration                ``"2026-11-27T09:00:00Z"``, ``"2026-11-27"``, ``"P1DT12H"``
`Fraction`, `Decimal`                  ``"2/3"``, ``"1.25"``
`WeeklySpan`                           ``"Fri 09:00-21:00"``
enum                                   its value
tuple, frozenset                       list, sorted list
mapping, any attrs class               object
atom of a closed set (a predicate)     object with a ``type`` in snake_case
=====================================  =============================================

Unknown keys are refused, and so are floats, numbers in quotes and naive instants.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, get_args

from omnicommerce.kernel import fast_json
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue, UnknownDocument
from omnicommerce.kernel.predicates import Predicate

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = [
    "JSON_SCHEMA",
    "StoredKind",
    "atoms",
    "canonical",
    "dump",
    "fingerprint",
    "load",
    "pack",
    "parse",
    "register_atoms",
    "unpack",
]

T = TypeVar("T")

Upgrader = Callable[[dict[str, Any]], dict[str, Any]]
"""Turn the body of one version into the body of the next."""

JSON_SCHEMA: Final = "json_schema"
"""The metadata of a field under this name is what its JSON Schema says besides its type."""

_atoms: set[type[Any]] = set(get_args(Predicate))


def register_atoms(union: Any, *more: type[Any]) -> None:
    """Declare the members of a union as atoms: they carry a ``type`` in JSON.

    Called when a module that defines a closed set is imported. A field may
    then have this union as its type, or any union of registered atoms.

    Args:
        union: The union, or the first class.
        more: Further classes.
    """
    _atoms.update(get_args(union) or (union,), more)
    _converter.cache_clear()


def atoms() -> frozenset[type[Any]]:
    """Return the classes that carry a ``type`` in JSON, as far as their modules are imported."""
    return frozenset(_atoms)


@functools.cache
def _converter(*, for_orjson: bool = False) -> Converter:
    from omnicommerce.kernel.converter import build_converter  # noqa: PLC0415 - loads cattrs

    return build_converter(_atoms, for_orjson=for_orjson)


def dump(value: Any) -> Any:
    """Return the JSON form of a value: dicts, lists, texts, whole numbers, truth values, None."""
    return _converter().unstructure(value)


def load(cls: type[T], data: Any, path: str = "$") -> T:
    """Build a value of ``cls`` from its JSON form.

    Args:
        cls: What to build: an attrs class, ``Money``, ``tuple[Money, ...]``…
        data: The JSON form, as `dump` returns it; keys with defaults may be missing.
        path: Where ``data`` lies in the whole, for errors.

    Raises:
        InvalidConfiguration: Something is wrong; its path says where, such as
            ``$.promotions[2].effect.rate``. ``parameters["problems"]`` lists all
            that is wrong as pairs of path and problem.

    Example:
        >>> from omnicommerce.kernel.money import Money
        >>> load(tuple[Money, ...], ["19.99 EUR", 3])
        Traceback (most recent call last):
        ...
        omnicommerce.kernel.errors.InvalidConfiguration: $[1]: must be text such as "19.99 EUR", \
not 3 [misuse.configuration]
    """
    from omnicommerce.kernel.problems import READING_ERRORS, problems  # noqa: PLC0415 - loads cattrs

    try:
        return _converter().structure(data, cls)
    except READING_ERRORS as error:
        found = list(problems(error, path))
        first_path, first = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise InvalidConfiguration(first_path, first + more, problems=found) from None


def parse(cls: type[T], text: str | bytes, path: str = "$") -> T:
    """Build a value of ``cls`` from JSON text, such as a configuration file.

    Raises:
        InvalidConfiguration: Not JSON, a key twice in one object, or what `load` refuses.
    """
    return load(cls, _read_json(text, path), path)


def _read_json(text: str | bytes, path: str) -> Any:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(found)
        if len(result) < len(found):
            keys = [key for key, _ in found]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise InvalidConfiguration(path, f"an object has the key {twice!r} twice")
        return result

    try:
        return json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise InvalidConfiguration(
            path, f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except (UnicodeDecodeError, RecursionError, TypeError) as error:
        raise InvalidConfiguration(path, f"not JSON: {error}") from None


def canonical(value: Any) -> str:
    """Return the JSON text of a value, the same text for equal values.

    Raises:
        InvalidValue: It holds something that JSON cannot: a float that is no number, or an object
            nobody declared.
    """
    if fast_json.is_installed():
        try:
            return fast_json.write(_converter(for_orjson=True).unstructure(value))
        except fast_json.NotAlike:
            pass
    try:
        return json.dumps(dump(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidValue("document", f"cannot be written as JSON: {error}") from error


def fingerprint(value: Any) -> str:
    """Return the SHA-256 of the canonical text, in hexadecimal: an identity for a configuration."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


class StoredKind(NamedTuple):
    """How one kind of stored document is read.

    Args:
        version: The version that is written now.
        cls: What it is read into.
        upgraders: By version, how its body becomes that of the next version.
    """

    version: int
    cls: Any
    upgraders: Mapping[int, Upgrader] = {}


def pack(kind: str, version: int, value: Any) -> str:
    """Return the text under which a document is stored, with its kind and version."""
    return canonical({"kind": kind, "version": version, "body": value})


def unpack(text: str, kinds: Mapping[str, StoredKind]) -> Any:
    """Read a stored document, brought up to the version of this release.

    Raises:
        UnknownDocument: Its kind or version is not known here, or it is damaged.
    """
    try:
        return _current(*_envelope(fast_json.read(text)), kinds)
    except (fast_json.NotAlike, UnknownDocument):
        return _upgraded(*_envelope(_parsed(text)), kinds)


def _current(kind: str, version: int, body: Any, kinds: Mapping[str, StoredKind]) -> Any:
    """Read a document of this release's version."""
    if kind not in kinds or version != kinds[kind].version:
        raise fast_json.NotAlike
    return _loaded(kind, kinds[kind].cls, body)


def _upgraded(kind: str, version: int, body: Any, kinds: Mapping[str, StoredKind]) -> Any:
    if kind not in kinds:
        raise UnknownDocument(f"a document of the unknown kind {kind!r}", kind=kind)
    known = kinds[kind]
    if version > known.version:
        raise UnknownDocument(
            f"a {kind} of version {version}; this release reads up to {known.version}",
            kind=kind,
            version=version,
        )
    for step in range(version, known.version):
        if step not in known.upgraders:
            raise UnknownDocument(f"no upgrader for a {kind} of version {step}", kind=kind)
        body = known.upgraders[step](body)
    return _loaded(kind, known.cls, body)


def _loaded(kind: str, cls: Any, body: Any) -> Any:
    try:
        return load(cls, body, "$.body")
    except InvalidConfiguration as error:
        raise UnknownDocument(f"a damaged {kind}: {error.message}", kind=kind) from error


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise UnknownDocument(f"a stored document that is not JSON: {error}") from error


def _envelope(document: Any) -> tuple[str, int, Any]:
    match document:
        case {"kind": str(kind), "version": int(version), "body": body, **rest} if not rest:
            return kind, version, body
    raise UnknownDocument("a stored document needs exactly kind, version and body")
