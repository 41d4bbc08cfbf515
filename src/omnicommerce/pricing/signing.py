"""Secrets that sign what another channel is to believe."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

import attrs

from omnicommerce.kernel.errors import InvalidValue

__all__ = ["KeyRing", "SigningKey"]

_LEAST_SECRET: Final = 32
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


@attrs.frozen
class SigningKey:
    """A secret that signs capsules and verifies them.

    Args:
        key_id: Names the key within a capsule: up to 32 letters, digits, ``-`` and ``_``.
        secret: At least 32 random bytes, kept as any other secret.
    """

    key_id: str = attrs.field()
    secret: bytes = attrs.field(repr=False)

    @key_id.validator
    def _check_key_id(self, _: object, value: object) -> None:
        if not isinstance(value, str) or not _KEY_ID.fullmatch(value):
            raise InvalidValue(
                "key_id", "must be up to 32 letters, digits, hyphens and underscores"
            )

    @secret.validator
    def _check_secret(self, _: object, value: object) -> None:
        if not isinstance(value, bytes) or len(value) < _LEAST_SECRET:
            raise InvalidValue("secret", f"must be at least {_LEAST_SECRET} bytes")

    def code(self, text: str) -> str:
        """Return the authentication code of a text, in base64url."""
        digest = hmac.new(self.secret, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def confirms(self, text: str, code: str) -> bool:
        """Tell whether a code is that of a text, in a time that gives nothing away."""
        return hmac.compare_digest(self.code(text), code)


def _keys(value: Iterable[SigningKey]) -> tuple[SigningKey, ...]:
    return tuple(value)


@attrs.frozen
class KeyRing:
    """The keys that count: the first one signs, all of them verify.

    To rotate, put a new key first, and drop an old one when its last capsule has expired.
    """

    keys: tuple[SigningKey, ...] = attrs.field(converter=_keys)

    @keys.validator
    def _check_keys(self, _: object, value: tuple[SigningKey, ...]) -> None:
        if not value or len({key.key_id for key in value}) < len(value):
            raise InvalidValue("keys", "there must be one, and each needs an id of its own")

    @property
    def current(self) -> SigningKey:
        """The key that signs."""
        return self.keys[0]

    def find(self, key_id: str) -> SigningKey | None:
        """Return the key of this id, if it still counts."""
        return next((key for key in self.keys if key.key_id == key_id), None)
