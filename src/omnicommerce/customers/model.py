"""The customer, as every channel sees them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import CustomerId, require_id, valid_id

__all__ = ["Customer"]


def _check_email(_: object, __: object, value: Any) -> None:
    if not isinstance(value, str) or value.count("@") != 1 or value != value.strip().casefold():
        raise InvalidValue("email", f"must be a lower-case address with one @, not {value!r}")


def _check_classes(_: object, __: object, value: frozenset[str]) -> None:
    for name in value:
        require_id(name, "classes")


def _classes(names: Iterable[str]) -> frozenset[str]:
    return frozenset(names)


@attrs.frozen(kw_only=True)
class Customer:
    """One person, whichever device, store or phone line they come from.

    Args:
        customer_id: Identity, such as ``customer_0001``.
        name: What to call them.
        email: Lower-case address; one customer per address.
        locale: Language and region for messages, such as ``es-ES``.
        classes: Groups that prices and promotions may name, such as ``member``.
        version: Counts the changes saved.
    """

    customer_id: CustomerId
    name: str = attrs.field(validator=valid_id)
    email: str = attrs.field(validator=_check_email)
    locale: str = "en"
    classes: frozenset[str] = attrs.field(
        default=frozenset(), converter=_classes, validator=_check_classes
    )
    version: int = 0
