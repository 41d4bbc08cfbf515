"""Generated codes: all different, hard to mistype, hopeless to guess."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel import documents
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import RandomIds, SequentialIds
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.code_batches import CODE_ALPHABET, CodeBatch, generate_codes
from omnicommerce.pricing.codes import CodeBook

batches = st.builds(
    CodeBatch,
    unlocks=st.just("gift"),
    quantity=st.integers(1, 40),
    prefix=st.sampled_from(["", "HI-", "SOMMERSCHLUSS-ß-", "2"]),
    odds=st.sampled_from([1000, 10**12, 10**24]),
)


class _Seeded:
    """Random ids that a seed repeats."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def new(self, prefix: str) -> str:
        """Return an identity."""
        return f"{prefix}_{self._dice.randrange(10**9)}"

    def code(self, digits: int = 6) -> str:
        """Return digits."""
        return f"{self._dice.randrange(10**digits):0{digits}d}"


seeds = st.integers(0, 2**32).map(_Seeded)


def body(batch: CodeBatch, code: str) -> str:
    """Return the random characters of a code."""
    return code.removeprefix(batch.prefix).replace("-", "")


class TestGenerated:
    """A generated code MUST be unlike any other, well formed, and rare among possible codes."""

    @given(batches, seeds)
    def test_are_unique_and_well_formed(self, batch: CodeBatch, ids: _Seeded) -> None:
        """As many different codes as asked for, each with prefix, alphabet and check character."""
        coupons = generate_codes(batch, ids=ids)
        assert batch.quantity == len(coupons) == len(CodeBook.compile(coupons))
        for coupon in coupons:
            assert coupon.code.startswith(batch.prefix)
            assert set(body(batch, coupon.code)) <= set(CODE_ALPHABET)
            assert batch.is_well_formed(coupon.code)
            assert batch.is_well_formed(coupon.code.lower().replace("-", " "))
            assert (batch.unlocks, batch.limit_uses) == (coupon.unlocks, coupon.limit_uses)

    @given(batches, seeds, st.data())
    def test_one_wrong_character_is_found(
        self, batch: CodeBatch, ids: _Seeded, data: st.DataObject
    ) -> None:
        """Wherever it is and whatever it is."""
        code = generate_codes(batch, ids=ids)[0].code
        places = [
            place for place in range(len(batch.prefix), len(code)) if code[place] in CODE_ALPHABET
        ]
        place = data.draw(st.sampled_from(places))
        others = sorted({*CODE_ALPHABET, *"01OILU?é"} - {code[place]})
        wrong = data.draw(st.sampled_from(others))
        assert not batch.is_well_formed(code[:place] + wrong + code[place + 1 :])

    @given(batches, seeds, st.data())
    def test_two_exchanged_characters_are_found(
        self, batch: CodeBatch, ids: _Seeded, data: st.DataObject
    ) -> None:
        """Side by side or far apart."""
        written = list(body(batch, generate_codes(batch, ids=ids)[0].code))
        one = data.draw(st.integers(0, len(written) - 1))
        other = data.draw(st.integers(0, len(written) - 1))
        is_same = written[one] == written[other]
        written[one], written[other] = written[other], written[one]
        assert is_same == batch.is_well_formed(batch.prefix + "".join(written))

    @given(batches, seeds, st.data())
    def test_one_lost_or_added_character_is_found(
        self, batch: CodeBatch, ids: _Seeded, data: st.DataObject
    ) -> None:
        """A code of another length is not one of this batch."""
        written = body(batch, generate_codes(batch, ids=ids)[0].code)
        place = data.draw(st.integers(0, len(written) - 1))
        added = data.draw(st.sampled_from(CODE_ALPHABET))
        for mistyped in (
            written[:place] + written[place + 1 :],
            written[:place] + added + written[place:],
        ):
            assert not batch.is_well_formed(batch.prefix + mistyped)

    @given(batches)
    def test_guessing_is_hopeless(self, batch: CodeBatch) -> None:
        """For each real code there are at least ``odds`` possible ones, in as few characters."""
        base, wanted = len(CODE_ALPHABET), batch.quantity * batch.odds
        assert base ** (batch.length - 1) >= wanted
        assert batch.length == 1 or base ** (batch.length - 2) < wanted


