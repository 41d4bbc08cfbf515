"""The laws of price capsules: what was signed is what is read, or nothing is."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from omnicommerce.pricing import (
    Basket,
    BasketLine,
    PriceBook,
    PricingConfiguration,
    Situation,
    price,
)
from omnicommerce.pricing.capsule import open_capsule, seal
from omnicommerce.pricing.honour import CapsuleOutcome, CapsulePolicy, honour
from omnicommerce.pricing.sealed import CapsuleRefused, PriceCapsule
from omnicommerce.pricing.signing import KeyRing, SigningKey
from omnicommerce.testing.strategies import EPOCH, baskets, pricing_configurations, situations

KEYS = KeyRing([SigningKey("k2", b"2" * 32), SigningKey("k1", b"1" * 32)])
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)

Case = tuple[PricingConfiguration, Basket, Situation]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Generate a configuration, a basket in its currency, and a situation."""
    configuration = draw(pricing_configurations())
    return configuration, draw(baskets(configuration.currency)), draw(situations())


def sealed(case: Case, *, personal: bool = True) -> str:
    """Price a basket and seal the answer for an hour."""
    configuration, basket, situation = case
    priced = price(PriceBook.compile(configuration), basket, situation)
    return seal(priced, situation, key=KEYS.current, valid_for=HOUR, personal=personal)


def opened(case: Case, *, personal: bool = True) -> PriceCapsule:
    """Seal and open again, at the instant of the price."""
    return open_capsule(sealed(case, personal=personal), keys=KEYS, at=case[2].at)


class TestSignature:
    """A text MUST be refused unless every byte of it is as it was signed."""

    @given(cases(), st.booleans())
    def test_what_is_sealed_is_what_is_opened(self, case: Case, personal: bool) -> None:  # noqa: FBT001 - drawn
        """Every amount, the basket and the situation come back as they were."""
        configuration, basket, situation = case
        priced = price(PriceBook.compile(configuration), basket, situation)
        capsule = opened(case, personal=personal)
        assert capsule.basket == basket
        assert capsule.situation_of(situation) == situation
        assert (capsule.situation.customer_id == situation.customer_id) or not personal
        assert [line.selling_minor for line in priced.lines] == [
            line.selling_minor for line in capsule.lines
        ]
        assert priced.payable_amount == capsule.payable_amount
        assert (priced.book_version, situation.at) == (capsule.book_version, capsule.issued_at)

    @given(cases(), st.data())
    def test_any_changed_byte_is_refused(self, case: Case, data: st.DataObject) -> None:
        """Flip any bit of any character, and nothing can be read."""
        text = bytearray(sealed(case).encode())
        place = data.draw(st.integers(0, len(text) - 1))
        text[place] ^= 1 << data.draw(st.integers(0, 6))
        with pytest.raises(CapsuleRefused):
            open_capsule(text.decode(), keys=KEYS, at=case[2].at)

    @given(cases(), st.data())
    def test_any_missing_or_added_character_is_refused(
        self, case: Case, data: st.DataObject
    ) -> None:
        """Cut characters out or put one in, and nothing can be read."""
        text = sealed(case)
        start = data.draw(st.integers(0, len(text) - 1))
        stop = data.draw(st.integers(start + 1, len(text)))
        added = data.draw(st.sampled_from("A_.=\n é"))
        for wrong in (text[:start] + text[stop:], text[:start] + added + text[start:]):
            with pytest.raises(CapsuleRefused):
                open_capsule(wrong, keys=KEYS, at=case[2].at)

    @given(st.text() | st.from_regex(r"\Aoc[0-9]+\.k[12]\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\Z"))
    def test_no_other_text_is_a_capsule(self, text: str) -> None:
        """Whatever somebody makes up is refused, and never anything but refused."""
        with pytest.raises(CapsuleRefused):
            open_capsule(text, keys=KEYS, at=EPOCH)

    @given(cases(), st.integers(-7200, 7200), st.sampled_from([timedelta(), TICK, -TICK]))
    def test_it_counts_until_an_instant_and_not_at_it(
        self, case: Case, seconds: int, tick: timedelta
    ) -> None:
        """The end is exclusive: exactly then it has expired."""
        text, ends_at = sealed(case), case[2].at + HOUR
        at = ends_at + timedelta(seconds=seconds) + tick
        if at < ends_at:
            assert ends_at == open_capsule(text, keys=KEYS, at=at).valid_until
        else:
            with pytest.raises(CapsuleRefused, match=r"capsule\.expired"):
                open_capsule(text, keys=KEYS, at=at)


