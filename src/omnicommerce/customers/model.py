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


def _check_exempt(_: object, __: object, value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidValue("tax_exempt", f"must be true or false, not {value!r}")


def _classes(names: Iterable[str]) -> frozenset[str]:
    return frozenset(names)


@attrs.frozen(kw_only=True)
class Customer:
    """One person, whichever device, store or phone line they come from.

    Company and exemption are facts about the customer that somebody of the shop has
    checked. They stand here, and not in the request for a checkout, so that nobody can
    claim them on the way to the till, and every channel knows the same.

    Args:
        customer_id: Identity, such as ``customer_0001``.
        name: What to call them.
        email: Lower-case address; one customer per address.
        locale: Language and region for messages, such as ``es-ES``.
        classes: Groups that prices and promotions may name, such as ``member``.
        company_id: The company they buy for: contract prices may be its own.
        tax_exempt: Whether no tax is due from them, as the shop has checked.
        version: Counts the changes saved.
    """

    customer_id: CustomerId
    name: str = attrs.field(validator=valid_id)
    email: str = attrs.field(validator=_check_email)
    locale: str = "en"
    classes: frozenset[str] = attrs.field(
        default=frozenset(), converter=_classes, validator=_check_classes
    )
    company_id: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_id)
    )
    tax_exempt: bool = attrs.field(default=False, validator=_check_exempt)
    version: int = 0
