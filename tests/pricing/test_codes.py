"""Coupon codes: when two writings are one code, and which of those entered count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from omnicommerce.kernel import documents
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.kernel.window import WeeklySpan, Window
from omnicommerce.pricing.code_policy import CodePolicy, normalise
from omnicommerce.pricing.codes import CodeBook, CodeRepository, CouponCode, Unlocked, unlock

AT = datetime(2026, 11, 21, 18, tzinfo=UTC)
EXACT = CodePolicy(ignore_case=False, ignore="")
POLICIES = (CodePolicy(), EXACT, CodePolicy(ignore="."), CodePolicy(ignore_case=False))
TICK = timedelta(microseconds=1)

policies = st.sampled_from(POLICIES)
# Letters whose case or composition takes more than one step, marks, and what nobody sees.
awkward = st.text(
    "aAßİ\u0131\u017fΣςǅﬁ½Åe\u0301\u0308\u0345\u1fb3\u200b\u00ad\u00a0 -–\t\uff12", max_size=8
)
texts = st.text(max_size=12) | awkward


class TestNormalise:
    """Two writings of one code MUST have one form, which is its own form."""

    @given(texts, policies)
    def test_twice_is_once(self, code: str, policy: CodePolicy) -> None:
        """What was normalised when it was stored is found when it is entered."""
        once = normalise(code, policy)
        assert once == normalise(once, policy)

    @given(st.text("abcXYZ012", min_size=1, max_size=9), st.data())
    def test_what_is_ignored_changes_nothing(self, code: str, data: st.DataObject) -> None:
        """Case, spaces and dashes, wherever they are put."""
        fillers = data.draw(st.lists(st.sampled_from([" ", "-", "–", "\t", "\u00a0"]), max_size=5))
        written = list(code.swapcase())
        for filler in fillers:
            written.insert(data.draw(st.integers(0, len(written))), filler)
        assert normalise(code, CodePolicy()) == normalise("".join(written), CodePolicy())

    @given(st.text("abcXYZ 012-", max_size=9))
    def test_an_exact_policy_changes_nothing(self, code: str) -> None:
        """Where nothing is declared to be ignored, a plain code is compared as it is."""
        assert code == normalise(code, EXACT)

    @pytest.mark.parametrize(
        ("code", "other", "same"),
        [
            ("summer", "SUMMER", True),
            ("Straße", "STRASSE", True),
            ("café", "cafe\u0301", True),
            ("e-\u0301t\u00e9", "été", True),
            ("\uff12\uff10\uff12\uff16", "2026", True),
            ("A\u200bB\ufeff", "ab", True),
            ("A\x00B", "ab", True),
            ("O0", "00", False),
            ("A", "\u0410", False),
            ("sale_1", "sale1", False),
        ],
    )
    def test_what_is_one_code_by_default(self, code: str, other: str, *, same: bool) -> None:
        """Ways of typing one code are one; letters that look alike are not."""
        assert same == (normalise(code, CodePolicy()) == normalise(other, CodePolicy()))

    def test_a_declared_character_is_ignored(self) -> None:
        """And then nothing else is."""
        policy = CodePolicy(ignore="._", ignore_case=False)
        assert "A-B C" == normalise("A.-B_ C", policy)

    def test_only_text_is_a_code(self) -> None:
        """A number is not a code: 007 would not be 7."""
        with pytest.raises(InvalidValue, match="code: must be text"):
            normalise(7, CodePolicy())  # type: ignore[arg-type] # what is tried


SUMMER = CouponCode(code="SUMMER-26", unlocks="summer")
FRIEND = CouponCode(code="FRIEND", unlocks="friend", customer_id="cust_1")
ONCE = CouponCode(code="ONCE", unlocks="once", limit_uses=1)
NOVEMBER = CouponCode(
    code="NOVEMBER",
    unlocks="november",
    window=Window.between(AT - timedelta(days=20), AT + timedelta(days=9)),
)
LATE = CouponCode(
    code="LATE",
    unlocks="late",
    window=Window(zone="Europe/Madrid", weekly=[WeeklySpan.parse("Fri 22:00-23:00")]),
)
BOOK = CodeBook.compile([SUMMER, FRIEND, ONCE, NOVEMBER, LATE])


def reasons(unlocked: Unlocked) -> list[str]:
    """Return the codes of the refusals."""
    return [reason.code for reason in unlocked.refused]


@pytest.mark.parametrize(
    ("entered", "at", "customer_id", "reason"),
    [
        ("SOMMER-26", AT, None, "code.unknown (code=SOMMER-26)"),
        (" - ", AT, None, "code.unknown (code= - )"),
        ("friend", AT, None, "code.not_yours (code=friend)"),
        ("friend", AT, "cust_2", "code.not_yours (code=friend)"),
        ("once", AT, None, "code.exhausted (code=once)"),
        (
            "november",
            AT - timedelta(days=21),
            None,
            "code.not_started (code=november, starts_at=2026-11-01T18:00:00+00:00)",
        ),
        (
            "november",
            AT + timedelta(days=9),
            None,
            "code.expired (code=november, ended_at=2026-11-30T18:00:00+00:00)",
        ),
        ("late", AT, None, "code.closed (code=late, required=Fri 22:00-23:00, Europe/Madrid)"),
    ],
)
def test_each_refusal_says_why(
    entered: str, at: datetime, customer_id: str | None, reason: str
) -> None:
    """A code that does not count has exactly one reason, with its figures."""
    result = BOOK.unlocked([entered], at=at, customer_id=customer_id, exhausted={"once"})
    assert [reason] == list(map(str, result.refused))
    assert frozenset() == result.unlocked


def test_good_codes_unlock_what_promotions_ask_for() -> None:
    """The value of the fact, the code as entered, and the code itself for whoever counts uses."""
    result = BOOK.unlocked(["once", "FRIEND", "summer 26"], at=AT, customer_id="cust_1")
    assert {"once": "once", "friend": "FRIEND", "summer": "summer 26"} == result.used
    assert {"once", "friend", "summer"} == result.unlocked
    assert (ONCE, FRIEND, SUMMER) == result.codes
    assert () == result.refused


def test_a_code_unlocks_itself_unless_told() -> None:
    """The plain case needs no second name."""
    book = CodeBook.compile([documents.load(CouponCode, {"code": "HELLO"})])
    assert {"HELLO"} == book.unlocked({"hello"}, at=AT).unlocked


def test_one_code_written_twice_is_entered_once() -> None:
    """It is used once and refused never; the first writing stands for it."""
    result = BOOK.unlocked(["summer26", "SUMMER-26"], at=AT)
    assert ({"summer": "summer26"}, ()) == (dict(result.used), result.refused)


def test_a_second_code_for_the_same_offer_is_left_for_later() -> None:
    """Of two single-use codes for one promotion only one is spent."""
    book = CodeBook.compile([CouponCode(code=code, unlocks="gift") for code in ("B", "A")])
    result = book.unlocked(["b", "a"], at=AT)
    assert {"gift": "b"} == result.used
    assert ["code.same_offer (code=a, used=b)"] == list(map(str, result.refused))
    assert {"gift": "a"} == book.unlocked(frozenset("ba"), at=AT).used


def test_the_first_codes_count_where_the_policy_limits_them() -> None:
    """In the order entered if there is one, else by their forms; useless ones take no place."""
    book = CodeBook.compile([CouponCode(code=code) for code in "ABC"], CodePolicy(max_codes=2))
    entered = book.unlocked(["c", "typo", "b", "a"], at=AT)
    assert {"C", "B"} == entered.unlocked
    assert ["code.unknown", "code.too_many"] == reasons(entered)
    assert "code.too_many (code=a, most=2)" == str(entered.refused[1])
    assert {"A", "B"} == book.unlocked(set("cba"), at=AT).unlocked


def test_a_stranger_learns_no_dates() -> None:
    """Whose code it is comes before when it works."""
    mine = attrs.evolve(NOVEMBER, customer_id="cust_1")
    later = AT + timedelta(days=90)
    assert ["code.not_yours"] == reasons(CodeBook.compile([mine]).unlocked(["november"], at=later))


def test_a_book_knows_its_limits_and_facts() -> None:
    """Whose uses must be looked up before deciding, and what promotions can ask for."""
    assert {"once": 1} == BOOK.limits(["ONCE", "summer26", "nonsense", ""])
    assert {"summer", "friend", "once", "november", "late"} == BOOK.facts
    assert 5 == len(BOOK)


class _Table:
    """Codes in somebody's own table."""

    def __init__(self, *coupons: CouponCode) -> None:
        self.rows = {normalise(coupon.code, CodePolicy()): coupon for coupon in coupons}
        self.asked: list[str] = []

    def find(self, normalised: str) -> CouponCode | None:
        """Look one up."""
        self.asked.append(normalised)
        return self.rows.get(normalised)


