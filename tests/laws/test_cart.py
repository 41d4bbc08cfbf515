"""The laws of the shared cart: devices converge, nothing acknowledged is lost."""

from __future__ import annotations

import random
from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.cart.decide import next_operations
from omnicommerce.cart.fold import CartState, fold
from omnicommerce.cart.model import Cart
from omnicommerce.cart.operations import (
    AddUnits,
    ApplyCode,
    Change,
    MoveToList,
    Note,
    Operation,
    RemoveCode,
    RemoveLine,
    Selection,
    SetQuantity,
)
from omnicommerce.kernel.documents import canonical, dump, load, parse
from omnicommerce.kernel.errors import InvalidValue, KeyReused
from omnicommerce.kernel.ids import Sku
from tests.laws.carts import NOW, cart_of, changes, held, logs, quantities, selections

DRESS = Selection(Sku("DRESS-M"))
Log = tuple[Operation, ...]


def naive_quantities(log: Log) -> dict[str, int]:
    """Return each line's quantity by the letter of the rule, comparing all with all."""

    def has_seen(later: Operation, earlier: Operation) -> bool:
        own = later.device == earlier.device and earlier.sequence < later.sequence
        return own or later.seen.get(earlier.device, 0) >= earlier.sequence

    def line_of(operation: Operation) -> str | None:
        change = operation.change
        if isinstance(change, (AddUnits, SetQuantity)):
            return change.selection.line_id
        return change.line_id if isinstance(change, RemoveLine) else None

    result: dict[str, int] = {}
    for line_id in {line_of(each) for each in log} - {None}:
        group = [each for each in log if line_of(each) == line_id]
        enders = [each for each in group if isinstance(each.change, (SetQuantity, RemoveLine))]
        live = [
            each
            for each in group
            if not any(ender is not each and has_seen(ender, each) for ender in enders)
        ]
        sets = [each for each in live if isinstance(each.change, SetQuantity)]
        last = max(sets, key=lambda each: each.order, default=None)
        base = getattr(last.change, "quantity", 0) if last else 0
        added = sum(e.change.quantity for e in live if isinstance(e.change, AddUnits))
        result[str(line_id)] = base + added
    return {line_id: quantity for line_id, quantity in result.items() if quantity}


class TestConvergence:
    """The state MUST depend on the set of operations alone (inventory I52, I54)."""

    @given(logs(), st.randoms())
    def test_order_does_not_matter(self, log: Log, dice: random.Random) -> None:
        """Any order of arrival folds to the same state."""
        shuffled = list(log)
        dice.shuffle(shuffled)
        assert fold(log) == fold(shuffled)

    @given(logs())
    def test_repetition_does_not_matter(self, log: Log) -> None:
        """An operation delivered twice counts once: merge(a, a) = a."""
        again = [load(Operation, dump(operation)) for operation in log]
        assert fold(log) == fold([*log, *again])

    @given(logs(), st.data())
    def test_partition_does_not_matter(self, log: Log, data: st.DataObject) -> None:
        """Three replicas that exchange what they have agree, whoever asks whom first."""
        part = st.lists(st.sampled_from(log), max_size=len(log)) if log else st.just([])
        a, b, c = (data.draw(part) for _ in range(3))
        assert fold([*a, *b]) == fold([*b, *a])
        assert fold([*a, *fold_set([*b, *c])]) == fold([*fold_set([*a, *b]), *c])

    @given(logs())
    def test_the_fold_follows_the_rule_to_the_letter(self, log: Log) -> None:
        """The linear fold finds the quantities that comparing all with all finds."""
        assert held(fold(log)) == naive_quantities(log)

    @given(logs(), st.data())
    def test_other_content_under_one_number_is_an_error(
        self, log: Log, data: st.DataObject
    ) -> None:
        """A device's sequence stands for one operation for ever."""
        if not log:
            return
        victim = data.draw(st.sampled_from(log))
        other = attrs.evolve(victim, at=victim.at + timedelta(seconds=1))
        with pytest.raises(KeyReused):
            fold([*log, other])


def fold_set(log: list[Operation]) -> list[Operation]:
    """Return each operation once."""
    return list({operation.identity: operation for operation in log}.values())


