from __future__ import annotations

import base64
import re
import zlib
from datetime import timedelta

import attrs
import pytest

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing import (
    Basket,
    BasketLine,
    GivenPrice,
    NotPriced,
    PercentOff,
    PriceBook,
    PriceList,
    PriceRow,
    PricingConfiguration,
    Promotion,
    Situation,
    price,
)
from omnicommerce.pricing import capsule as module
from omnicommerce.pricing.capsule import open_capsule, seal
from omnicommerce.pricing.delivery import DeliveryLine
from omnicommerce.pricing.effects import AmountOff, Gift
from omnicommerce.pricing.honour import (
    CapsuleOutcome,
    CapsulePolicy,
    CapsuleVerdict,
    honour,
)
from omnicommerce.pricing.promotions import Target
from omnicommerce.pricing.sealed import CapsuleRefused, PriceCapsule
from omnicommerce.pricing.signing import KeyRing, SigningKey
from tests.pricing import shop

OLD = SigningKey("2026-10", b"o" * 32)
NEW = SigningKey("2026-11", b"n" * 32)
HOUR = timedelta(hours=1)
CLARA = attrs.evolve(shop.WEB, customer_id="clara", attributes={"email": "clara@example.com"})
SALE = Promotion(promotion_id="sale", effect=PercentOff(Rate.percent(10)))
BASKET = shop.basket(dress=1, tea=2)


def _text(
    book: PriceBook | None = None,
    basket: Basket = BASKET,
    situation: Situation = shop.WEB,
    key: SigningKey = NEW,
) -> str:
    priced = price(book or shop.book(), basket, situation)
    return seal(priced, situation, key=key, valid_for=HOUR)


def _capsule(book: PriceBook | None = None, basket: Basket = BASKET) -> PriceCapsule:
    return open_capsule(_text(book, basket), keys=KeyRing([NEW]), at=shop.NOW)


def _code(text: str, *keys: SigningKey) -> str:
    with pytest.raises(CapsuleRefused) as refused:
        open_capsule(text, keys=KeyRing(keys or [NEW]), at=shop.NOW)
    (reason,) = refused.value.reasons
    return reason.code


def test_a_capsule_says_what_everything_costs() -> None:
    """Lines with their promotions, the total, and until when it counts."""
    capsule = _capsule(shop.book(SALE))
    assert Money.of("53.01", "EUR") == capsule.payable_amount
    dress, _ = capsule.lines
    assert ("dress", 1, 4990, 4491) == (
        dress.sku,
        dress.quantity,
        dress.base_minor,
        dress.selling_minor,
    )
    assert ["sale"] == [item.promotion_id for item in dress.adjustments]
    assert shop.NOW + HOUR == capsule.valid_until
    assert shop.WEB == capsule.situation


def test_delivery_and_gifts_are_sealed_too() -> None:
    """Whoever honours the price hands over the gift, and asks what the delivery cost."""
    book = shop.book(
        Promotion(promotion_id="tasting", effect=Gift(["milk"], rate=Rate.percent(50))),
        Promotion(promotion_id="cheap", effect=AmountOff(100), target=Target.DELIVERY),
    )
    parcel = DeliveryLine("parcel", "post", Money.of("4.90", "EUR"))
    basket = attrs.evolve(BASKET, delivery=[parcel])
    capsule = _capsule(book, basket)
    (delivery,), (gift,) = capsule.delivery, capsule.gifts
    assert (490, 390) == (delivery.base_minor, delivery.selling_minor)
    assert ("milk", 1, 99) == (gift.sku, gift.quantity, gift.worth_minor)
    assert price(book, basket, shop.WEB).payable_amount == capsule.payable_amount
    assert ["capsule.verified"] == _codes(_verdict(capsule, basket, book))
    without = attrs.evolve(capsule, gifts=[])
    assert "capsule.not_reproduced" in _codes(_verdict(without, basket, book))
    collected = _verdict(capsule, BASKET, book)
    assert {"what": ["delivery"]} == collected.reasons[0].parameters