def test_codes_may_live_elsewhere() -> None:
    """A repository is asked once for each code that can be one at all."""
    table = _Table(SUMMER, ONCE)
    repository: CodeRepository = table
    entered = ["summer-26", "SUMMER26", "?", "--", "x" * 500]
    result = unlock(repository, entered, policy=CodePolicy(), at=AT)
    assert {"summer"} == result.unlocked
    assert ["summer26", "?"] == table.asked
    assert "x" * 120 == result.refused[-1].parameters["code"]


@pytest.mark.parametrize(
    ("codes", "policy", "path", "problem"),
    [
        (["A", "B", "a"], CodePolicy(), "$.codes[2].code", "differ only by case"),
        (["A-1", "A1"], CodePolicy(), "$.codes[1].code", "differ only by what the policy ignores"),
        (["A", "A"], EXACT, "$.codes[1].code", "is there twice"),
        (["A", "--"], CodePolicy(), "$.codes[1].code", "nothing in '--' counts"),
        (["\ufdfa" * 100], CodePolicy(), "$.codes[0].code", "is longer than 120"),
        (["A", "."], CodePolicy(ignore="."), "$.codes[1].code", "nothing in '.' counts"),
    ],
)
def test_codes_that_clash_are_refused_with_their_path(
    codes: list[str], policy: CodePolicy, path: str, problem: str
) -> None:
    """Two codes that a customer cannot tell apart never reach the till."""
    with pytest.raises(InvalidConfiguration, match=problem) as caught:
        CodeBook.compile([CouponCode(code=code) for code in codes], policy)
    assert path == caught.value.path