def test_codes_are_read_in_groups() -> None:
    """A code for one customer has ten characters, one of 100,000 fourteen, in groups of up to 5."""
    (one,) = generate_codes(CodeBatch(unlocks="gift", quantity=1), ids=RandomIds())
    assert [5, 5] == [len(group) for group in one.code.split("-")]
    assert 14 == CodeBatch(unlocks="gift", quantity=100_000).length


@pytest.mark.parametrize("quantity", [2_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_whole_campaign_is_different_and_known(quantity: int) -> None:
    """A hundred thousand codes are made, checked and compiled at once."""
    batch = CodeBatch(unlocks="gift", quantity=quantity)
    coupons = generate_codes(batch, ids=RandomIds())
    book = CodeBook.compile(coupons)
    assert quantity == len(book)
    at = datetime(2026, 11, 21, tzinfo=UTC)
    assert {"gift"} == book.unlocked([coupons[-1].code.lower()], at=at).unlocked


def test_the_alphabet_has_no_look_alikes() -> None:
    """Nothing in it is taken for another, no vowel makes a word, and its length is prime."""
    for alike in ("0OQ", "1IL", "2Z", "5S", "8B", "6G", "UV"):
        assert len(set(alike) & set(CODE_ALPHABET)) <= 1
    assert not set("AEIOU") & set(CODE_ALPHABET)
    assert all(len(CODE_ALPHABET) % divisor for divisor in range(2, len(CODE_ALPHABET)))
    assert len(set(CODE_ALPHABET)) == len(CODE_ALPHABET)


def test_each_recipient_gets_a_code() -> None:
    """A personal code carries its customer, and window and limit of the batch."""
    window = Window.between(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    batch = CodeBatch(unlocks="gift", quantity=2, window=window, limit_uses=3)
    coupons = generate_codes(batch, ids=SequentialIds(), recipients=["cust_1", "cust_2"])
    assert [("cust_1", window, 3), ("cust_2", window, 3)] == [
        (coupon.customer_id, coupon.window, coupon.limit_uses) for coupon in coupons
    ]


class _Stuck(SequentialIds):
    """A factory that always says the same."""

    def code(self, digits: int = 6) -> str:
        """Return noughts."""
        return "0" * digits


ONE = CodeBatch(unlocks="gift", quantity=1)
TWO = CodeBatch(unlocks="gift", quantity=2)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: CodeBatch(unlocks="", quantity=1), "unlocks"),
        (lambda: CodeBatch(unlocks="a", quantity=0), "quantity"),
        (lambda: CodeBatch(unlocks="a", quantity=1, prefix=" A"), "prefix"),
        (lambda: CodeBatch(unlocks="a", quantity=1, limit_uses=0), "limit_uses"),
        (lambda: CodeBatch(unlocks="a", quantity=1, odds=999), "odds"),
        (lambda: CodeBatch(unlocks="a", quantity=1, odds=10**40), "odds"),
        (lambda: generate_codes(TWO, ids=RandomIds(), recipients=["cust_1"]), "recipients"),
        (lambda: generate_codes(ONE, ids=RandomIds(), recipients="x"), "recipients"),
        (lambda: generate_codes(TWO, ids=_Stuck()), "ids"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(make: Any, field: str) -> None:
    """No codes, recipients that do not fit, and dice that are stuck."""
    with pytest.raises(InvalidValue) as caught:
        make()
    assert field == caught.value.field


@given(batches)
def test_a_batch_survives_json(batch: CodeBatch) -> None:
    """What a batch was made from can be kept with it."""
    assert batch == documents.load(CodeBatch, documents.dump(batch))


def test_a_code_without_its_prefix_is_not_well_formed() -> None:
    """Nor is one of another batch, or nothing at all."""
    batch = CodeBatch(unlocks="gift", quantity=1, prefix="HI-")
    (coupon,) = generate_codes(batch, ids=SequentialIds())
    assert batch.is_well_formed(coupon.code)
    assert not batch.is_well_formed(coupon.code.removeprefix("HI-"))
    assert not ONE.is_well_formed(coupon.code)
    assert not ONE.is_well_formed("")


def test_a_code_has_at_most_22_random_characters() -> None:
    """In a longer one the check character would not find every wrong one."""
    most = len(CODE_ALPHABET) ** 21
    assert 22 == CodeBatch(unlocks="gift", quantity=1, odds=most).length
    with pytest.raises(InvalidValue, match="over 22 random characters"):
        CodeBatch(unlocks="gift", quantity=1, odds=most + 1)
