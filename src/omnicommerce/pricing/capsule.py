"""A priced basket, signed, so that another channel can honour or verify it without a network.

The text of a capsule is ``oc1.KEY.BODY.CODE``: the version of the format, the id of the key, the
compressed document, and an HMAC-SHA256 (RFC 2104) over everything before it, the last two in
base64url (RFC 4648, section 5, without padding). So it fits into a link or a QR code. It is signed
and not encrypted: whoever has it can read it, and whoever has the key can make one.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from datetime import datetime, timedelta
from typing import Final

import attrs

from omnicommerce.kernel import documents
from omnicommerce.kernel.errors import InvalidValue, Misuse
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.basket import Situation
from omnicommerce.pricing.result import PricedBasket
from omnicommerce.pricing.sealed import PERSONAL, CapsuleRefused, PriceCapsule
from omnicommerce.pricing.signing import KeyRing, SigningKey

__all__ = ["open_capsule", "seal"]

_FORMAT: Final = 1
_LONGEST: Final = 64_000
_TEXT: Final = re.compile(
    r"(oc([1-9][0-9]{0,3})\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]+)", re.ASCII
)
_WORDS: Final = (
    b'{"delivery_id":"","promotion_id":"","off_minor":,"worth_minor":,"rate":"","amount":"'
    b'{"adjustments":[{"minor":-,"promotion_id":"}],"base_minor":,"line_id":"","quantity":1,"sku":"'
    b'{"basket":{"choices":{},"coupons":[],"delivery":[],"discounts":[],"lines":[{"given":null,'
    b'"line_id":"","plan":null,"quantity":1,"sku":""}],"locks":[]},"book_version":"",'
    b'"currency":"EUR","delivery":[],"gifts":[],"is_personal":false,"key_id":"","lines":['
    b'{"adjustments":[],"base_minor":,"line_id":"","quantity":1,"sku":""}],"payable_minor":,'
    b'"situation":{"at":"2026-","attributes":{},"channel":"web","codes":[],"company_id":null,'
    b'"country":null,"currency":null,"customer_classes":[],"customer_id":null,"exhausted":[],'
    b'"history":null,"location":null,"payment":null,"region":null,"remaining":{},"role":null,'
    b'"tax_exempt":false,"unavailable":[],"zone":null},"valid_until":"2026-'
)
"""What most capsules say, so that they need not say it; part of the format, never to be changed."""


def seal(
    priced: PricedBasket,
    situation: Situation,
    *,
    key: SigningKey,
    valid_for: timedelta,
    personal: bool = False,
) -> str:
    """Return the text of a capsule.

    Args:
        priced: What the basket costs.
        situation: The one it was priced in.
        key: Signs it.
        valid_for: How long it counts, from the instant of the situation.
        personal: Whether to say who the customer is: their id, company, order history
            and attributes. Everybody who sees the text can read them.

    Raises:
        InvalidValue: It would count for no time.
    """
    if valid_for <= timedelta():
        raise InvalidValue("valid_for", f"must be longer than nothing, not {valid_for!r}")
    capsule = PriceCapsule(
        key_id=key.key_id,
        book_version=priced.book_version,
        currency=priced.currency,
        basket=priced.basket,
        situation=situation if personal else _anonymous(situation),
        is_personal=personal,
        lines=priced.lines,
        delivery=priced.delivery,
        gifts=priced.gifts,
        payable_minor=priced.payable_minor,
        valid_until=situation.at + valid_for,
    )
    signed = f"oc{_FORMAT}.{key.key_id}.{_packed(documents.canonical(capsule))}"
    return f"{signed}.{key.code(signed)}"


def _anonymous(situation: Situation) -> Situation:
    """Return the situation without what says who the customer is."""
    empty = Situation(channel=situation.channel, at=situation.at)
    return attrs.evolve(situation, **{name: getattr(empty, name) for name in PERSONAL})


def open_capsule(text: str, *, keys: KeyRing, at: datetime) -> PriceCapsule:
    """Return what a capsule says, once its signature is verified.

    Args:
        text: As `seal` returned it.
        keys: The keys that count.
        at: The instant of the question.

    Raises:
        CapsuleRefused: With one reason: ``capsule.malformed``, ``capsule.newer`` (made by
            a newer release), ``capsule.unknown_key``, ``capsule.bad_signature``,
            ``capsule.unreadable`` (by a release that knows more facts), or
            ``capsule.expired``.
    """
    found = _TEXT.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise CapsuleRefused(Reason("capsule.malformed"))
    signed, version, key_id, body, code = found.groups()
    if int(version) > _FORMAT:
        raise CapsuleRefused(Reason("capsule.newer", {"version": int(version), "known": _FORMAT}))
    key = keys.find(key_id)
    if key is None:
        raise CapsuleRefused(Reason("capsule.unknown_key", {"key": key_id}))
    if not key.confirms(signed, code):
        raise CapsuleRefused(Reason("capsule.bad_signature"))
    capsule = _read(body)
    capsule.require_open(at)
    return capsule


def _packed(document: str) -> str:
    squeezer = zlib.compressobj(level=9, zdict=_WORDS)
    octets = squeezer.compress(document.encode()) + squeezer.flush()
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _read(body: str) -> PriceCapsule:
    try:
        octets = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        document = zlib.decompressobj(zdict=_WORDS).decompress(octets)
        return documents.parse(PriceCapsule, document)
    except (binascii.Error, zlib.error, Misuse) as error:
        raise CapsuleRefused(Reason("capsule.unreadable")) from error