def test_an_exact_policy_keeps_codes_apart() -> None:
    """What differs by case is two codes where case counts."""
    book = CodeBook.compile([CouponCode(code="A"), CouponCode(code="a")], EXACT)
    assert {"a"} == book.unlocked(["a"], at=AT).unlocked


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: CodePolicy(ignore="-x"), "ignore"),
        (lambda: CodePolicy(ignore=None), "ignore"),  # type: ignore[arg-type] # what is tried
        (lambda: CodePolicy(ignore_case=1), "ignore_case"),  # type: ignore[arg-type] # tried
        (lambda: CodePolicy(max_codes=0), "max_codes"),
        (lambda: CouponCode(code=""), "code"),
        (lambda: CouponCode(code=" A"), "code"),
        (lambda: CouponCode(code="A", unlocks=""), "unlocks"),
        (lambda: CouponCode(code="A", customer_id=""), "customer_id"),
        (lambda: CouponCode(code="A", limit_uses=0), "limit_uses"),
        (lambda: CouponCode(code="A", window="today"), "window"),  # type: ignore[arg-type] # tried
        (lambda: BOOK.unlocked("ONCE", at=AT), "entered"),
        (lambda: BOOK.unlocked([1], at=AT), "code"),  # type: ignore[list-item] # what is tried
        (lambda: BOOK.unlocked([], at=datetime(2026, 1, 1)), "at"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(make: Any, field: str) -> None:
    """Letters cannot be ignored, limits are positive, instants are aware, codes are texts."""
    with pytest.raises(InvalidValue) as caught:
        make()
    assert field == caught.value.field


LETTERS = "ABCDEF"
_days = st.integers(-3, 3).map(lambda days: AT + timedelta(days=days))
_windows = st.builds(
    lambda start, days: Window.between(start, start + timedelta(days=days)),
    _days,
    st.integers(1, 3),
)


@st.composite
def books(draw: st.DrawFn, *, max_codes: bool = True) -> CodeBook:
    """Draw a book of a few codes, some of which unlock the same, belong to somebody or lapse."""
    names = draw(st.sets(st.sampled_from(LETTERS)))
    coupons = [
        CouponCode(
            code=name,
            unlocks=draw(st.sampled_from(["x", "y", name])),
            window=draw(st.none() | _windows),
            customer_id=draw(st.none() | st.just("cust_1")),
            limit_uses=draw(st.none() | st.just(1)),
        )
        for name in sorted(names)
    ]
    most = draw(st.none() | st.integers(1, 3)) if max_codes else None
    return CodeBook.compile(coupons, CodePolicy(max_codes=most))


entries = st.lists(st.sampled_from([*LETTERS, *LETTERS.lower(), "A ", "?", ""]), max_size=8)
buyers = st.none() | st.sampled_from(["cust_1", "cust_2"])
worn_out = st.frozensets(st.sampled_from(LETTERS.lower()))


class TestUnlock:
    """What the entered codes unlock MUST follow from the codes, whoever lists them in what way."""

    @given(books(), entries, buyers, worn_out, st.randoms(use_true_random=False))
    def test_a_set_has_no_order(
        self, book: CodeBook, entered: list[str], buyer: str | None, worn: frozenset[str], dice: Any
    ) -> None:
        """However a set is put together, it unlocks the same for the same reasons."""
        shuffled = dice.sample(entered, len(entered))
        results = [
            book.unlocked(dict.fromkeys(each).keys(), at=AT, customer_id=buyer, exhausted=worn)
            for each in (entered, shuffled)
        ]
        assert results[0] == results[1]
        assert str(results[0].used) == str(results[1].used)

    @given(books(max_codes=False), entries, buyers, st.randoms(use_true_random=False))
    def test_order_matters_only_where_not_all_can_count(
        self, book: CodeBook, entered: list[str], buyer: str | None, dice: Any
    ) -> None:
        """Without a limit, a permutation unlocks the same and refuses for as many reasons."""
        shuffled = dice.sample(entered, len(entered))
        one, other = (book.unlocked(e, at=AT, customer_id=buyer) for e in (entered, shuffled))
        assert one.unlocked == other.unlocked
        assert sorted(reasons(one)) == sorted(reasons(other))

    @given(books(), entries, buyers, worn_out)
    def test_every_code_counts_or_has_its_reason(
        self, book: CodeBook, entered: list[str], buyer: str | None, worn: frozenset[str]
    ) -> None:
        """Nothing entered is lost, and nothing is told twice."""
        result = book.unlocked(entered, at=AT, customer_id=buyer, exhausted=worn)
        told = [*result.used.values(), *(reason.parameters["code"] for reason in result.refused)]
        forms = [normalise(text, book.policy) for text in told]
        assert len(set(forms)) == len(forms)
        assert {normalise(text, book.policy) for text in entered} == set(forms)
        assert result.unlocked <= book.facts
        assert len(result.codes) == len(result.used) <= (book.policy.max_codes or len(LETTERS))

    @given(books(), entries, buyers)
    def test_what_counts_counts_alone(
        self, book: CodeBook, entered: list[str], buyer: str | None
    ) -> None:
        """A code that counts among others counts by itself too."""
        for text in book.unlocked(entered, at=AT, customer_id=buyer).used.values():
            assert () == book.unlocked([text], at=AT, customer_id=buyer).refused

    @given(_days, _days)
    def test_a_window_is_half_open(self, starts_at: datetime, ends_at: datetime) -> None:
        """A code works from its first instant on, and no longer at its last."""
        assume(starts_at < ends_at)
        coupon = CouponCode(code="A", window=Window.between(starts_at, ends_at))
        book = CodeBook.compile([coupon])
        found = {
            at: reasons(book.unlocked(["a"], at=at))
            for at in (starts_at - TICK, starts_at, ends_at - TICK, ends_at)
        }
        assert [["code.not_started"], [], [], ["code.expired"]] == list(found.values())

    @given(books())
    def test_codes_survive_json(self, book: CodeBook) -> None:
        """Policy and codes are configuration."""
        coupons = tuple(book._codes.values())
        assert coupons == documents.load(tuple[CouponCode, ...], documents.dump(coupons))
        assert book.policy == documents.load(CodePolicy, documents.dump(book.policy))