class TestHonouring:
    """A capsule MUST be worth what was signed, as far as its policy says so."""

    @given(cases(), st.booleans(), st.sampled_from(CapsulePolicy), st.integers(0, 3599))
    def test_the_same_book_finds_the_same_price(
        self,
        case: Case,
        personal: bool,  # noqa: FBT001 - drawn
        policy: CapsulePolicy,
        seconds: int,
    ) -> None:
        """While it counts, whoever knows the same prices verifies every amount."""
        configuration, basket, situation = case
        here = attrs.evolve(situation, at=situation.at + timedelta(seconds=seconds))
        book = PriceBook.compile(configuration)
        verdict = honour(opened(case, personal=personal), basket, here, book=book, policy=policy)
        now = price(book, basket, here).payable_amount
        then = price(book, basket, situation).payable_amount
        if policy is CapsulePolicy.BEST_OF_BOTH and now < then:
            assert (CapsuleOutcome.REPRICED, now) == (verdict.outcome, verdict.payable_amount)
        else:
            assert (CapsuleOutcome.VERIFIED, then) == (verdict.outcome, verdict.payable_amount)
            assert {line.line_id: line.quantity for line in basket.lines} == verdict.covered

    @given(cases(), st.randoms(use_true_random=False))
    def test_the_order_and_the_split_of_lines_do_not_matter(self, case: Case, dice: object) -> None:
        """A till that scans unit by unit, in any order, has the basket that was signed."""
        configuration, basket, situation = case
        scanned: list[BasketLine] = []
        for line in basket.lines:
            if line.given is None and not basket.coupons:
                units = (
                    attrs.evolve(line, line_id=f"{line.line_id}-{unit}", quantity=1)
                    for unit in range(line.quantity)
                )
                scanned.extend(units)
            else:
                scanned.append(line)
        dice.shuffle(scanned)  # type: ignore[attr-defined]  # a Random
        verdict = honour(
            opened(case),
            attrs.evolve(basket, lines=scanned),
            situation,
            book=PriceBook.compile(configuration),
            policy=CapsulePolicy.HONOUR_UNTIL_EXPIRY,
        )
        assert verdict.outcome is CapsuleOutcome.VERIFIED
        assert verdict.extra is None

    @given(cases(), pricing_configurations())
    def test_the_policies_are_consistent(self, case: Case, moved: PricingConfiguration) -> None:
        """After the prices moved: signed, of now, or the lower of the two."""
        configuration, basket, situation = case
        assume(moved.currency == configuration.currency)
        capsule, book = opened(case), PriceBook.compile(moved)
        assume(book.version != capsule.book_version)
        paid = {
            policy: honour(capsule, basket, situation, book=book, policy=policy).payable_amount
            for policy in CapsulePolicy
        }
        now = price(book, basket, situation).payable_amount
        assert paid == {
            CapsulePolicy.HONOUR_UNTIL_EXPIRY: capsule.payable_amount,
            CapsulePolicy.REPRICE: now,
            CapsulePolicy.BEST_OF_BOTH: min(now, capsule.payable_amount, key=lambda m: m.minor),
        }

    @given(cases(), st.sampled_from(CapsulePolicy))
    def test_what_comes_in_addition_is_priced_by_itself(
        self, case: Case, policy: CapsulePolicy
    ) -> None:
        """One more unit costs what it costs alone; the signed part stays as it was."""
        configuration, basket, situation = case
        book = PriceBook.compile(configuration)
        more = BasketLine("more", "milk", 2)
        verdict = honour(
            opened(case),
            attrs.evolve(basket, lines=[*basket.lines, more]),
            situation,
            book=book,
            policy=policy,
        )
        if verdict.outcome is CapsuleOutcome.VERIFIED:
            alone = price(book, Basket([more]), situation).payable_amount
            assert opened(case).payable_amount + alone == verdict.payable_amount
            assert verdict.extra is not None
            assert 2 == sum(line.quantity for line in verdict.extra.lines)

    @given(cases(), st.data())
    def test_what_is_missing_ends_the_capsule(self, case: Case, data: st.DataObject) -> None:
        """With one line gone the basket is simply priced, and every missing SKU is named."""
        configuration, basket, situation = case
        assume(basket.lines and not basket.coupons)
        gone = data.draw(st.sampled_from(basket.lines))
        book = PriceBook.compile(configuration)
        left = attrs.evolve(basket, lines=[line for line in basket.lines if line is not gone])
        verdict = honour(
            opened(case), left, situation, book=book, policy=CapsulePolicy.HONOUR_UNTIL_EXPIRY
        )
        assert verdict.outcome is CapsuleOutcome.REPRICED
        assert price(book, left, situation).payable_amount == verdict.payable_amount
        assert ["capsule.missing", "capsule.repriced"] == [r.code for r in verdict.reasons]
        assert gone.sku == verdict.reasons[0].parameters["sku"]
        assert {} == verdict.covered