class TestNothingIsLost:
    """An acknowledged operation MUST NOT be lost, nor a removal undone (inventory I50, I54)."""

    @given(logs(), st.lists(st.tuples(st.sampled_from(["a", "b"]), quantities), max_size=6))
    def test_concurrent_additions_add_up(self, log: Log, additions: list[tuple[str, int]]) -> None:
        """What two devices add without seeing each other is all in the cart."""
        cart = cart_of(log)
        before = held(cart.state).get(DRESS.line_id, 0)
        replicas: dict[str, Cart] = {"a": cart, "b": cart}
        for device, quantity in additions:
            replicas[device] = act(replicas[device], device, AddUnits(DRESS, quantity))
        both = fold([*replicas["a"].operations, *replicas["b"].operations])
        expected = before + sum(quantity for _, quantity in additions)
        assert held(both).get(DRESS.line_id, 0) == expected

    @given(logs(), selections, st.lists(changes, max_size=5))
    def test_what_was_seen_removed_stays_removed(
        self, log: Log, selection: Selection, later: list[Change]
    ) -> None:
        """After a removal that had seen everything, only new units bring the line back."""
        cart = act(cart_of(log), "phone", RemoveLine(selection.line_id))
        assert cart.state.line(selection.line_id) is None
        for change in later:
            if getattr(change, "selection", None) != selection:
                cart = act(cart, "laptop", change)
        assert fold([*cart.operations, *log]).line(selection.line_id) is None

    @given(logs(), selections, quantities)
    def test_units_nobody_saw_survive_a_removal(
        self, log: Log, selection: Selection, quantity: int
    ) -> None:
        """A removal takes out what it had seen, and nothing that was added meanwhile."""
        cart = cart_of(log)
        removed = act(cart, "phone", RemoveLine(selection.line_id))
        added = act(cart, "laptop", AddUnits(selection, quantity))
        both = fold([*removed.operations, *added.operations])
        assert held(both)[selection.line_id] == quantity

    @given(logs(), selections, quantities, st.integers(-10_000, 10_000))
    def test_setting_replaces_what_was_seen_whatever_the_clock_says(
        self, log: Log, selection: Selection, quantity: int, minutes: int
    ) -> None:
        """A quantity set by somebody who sees the cart is the quantity, also with a wrong clock."""
        cart = cart_of(log)
        clock = NOW + timedelta(minutes=minutes)
        change = SetQuantity(selection, quantity)
        new = next_operations(cart, [change], device="phone", actor="clara", at=clock)
        assert held(fold([*log, *new]))[selection.line_id] == quantity

    @given(logs(), st.sampled_from(["SPRING", "CLARA10"]))
    def test_codes_come_and_go(self, log: Log, code: str) -> None:
        """A code applied is in use; removed by somebody who saw it, it is not."""
        applied = act(cart_of(log), "phone", ApplyCode(code))
        assert code in applied.state.codes
        assert code not in act(applied, "laptop", RemoveCode(code)).state.codes


def act(cart: Cart, device: str, *done: Change) -> Cart:
    """Return the cart after a device that sees it did something."""
    new = next_operations(cart, done, device=device, actor="clara", at=NOW)
    return attrs.evolve(cart, operations=(*cart.operations, *new))


class TestLineIdentity:
    """A line's identity MUST NOT depend on any order (inventory I51)."""

    @given(
        st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyz")),
        st.lists(st.sampled_from(["thin", "vacuum", "ripe"]), unique=True),
        st.randoms(),
    )
    def test_options_and_notes_have_no_order(
        self, options: dict[str, str], notes: list[str], dice: random.Random
    ) -> None:
        """The same choices, however listed, are the same line."""
        one = Selection(Sku("HAM"), options, notes)
        pairs, others = list(options.items()), list(notes)
        dice.shuffle(pairs)
        dice.shuffle(others)
        other = Selection(Sku("HAM"), dict(pairs), others)
        assert (one, one.line_id) == (other, other.line_id)
        assert canonical(one) == canonical(other)

    @given(selections, selections)
    def test_different_choices_are_different_lines(self, one: Selection, other: Selection) -> None:
        """Two selections share an identity exactly when they are equal."""
        assert (one.line_id == other.line_id) is (one == other)

    @given(logs(), selections, quantities, quantities)
    def test_adding_twice_is_adding_the_sum(
        self, log: Log, selection: Selection, first: int, second: int
    ) -> None:
        """Adding a and then b is adding a + b."""
        cart = cart_of(log)
        twice = act(act(cart, "x", AddUnits(selection, first)), "x", AddUnits(selection, second))
        once = act(cart, "x", AddUnits(selection, first + second))
        assert held(twice.state) == held(once.state)