def test_a_capsule_fits_into_a_link_and_a_small_code() -> None:
    """It needs no escaping, and 20 lines fit into a QR code of version 22 (1,003 bytes at L)."""
    lines = [BasketLine(f"line-{n}", "tea", n + 1) for n in range(20)]
    text = _text(shop.book(SALE), Basket(lines))
    assert re.fullmatch(r"[A-Za-z0-9._-]+", text)
    assert len(text) < 1003


def test_keys_rotate() -> None:
    """What an older key signed is read as long as the key is in the ring."""
    ring = KeyRing([NEW, OLD])
    assert NEW == ring.current
    for key in ring.keys:
        capsule = open_capsule(_text(key=key), keys=ring, at=shop.NOW)
        assert key.key_id == capsule.key_id
    assert "capsule.unknown_key" == _code(_text(key=OLD), NEW)


def test_each_refusal_says_why() -> None:
    """Forged, made by somebody else, by a newer release, or no capsule at all."""
    text = _text()
    version, key_id, body, code = text.split(".")
    other = SigningKey("2026-11", b"x" * 32)
    assert "capsule.bad_signature" == _code(text, other)
    assert "capsule.bad_signature" == _code(f"{version}.{key_id}.{body}.{code[::-1]}")
    assert "capsule.newer" == _code(f"oc2.{key_id}.{body}.{code}")
    assert "capsule.malformed" == _code(f"{version}.{key_id}.{body}")
    assert "capsule.malformed" == _code(text + "\n")
    assert "capsule.malformed" == _code(f"oc1.k.{'A' * 70_000}.A")


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"not compressed", id="not compressed"),
        pytest.param(zlib.compress(b"{}"), id="an empty document"),
        pytest.param(zlib.compress(b'{"unknown": 1'), id="half a document"),
    ],
)
def test_what_was_signed_but_cannot_be_read_is_refused(octets: bytes) -> None:
    """A signature vouches for a text, not for its sense; a newer shop may say more than we know."""
    body = base64.urlsafe_b64encode(octets).decode().rstrip("=")
    signed = f"oc1.{NEW.key_id}.{body}"
    assert "capsule.unreadable" == _code(f"{signed}.{NEW.code(signed)}")


def test_who_the_customer_is_stays_at_home() -> None:
    """Whoever reads the code learns no name, unless the shop says so."""
    text = _text(situation=CLARA)
    capsule = open_capsule(text, keys=KeyRing([NEW]), at=shop.NOW)
    assert not capsule.is_personal
    assert capsule.situation.customer_id is None
    assert {} == capsule.situation.attributes
    assert CLARA == capsule.situation_of(attrs.evolve(CLARA, channel="store"))
    priced = price(shop.book(), BASKET, CLARA)
    text = seal(priced, CLARA, key=NEW, valid_for=HOUR, personal=True)
    capsule = open_capsule(text, keys=KeyRing([NEW]), at=shop.NOW)
    assert CLARA == capsule.situation == capsule.situation_of(shop.WEB)


def test_secrets_are_not_shown() -> None:
    """A key in a log line gives nothing away."""
    assert "nnn" not in repr(KeyRing([NEW]))


@pytest.mark.parametrize(
    ("key_id", "secret"),
    [("", b"x" * 32), ("a.b", b"x" * 32), ("a" * 33, b"x" * 32), ("k", b"x" * 31), ("k", "x" * 32)],
)
def test_weak_or_unnamed_keys_are_refused(key_id: str, secret: bytes) -> None:
    """A key needs a name that fits into the text, and 32 bytes."""
    with pytest.raises(InvalidValue):
        SigningKey(key_id, secret)


@pytest.mark.parametrize("keys", [[], [NEW, SigningKey(NEW.key_id, b"x" * 32)]])
def test_a_ring_needs_keys_of_different_names(keys: list[SigningKey]) -> None:
    """Without a key nothing can be signed, and two of one name cannot be told apart."""
    with pytest.raises(InvalidValue):
        KeyRing(keys)


def test_a_capsule_must_count_for_a_while() -> None:
    """No time at all would be refused by everybody."""
    priced = price(shop.book(), BASKET, shop.WEB)
    with pytest.raises(InvalidValue, match="valid_for"):
        seal(priced, shop.WEB, key=NEW, valid_for=timedelta())


