"""Operations: what devices do to a cart, as data that can travel late and twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.documents import register_atoms
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import Sku, require_id, valid_id
from omnicommerce.kernel.quantity import valid_quantity

__all__ = [
    "AddUnits",
    "ApplyCode",
    "Change",
    "MoveToList",
    "Note",
    "Operation",
    "RemoveCode",
    "RemoveLine",
    "Selection",
    "SetQuantity",
]


def _texts(texts: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({key: texts[key] for key in sorted(texts)})


def _sorted(notes: Iterable[str]) -> tuple[str, ...]:
    if isinstance(notes, str):
        raise InvalidValue("notes", f"must be a list of texts, not the text {notes!r}")
    return tuple(sorted(set(notes)))


def _valid_options(_: object, __: object, options: Mapping[str, str]) -> None:
    for name, value in options.items():
        require_id(name, "options")
        require_id(value, f"options.{name}")


def _valid_notes(_: object, __: object, notes: tuple[str, ...]) -> None:
    for note in notes:
        require_id(note, "notes")


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@attrs.frozen
class Selection:
    """What a line is for: a SKU, with options and preparation notes in any order.

    Args:
        sku: What is bought.
        options: Choices that the SKU does not say, such as ``{"engraving": "Clara"}``.
        notes: How it is to be prepared, such as ``"sliced thin"``; each once.

    Example:
        >>> Selection(Sku("HAM"), notes=["thin", "vacuum"]).line_id == Selection(
        ...     Sku("HAM"), notes=["vacuum", "thin"]
        ... ).line_id
        True
    """

    sku: Sku = attrs.field(validator=valid_id)
    options: Mapping[str, str] = attrs.field(
        factory=dict, converter=_texts, validator=_valid_options, hash=False
    )
    notes: tuple[str, ...] = attrs.field(default=(), converter=_sorted, validator=_valid_notes)

    @property
    def line_id(self) -> str:
        """The identity of the line: the SKU, and a digest of what else was selected."""
        if not self.options and not self.notes:
            return self.sku
        return f"{self.sku[:100]}~{_digest(self.sku, dict(self.options), self.notes)}"


def _valid_from_nothing(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if type(value) is not int or value != 0:
        valid_quantity(None, attribute, value)


@attrs.frozen
class AddUnits:
    """Put more units into the cart; what two devices add adds up.

    A line that this device sees on a list comes back into the cart.
    """

    selection: Selection
    quantity: int = attrs.field(default=1, validator=valid_quantity)


@attrs.frozen
class SetQuantity:
    """Replace every quantity that this device has seen of the line; zero takes it out."""

    selection: Selection
    quantity: int = attrs.field(validator=_valid_from_nothing)


@attrs.frozen
class RemoveLine:
    """Take out what this device has seen of the line; units it has not seen stay."""

    line_id: str = attrs.field(validator=valid_id)


@attrs.frozen
class Note:
    """Write a note on a line, in place of the one before; empty text removes it."""

    line_id: str = attrs.field(validator=valid_id)
    text: str = attrs.field()

    @text.validator
    def _check_text(self, _: object, value: object) -> None:
        if not isinstance(value, str) or not value.replace("\n", "").isprintable():
            raise InvalidValue("text", f"must be printable text, not {value!r}")


@attrs.frozen
class MoveToList:
    """Move a line out of the cart to one of the customer's lists; None moves it back."""

    line_id: str = attrs.field(validator=valid_id)
    name: str | None = attrs.field(default=None, validator=attrs.validators.optional(valid_id))


@attrs.frozen
class ApplyCode:
    """Use a promotion code."""

    code: str = attrs.field(validator=valid_id)


@attrs.frozen
class RemoveCode:
    """Stop using a promotion code that this device has seen applied."""

    code: str = attrs.field(validator=valid_id)


Change: TypeAlias = AddUnits | SetQuantity | RemoveLine | Note | MoveToList | ApplyCode | RemoveCode
register_atoms(Change)


def _seen(seen: Mapping[str, int]) -> Mapping[str, int]:
    return MappingProxyType(dict(seen))


@attrs.frozen(kw_only=True)
class Operation:
    """One change by one device, which anybody may deliver late, twice or out of order.

    Args:
        device: Identity of the device or till; device and sequence identify the operation.
        sequence: Counts the operations of the device on this cart: 1, 2, …
        actor: Who did it: a customer, a guest, or somebody of the staff.
        at: When the device says that it was done; of two that have not seen
            each other, the later one wins.
        seen: Per device, the highest sequence that this device knew of. It
            always knows its own earlier ones, whether listed or not.
        change: What was done.
    """

    device: str = attrs.field(validator=valid_id)
    sequence: int = attrs.field(validator=valid_quantity)
    actor: str = attrs.field(validator=valid_id)
    at: datetime = attrs.field(converter=require_instant)
    seen: Mapping[str, int] = attrs.field(factory=dict, converter=_seen, hash=False)
    change: Change = attrs.field(validator=attrs.validators.instance_of(Change))

    @seen.validator
    def _check_seen(self, _: object, seen: Mapping[str, int]) -> None:
        for device, sequence in seen.items():
            require_id(device, "seen")
            if type(sequence) is not int or sequence < 1:
                raise InvalidValue("seen", f"{device!r} must be at least 1, not {sequence!r}")
        if seen.get(self.device, 0) >= self.sequence:
            raise InvalidValue("seen", "an operation cannot have seen itself or later ones")

    @property
    def identity(self) -> tuple[str, int]:
        """Device and sequence."""
        return self.device, self.sequence

    @property
    def order(self) -> tuple[datetime, int, str, int]:
        """What decides between operations that have not seen each other: the later wins.

        At one instant that is who knew of more operations, then by device.
        """
        others = sum(self.seen.values()) - self.seen.get(self.device, 0)
        return self.at, others + self.sequence, self.device, self.sequence