class TestNotesAndLists:
    """The last word on a line MUST be that of somebody who had seen the one before."""

    def test_the_later_note_replaces_the_one_it_saw(self) -> None:
        """A note replaces the one before even when the second device's clock is behind."""
        cart = act(cart_of(()), "phone", AddUnits(DRESS), Note(DRESS.line_id, "a gift"))
        early = NOW - timedelta(hours=1)
        change = Note(DRESS.line_id, "for me")
        new = next_operations(cart, [change], device="laptop", actor="clara", at=early)
        (line,) = fold([*cart.operations, *new]).lines
        assert line.note == "for me"

    def test_a_removed_line_comes_back_without_its_note(self) -> None:
        """What was written on a removed line does not haunt the next one."""
        cart = act(cart_of(()), "phone", AddUnits(DRESS), Note(DRESS.line_id, "a gift"))
        again = act(cart, "phone", RemoveLine(DRESS.line_id), AddUnits(DRESS))
        assert [line.note for line in again.state.lines] == [""]

    @given(logs())
    def test_a_list_and_back_is_as_before(self, log: Log) -> None:
        """Moving everything to a list empties the cart; moving it back restores it."""
        cart = cart_of(log)
        there = act(cart, "x", *(MoveToList(i, "later") for i in held(cart.state)))
        assert there.state.lines == ()
        back = act(there, "y", *(MoveToList(i, None) for i in held(cart.state)))
        assert back.state.saved == ()
        assert held(back.state) == held(cart.state)

    @given(logs(), selections)
    def test_adding_brings_a_line_back_from_its_list(self, log: Log, selection: Selection) -> None:
        """Whoever sees a line on a list and adds units wants it in the cart."""
        cart = act(cart_of(log), "x", AddUnits(selection), MoveToList(selection.line_id, "later"))
        state = act(cart, "y", AddUnits(selection)).state
        assert selection.line_id in {line.line_id for line in state.lines}


@given(logs())
def test_logs_survive_json(log: Log) -> None:
    """A cart written and read folds to the same state (pricing 23)."""
    cart = cart_of(log)
    again = parse(Cart, canonical(cart))
    assert again == cart
    assert again.state == cart.state
    assert load(Cart, dump(cart.header)).operations == ()


def test_an_empty_log_is_an_empty_cart() -> None:
    """Nothing done, nothing there."""
    assert fold(()) == CartState()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sequence": 0}, "sequence"),
        ({"sequence": "1"}, "sequence"),
        ({"device": ""}, "device"),
        ({"actor": None}, "actor"),
        ({"at": NOW.replace(tzinfo=None)}, "at"),
        ({"seen": {"phone": 3}}, "seen"),
        ({"seen": {"till": 0}}, "seen"),
        ({"seen": {"till": 1.5}}, "seen"),
    ],
)
def test_impossible_operations_are_refused(change: dict[str, object], field: str) -> None:
    """An operation that no device could have done is an error that names the field."""
    good: dict[str, object] = {
        "device": "phone",
        "sequence": 3,
        "actor": "clara",
        "at": NOW,
        "change": AddUnits(DRESS),
    }
    with pytest.raises(InvalidValue) as caught:
        Operation(**{**good, **change})  # type: ignore[arg-type] # that is the point
    assert caught.value.field == field


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "2", None, 10**12])
def test_impossible_quantities_are_refused(quantity: int) -> None:
    """Zero, negative, fractional and absurd quantities are errors; setting to zero is not."""
    with pytest.raises(InvalidValue, match="quantity"):
        AddUnits(DRESS, quantity)
    if quantity == 0:
        assert SetQuantity(DRESS, quantity).quantity == 0
    else:
        with pytest.raises(InvalidValue, match="quantity"):
            SetQuantity(DRESS, quantity)
