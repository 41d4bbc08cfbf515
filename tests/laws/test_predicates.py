"""The laws of predicates: reasons exactly when they fail, Boolean algebra, and a JSON form."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from omnicommerce.kernel.documents import canonical, dump, fingerprint, load
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.kernel.predicates import (
    ALWAYS,
    AllOf,
    AnyOf,
    AtLeast,
    During,
    Fact,
    Not,
    OneOf,
    Predicate,
    failures,
    holds,
)
from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.window import Window

START = datetime(2026, 11, 27, tzinfo=UTC)
TEXTS = st.sampled_from(["dress", "summer", "gold", "clearance"])

Facts = dict[str, Fact]


def every(members: Iterable[Predicate]) -> Predicate:
    """Return the predicate that needs all members."""
    return AllOf(tuple(members))


def some(members: Iterable[Predicate]) -> Predicate:
    """Return the predicate that needs one member."""
    return AnyOf(tuple(members))


instants = st.integers(-50, 50).map(lambda hours: START + timedelta(hours=hours))
facts: st.SearchStrategy[Facts] = st.fixed_dictionaries(
    {"at": instants},
    optional={
        "category": st.frozensets(TEXTS),
        "segment": st.frozensets(TEXTS),
        "spend": st.integers(-5, 50),
        "quantity": st.integers(0, 9),
    },
)
windows = st.tuples(instants, instants).filter(lambda pair: pair[0] < pair[1])
atoms: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(OneOf, st.sampled_from(["category", "segment"]), st.frozensets(TEXTS, min_size=1)),
    st.builds(AtLeast, st.sampled_from(["spend", "quantity"]), st.integers(-5, 50)),
    windows.map(lambda pair: During(Window.between(*pair))),
)


def _combined(members: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    several = st.lists(members, max_size=4)
    return several.map(every) | several.filter(bool).map(some) | members.map(Not)


def _combined_plainly(members: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    several = st.lists(members, max_size=4)
    return several.map(every) | several.filter(bool).map(some)


predicates = st.recursive(atoms, _combined, max_leaves=12)
positive = st.recursive(atoms, _combined_plainly, max_leaves=12)


class TestReasons:
    """A predicate MUST say why it fails, and say nothing when it holds (pricing 49)."""

    @given(predicates, facts)
    def test_failures_are_empty_exactly_when_it_holds(
        self, predicate: Predicate, given_facts: Facts
    ) -> None:
        """There is a reason if and only if the predicate does not hold."""
        assert (failures(predicate, given_facts) == ()) is holds(predicate, given_facts)

    @given(positive, facts)
    def test_mending_every_failure_makes_it_hold(
        self, predicate: Predicate, given_facts: Facts
    ) -> None:
        """Facts changed to what each reason requires satisfy the predicate."""
        reasons = failures(predicate, given_facts)
        assume(not any(reason.code == "predicate.during" for reason in reasons))
        mended = functools.reduce(_mend, reasons, given_facts)
        assert holds(predicate, mended)

    @given(positive, facts)
    def test_a_reason_tells_what_is_observed_and_missing(
        self, predicate: Predicate, given_facts: Facts
    ) -> None:
        """Observed values are those of the facts, and never already satisfy what is required."""
        for reason in failures(predicate, given_facts):
            match reason:
                case Reason("predicate.one_of", parameters):
                    assert set(parameters["observed"]).isdisjoint(parameters["required"])
                case Reason("predicate.at_least", parameters):
                    assert parameters["missing"] > 0
                    total = parameters["observed"] + parameters["missing"]
                    assert total == parameters["required"]
                case _:
                    assert reason.code == "predicate.during"


def _mend(given_facts: Facts, reason: Reason) -> Facts:
    fact, required = reason.parameters["fact"], reason.parameters["required"]
    if reason.code == "predicate.one_of":
        texts = given_facts.get(fact, frozenset())
        assert isinstance(texts, frozenset)
        return {**given_facts, fact: texts | frozenset(required)}
    number = given_facts.get(fact, 0)
    assert isinstance(number, int)
    return {**given_facts, fact: max(number, required)}


class TestAlgebra:
    """Predicates MUST obey Boolean algebra, so that audits may rewrite them (pricing 47)."""

    @given(st.lists(predicates, min_size=1, max_size=4), facts)
    def test_de_morgan(self, members: list[Predicate], given_facts: Facts) -> None:
        """Not all is any not; not any is all not."""
        negated = [Not(member) for member in members]
        for whole, parts in ((every(members), some(negated)), (some(members), every(negated))):
            assert holds(Not(whole), given_facts) is holds(parts, given_facts)

    @given(predicates, facts)
    def test_two_negations_are_none(self, predicate: Predicate, given_facts: Facts) -> None:
        """Not not p is p."""
        assert holds(Not(Not(predicate)), given_facts) is holds(predicate, given_facts)

    @given(st.lists(predicates, min_size=1, max_size=5), st.data(), facts)
    def test_order_of_members_does_not_matter(
        self, members: list[Predicate], data: st.DataObject, given_facts: Facts
    ) -> None:
        """Shuffled members hold alike and fail for the same reasons."""
        shuffled = data.draw(st.permutations(members))
        for kind in (every, some):
            one, other = kind(members), kind(shuffled)
            assert holds(one, given_facts) is holds(other, given_facts)
            assert _texts(failures(one, given_facts)) == _texts(failures(other, given_facts))

    @given(facts)
    def test_always_holds(self, given_facts: Facts) -> None:
        """The empty conjunction holds whatever the facts."""
        assert holds(ALWAYS, given_facts)

    @given(atoms, facts, TEXTS)
    def test_facts_nobody_asks_for_change_nothing(
        self, atom: Predicate, given_facts: Facts, text: str
    ) -> None:
        """A fact that no atom names has no influence (pricing 44: channel must be declared)."""
        more: Facts = {**given_facts, "channel": frozenset([text])}
        assert holds(atom, more) is holds(atom, given_facts)


def _texts(reasons: tuple[Reason, ...]) -> list[str]:
    return sorted(str(reason) for reason in reasons)


class TestJson:
    """A predicate MUST mean the same after it was written and read (pricing 23)."""

    @given(predicates)
    def test_what_is_written_is_read_back(self, predicate: Predicate) -> None:
        """The JSON form, and its text, give back an equal predicate."""
        assert predicate == read(dump(predicate))
        assert predicate == read(json.loads(canonical(predicate)))

    @given(predicates)
    def test_equal_predicates_have_one_fingerprint(self, predicate: Predicate) -> None:
        """The order in which a set was built does not reach the text."""
        assert fingerprint(predicate) == fingerprint(read(dump(predicate)))


def read(data: object) -> Predicate:
    """Return the predicate of this JSON form."""
    kind: Any = Predicate
    predicate: Predicate = load(kind, data)
    return predicate


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"type": "sometimes"}, "$.type"),
        ({"fact": "spend", "minimum": 3}, "$.type"),
        ({"type": "at_least", "fact": "spend", "minimum": 2.5}, "$.minimum"),
        ({"type": "at_least", "fact": "spend", "minimum": "3"}, "$.minimum"),
        ({"type": "at_least", "fact": "spend"}, "$.minimum"),
        ({"type": "one_of", "fact": "category", "values": "dress"}, "$.values"),
        ({"type": "one_of", "fact": "category", "values": []}, "$.values"),
        ({"type": "any_of", "of": []}, "$.of"),
        ({"type": "not", "of": {"type": "at_least", "fact": 7, "minimum": 1}}, "$.of.fact"),
        ({"type": "during", "window": {"zone": "Mars"}}, "$.window.zone"),
        ("always", "$"),
        (None, "$"),
    ],
)
def test_malformed_predicates_name_the_path(data: object, path: str) -> None:
    """What is wrong in a predicate's JSON is an error at its path."""
    with pytest.raises(InvalidConfiguration) as caught:
        read(data)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("predicate", "given_facts"),
    [
        (OneOf("category", frozenset(["dress"])), {"category": 3}),
        (AtLeast("spend", 3), {"spend": frozenset(["3"])}),
        (During(Window.always()), {}),
    ],
)
def test_facts_of_the_wrong_kind_are_refused(predicate: Predicate, given_facts: Facts) -> None:
    """A fact that is not what the atom compares is the caller's mistake, not a no."""
    with pytest.raises(InvalidValue, match=r"facts\."):
        holds(predicate, given_facts)
