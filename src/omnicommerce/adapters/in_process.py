"""A payment gateway and a mailbox that live in this process: for tests, demos and simulations."""

from __future__ import annotations

import threading
from collections import deque

from omnicommerce.fulfilment.ports import Message
from omnicommerce.kernel.errors import StoreUnavailable
from omnicommerce.kernel.money import Money
from omnicommerce.orders.ports import GatewayAnswer, GatewayVerdict

__all__ = ["InProcessGateway", "Mailbox"]


class InProcessGateway:
    """A gateway that behaves like a real one, faults included.

    It never moves money twice for one operation, refuses to refund more than
    was charged, and can be told what its next answers are.

    Example:
        >>> gateway = InProcessGateway()
        >>> gateway.charge("order_1:pay:1", Money.of("9.99", "EUR"), token="card").verdict
        <GatewayVerdict.APPROVED: 'approved'>
        >>> gateway.collected
        {'order_1:pay:1': Money('9.99 EUR')}
    """

    def __init__(self) -> None:
        self.collected: dict[str, Money] = {}
        self.returned: dict[str, Money] = {}
        self._answers: dict[str, GatewayAnswer] = {}
        self._script: deque[tuple[GatewayVerdict, str | None]] = deque()
        self._lock = threading.Lock()

    def next_charge(self, verdict: GatewayVerdict, reason: str | None = None) -> None:
        """Decide the next unscripted charge.

        ``UNKNOWN`` collects the money but loses the answer, as a timeout does:
        `look_up` then finds out that it was approved.
        """
        self._script.append((verdict, reason))

    def charge(self, operation_id: str, amount: Money, *, token: str) -> GatewayAnswer:
        """Collect money once per operation; ``token`` is only checked to be there."""
        with self._lock:
            if operation_id in self._answers:
                return self._answers[operation_id]
            verdict, reason = self._script.popleft() if self._script else (None, None)
            if not token:
                verdict, reason = GatewayVerdict.DECLINED, "no means of payment"
            if verdict is GatewayVerdict.DECLINED:
                answer = GatewayAnswer(verdict=verdict, reason=reason or "declined by the bank")
            else:
                self.collected[operation_id] = amount
                answer = GatewayAnswer(
                    verdict=GatewayVerdict.APPROVED, reference=f"charge-{len(self.collected)}"
                )
            self._answers[operation_id] = answer
            if verdict is GatewayVerdict.UNKNOWN:
                return GatewayAnswer(verdict=GatewayVerdict.UNKNOWN, reason="timed out")
            return answer

    def refund(self, operation_id: str, amount: Money, *, reference: str) -> GatewayAnswer:
        """Give back once per operation, and never more than the charge collected."""
        with self._lock:
            if operation_id in self._answers:
                return self._answers[operation_id]
            charge = next(
                (key for key, told in self._answers.items() if told.reference == reference), None
            )
            back = self.returned.get(reference, Money.zero(amount.currency))
            if charge is None or back + amount > self.collected[charge]:
                answer = GatewayAnswer(
                    verdict=GatewayVerdict.DECLINED, reason="more than was collected"
                )
            else:
                self.returned[reference] = back + amount
                answer = GatewayAnswer(
                    verdict=GatewayVerdict.APPROVED, reference=f"refund-{len(self._answers)}"
                )
            self._answers[operation_id] = answer
            return answer

    def look_up(self, operation_id: str) -> GatewayAnswer:
        """Tell what became of an operation."""
        never = GatewayAnswer(verdict=GatewayVerdict.DECLINED, reason="never received")
        return self._answers.get(operation_id, never)


class Mailbox:
    """Keep messages instead of sending them; one per ``message_id``."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.failing = False
        self._sent: set[str] = set()

    def send(self, message: Message) -> None:
        """Keep the message, unless it is there already or the mailbox was told to fail."""
        if self.failing:
            raise StoreUnavailable("the mail service does not answer")
        if message.message_id not in self._sent:
            self._sent.add(message.message_id)
            self.messages.append(message)