def test_the_words_of_the_format_are_fixed() -> None:
    """Capsules of an earlier release are read with the same dictionary."""
    assert 2439644896 == zlib.crc32(module._WORDS)


def _verdict(
    capsule: PriceCapsule,
    basket: Basket,
    book: PriceBook,
    policy: CapsulePolicy = CapsulePolicy.HONOUR_UNTIL_EXPIRY,
    situation: Situation = shop.STORE,
) -> CapsuleVerdict:
    return honour(capsule, basket, situation, book=book, policy=policy)


def _codes(verdict: CapsuleVerdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_a_till_verifies_the_price_of_the_web() -> None:
    """With the same prices at hand, the till finds what the web signed, as the web found it."""
    web_only = PriceRow(price_list="web", sku="dress", amount=4490)
    book = _with_web_price(web_only)
    verdict = _verdict(_capsule(book), BASKET, book)
    assert ["capsule.verified"] == _codes(verdict)
    assert Money.of("53.90", "EUR") == verdict.payable_amount
    assert CapsuleOutcome.VERIFIED is verdict.outcome


def _with_web_price(row: PriceRow) -> PriceBook:
    configuration = shop.configuration()
    lists = [PriceList("web", when=OneOf("channel", {"web"})), *configuration.lists]
    return PriceBook.compile(
        attrs.evolve(configuration, lists=lists, rows=[row, *configuration.rows])
    )


@pytest.mark.parametrize(
    ("policy", "amount", "codes"),
    [
        ("honour_until_expiry", "53.01", ["capsule.configuration_moved", "capsule.honoured"]),
        ("best_of_both", "53.01", ["capsule.configuration_moved", "capsule.honoured"]),
        ("reprice", "58.90", ["capsule.configuration_moved", "capsule.repriced"]),
    ],
)
def test_a_sale_that_ended_since_is_for_the_policy(
    policy: str, amount: str, codes: list[str]
) -> None:
    """When prices rose since the capsule was signed, the policy says which one counts."""
    verdict = _verdict(_capsule(shop.book(SALE)), BASKET, shop.book(), CapsulePolicy(policy))
    assert Money.of(amount, "EUR") == verdict.payable_amount
    assert codes == _codes(verdict)


def test_a_price_that_fell_since_may_be_passed_on() -> None:
    """Best of both gives the customer the lower price."""
    verdict = _verdict(_capsule(), BASKET, shop.book(SALE), CapsulePolicy.BEST_OF_BOTH)
    assert Money.of("53.01", "EUR") == verdict.payable_amount
    assert CapsuleOutcome.REPRICED is verdict.outcome
    assert verdict.now is not None


def test_more_than_was_sealed_is_split() -> None:
    """Two more teas are extra: one line is covered in part, another one not at all."""
    teas = (BasketLine("a", "tea", 1), BasketLine("c", "tea", 2))
    basket = Basket([*teas, BasketLine("b", "dress"), BasketLine("d", "milk")])
    verdict = _verdict(_capsule(), basket, shop.book())
    assert {"a": 1, "b": 1, "c": 1} == verdict.covered
    assert verdict.extra is not None
    assert [("c", "tea", 1), ("d", "milk", 1)] == [
        (line.line_id, line.sku, line.quantity) for line in verdict.extra.lines
    ]
    assert Money.of("64.39", "EUR") == verdict.payable_amount


def test_less_than_was_sealed_is_priced_anew() -> None:
    """A price that may depend on the whole basket is not given to a part of it."""
    verdict = _verdict(_capsule(shop.book(SALE)), shop.basket(dress=1, tea=1), shop.book())
    assert ["capsule.missing", "capsule.repriced"] == _codes(verdict)
    assert {"sku": "tea", "sealed": 2, "here": 1} == verdict.reasons[0].parameters
    assert Money.of("54.40", "EUR") == verdict.payable_amount


def test_another_coupon_is_another_basket() -> None:
    """What else was sealed must be the same."""
    basket = attrs.evolve(BASKET, choices={"gift": "scarf"})
    verdict = _verdict(_capsule(), basket, shop.book())
    assert ["capsule.changed", "capsule.repriced"] == _codes(verdict)
    assert {"what": ["choices"]} == verdict.reasons[0].parameters


def test_a_weighed_line_is_covered_as_it_was_weighed() -> None:
    """A price that a scale gave is that of the whole line: another weight is another line."""
    given = GivenPrice(Money.of("3.17", "EUR"))
    weighed = BasketLine("ham", "tea", 250, given)
    capsule = _capsule(basket=Basket([weighed]))
    again = Basket([attrs.evolve(weighed, line_id="1"), attrs.evolve(weighed, line_id="2")])
    verdict = _verdict(capsule, again, shop.book())
    assert {"1": 250} == verdict.covered
    assert Money.of("6.34", "EUR") == verdict.payable_amount
    heavier = Basket([attrs.evolve(weighed, quantity=251)])
    assert "capsule.missing" in _codes(_verdict(capsule, heavier, shop.book()))


def test_an_expired_capsule_is_worth_nothing() -> None:
    """The instant of the till decides, not that of opening."""
    late = attrs.evolve(shop.STORE, at=shop.NOW + HOUR)
    with pytest.raises(CapsuleRefused, match=r"capsule\.expired"):
        _verdict(_capsule(), BASKET, shop.book(), situation=late)


def test_what_is_no_longer_sold_keeps_its_signed_price() -> None:
    """Where there is no price of now, only honouring makes sense; to reprice is impossible."""
    configuration = shop.configuration()
    rows = [row for row in configuration.rows if row.sku != "tea"]
    book = PriceBook.compile(attrs.evolve(configuration, rows=rows))
    for policy in (CapsulePolicy.HONOUR_UNTIL_EXPIRY, CapsulePolicy.BEST_OF_BOTH):
        verdict = _verdict(_capsule(), BASKET, book, policy)
        assert Money.of("58.90", "EUR") == verdict.payable_amount
    with pytest.raises(NotPriced):
        _verdict(_capsule(), BASKET, book, CapsulePolicy.REPRICE)


def test_a_price_that_cannot_be_found_again_is_in_doubt() -> None:
    """What is Clara's price only is verified with her card, and else is for the policy."""
    hers = attrs.evolve(SALE, when=OneOf("customer", {"clara"}))
    book = shop.book(hers)
    capsule = open_capsule(_text(book, situation=CLARA), keys=KeyRing([NEW]), at=shop.NOW)
    with_card = attrs.evolve(shop.STORE, customer_id="clara")
    assert ["capsule.verified"] == _codes(_verdict(capsule, BASKET, book, situation=with_card))
    verdict = _verdict(capsule, BASKET, book)
    assert ["capsule.not_reproduced", "capsule.honoured"] == _codes(verdict)
    assert Money.of("53.01", "EUR") == verdict.payable_amount
    verdict = _verdict(capsule, BASKET, book, CapsulePolicy.REPRICE)
    assert Money.of("58.90", "EUR") == verdict.payable_amount


def test_a_contract_price_that_nobody_here_has_is_in_doubt() -> None:
    """Where only the customer named has a price at all, the signature is all there is."""
    configuration = shop.configuration()
    hers = PriceList("hers", when=OneOf("customer_class", {"gold"}))
    rows = [PriceRow(price_list="hers", sku="dress", amount=3990)]
    book = PriceBook.compile(attrs.evolve(configuration, lists=[hers], rows=rows))
    gold = attrs.evolve(shop.WEB, customer_classes={"gold"})
    text = _text(book, shop.basket(dress=1), gold)
    sealed = open_capsule(text, keys=KeyRing([NEW]), at=shop.NOW)
    stripped = attrs.evolve(sealed, situation=shop.WEB)
    verdict = _verdict(stripped, shop.basket(dress=1), book)
    assert ["capsule.not_reproduced", "capsule.honoured"] == _codes(verdict)


def test_a_capsule_in_another_currency_is_refused() -> None:
    """Two currencies never meet."""
    configuration = shop.configuration()
    pounds = PriceBook.compile(
        PricingConfiguration(
            currency="GBP",
            products=configuration.products,
            lists=configuration.lists,
            rows=configuration.rows,
        )
    )
    with pytest.raises(CapsuleRefused, match=r"capsule\.other_currency"):
        _verdict(_capsule(), BASKET, pounds, CapsulePolicy.REPRICE)
