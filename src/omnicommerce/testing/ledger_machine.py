"""A state machine that compares any ledger with the one in memory, step by step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar, Final

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from omnicommerce.adapters.memory import MemoryStore
from omnicommerce.ledger.model import Command
from omnicommerce.testing.ledger_requests import (
    BEGINNING,
    VERBS,
    Groups,
    LedgerStore,
    Outcome,
    Request,
    Step,
    attempt,
    journal,
    look,
    report,
    requests,
    require_equal,
    stories,
)

__all__ = ["LedgerMachine", "ledger_machine"]


_ENDINGS: Final = st.sampled_from(("capture", "restore", "capture", "release", "extend"))
_FREE: Final = ("hold", "credit", "debit", "transfer", "adjust", "set_floor", "sweep")
_VERBS: Final = st.sampled_from((*_FREE, "hold", "hold"))


@attrs.frozen
class _Asked:
    request: Request
    by: Command


class LedgerMachine(RuleBasedStateMachine):
    """Ask the same of a store under test and of `MemoryStore`, and compare all there is to see.

    After each request: the answer or the error (class, code, reasons and
    shortages), every standing, hold and lot. At the end: both journals but for
    their sequences, and two clean audits. Make one with `ledger_machine`.
    """

    open_store: ClassVar[Callable[[], LedgerStore]]
    close_store: ClassVar[Callable[[LedgerStore], None]]

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = BEGINNING
        self.asked: list[_Asked] = []
        self.groups: Groups = {}
        self.model: MemoryStore = MemoryStore()
        self.subject: LedgerStore = type(self).open_store()

    @initialize(story=stories(("hold",), length=3))
    def supply(self, story: tuple[Step, ...]) -> None:
        """Begin with something to take, and a few holds."""
        for step in story:
            self.ask(step.request)

    @rule(data=st.data(), verb=_VERBS)
    def command(self, data: st.DataObject, verb: str) -> None:
        """Ask for anything that needs no hold, more than there is at times; or sweep."""
        self.ask(data.draw(requests(verb, self.groups)))

    @precondition(lambda self: self.groups)
    @rule(data=st.data(), verb=_ENDINGS)
    def go_on(self, data: st.DataObject, verb: str) -> None:
        """Go on with a hold that was asked for, in whole or in part, or with an unknown one."""
        self.ask(data.draw(requests(verb, self.groups)))

    @rule(minutes=st.integers(1, 30))
    def wait(self, minutes: int) -> None:
        """Let holds come due, and lots begin and lapse."""
        self.now += timedelta(minutes=minutes)
        self.compare()

    @rule(data=st.data(), other=st.none() | st.none() | st.sampled_from(VERBS))
    def again(self, data: st.DataObject, other: str | None) -> None:
        """Use a key again, later: for the same request, or seldom for another one."""
        asked = data.draw(st.sampled_from(self.asked), label="asked")
        request = asked.request if other is None else data.draw(requests(other, self.groups))
        self.ask(request, attrs.evolve(asked.by, at=self.now))

    def ask(self, request: Request, by: Command | None = None) -> Outcome:
        """Ask both, and compare."""
        if by is None:
            by = Command(f"key-{len(self.asked)}", f"cause-{len(self.asked) % 3}", self.now)
            self.asked.append(_Asked(request, by))
        expected = attempt(self.model, request, by)
        actual = attempt(self.subject, request, by)
        require_equal(f"the outcome of {request} by {by}", expected, actual)
        self.compare()
        if request.verb == "hold":
            self._remember(request)
        return actual

    def _remember(self, request: Request) -> None:
        """Keep the groups that exist, so that most of what follows is about them."""
        group, demands = request.arguments
        if self.model.run(lambda unit: unit.ledger.holds(group)):
            self.groups.setdefault(group, demands)
        else:
            self.groups.pop(group, None)

    def compare(self) -> None:
        """Compare everything that can be seen at this instant."""
        expected = look(self.model, self.now, self.groups)
        actual = look(self.subject, self.now, self.groups)
        require_equal("the standings", expected.standings, actual.standings)
        require_equal("the holds", expected.holds, actual.holds)
        require_equal("the lots", expected.lots, actual.lots)

    def teardown(self) -> None:
        """Compare the journals, and audit both."""
        try:
            require_equal("the journal", journal(self.model), journal(self.subject))
            for store in (self.model, self.subject):
                require_equal("the audit", (), report(store).discrepancies)
        finally:
            type(self).close_store(self.subject)


def _leave_open(_: LedgerStore) -> None:
    return


def ledger_machine(
    open_store: Callable[[], LedgerStore],
    *,
    close: Callable[[LedgerStore], None] = _leave_open,
) -> type[LedgerMachine]:
    """Return the state machine for one adapter.

    Args:
        open_store: Returns an empty store, for each example anew: all
            `Transactions` whose unit of work has a ``ledger``.
        close: Called with the store after each example.

    Example:
        >>> from hypothesis import settings
        >>> from hypothesis.stateful import run_state_machine_as_test
        >>> from omnicommerce.adapters.memory import MemoryStore
        >>> run_state_machine_as_test(
        ...     ledger_machine(MemoryStore), settings=settings(max_examples=5)
        ... )
    """
    names = {"open_store": staticmethod(open_store), "close_store": staticmethod(close)}
    return type("LedgerMachineOfStore", (LedgerMachine,), names)
