"""An order's events leave the shop, and a dashboard hears them twice and in disorder.

The broker is away at first, which loses nothing. What it delivers then comes twice and
backwards, and the dashboard's inbox lets each event take effect once.

Run it: ``python -m examples.relay_events``
"""

from __future__ import annotations

from collections import Counter

from examples.alma import ALMA, GRAN_VIA, MONDAY, quote
from omnicommerce import Commerce, ManualClock, SequentialIds
from omnicommerce.adapters.brokers.in_process import InProcessBroker
from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.adapters.memory import MemoryStore, MemoryUnit
from omnicommerce.relay import CloudEvent, Effect, Envelope, Inbox, Relay


def sell(store: MemoryStore, clock: ManualClock) -> None:
    """Sell a scarf: every step writes its events beside what it does."""
    shop = Commerce(
        store,
        ALMA,
        gateway=InProcessGateway(),
        sender=Mailbox(),
        clock=clock,
        ids=SequentialIds(),
    )
    shop.inventory.receive("SCARF", GRAN_VIA, 1, key="delivery-1")
    clara = shop.customers.register("Clara", "clara@example.com")
    order = shop.checkout.place(quote(shop, clara, "SCARF"))
    shop.checkout.pay(order.order_id, token="card")  # noqa: S106 - no secret, but a test card


class Dashboard:
    """Counts what happened, and knows the last thing that happened to each subject."""

    def __init__(self) -> None:
        store = MemoryStore()
        self._counting: Inbox[MemoryUnit] = Inbox(store, "counting")
        self._latest: Inbox[MemoryUnit] = Inbox(store, "latest")
        self.count: Counter[str] = Counter()
        self.latest: dict[str, str] = {}

    def receive(self, event: CloudEvent) -> Effect:
        """Hear of an event, perhaps not for the first time, perhaps too late."""

        def show(_: MemoryUnit) -> None:
            self.latest[event.subject] = event.type

        def add(_: MemoryUnit) -> None:
            self.count[event.type] += 1

        self._latest.receive(event, show, newest_only=True)
        return self._counting.receive(event, add)


def main() -> None:
    """Sell, relay and receive."""
    store, clock, broker = MemoryStore(), ManualClock(MONDAY), InProcessBroker()
    sell(store, clock)
    relay = Relay(store, broker, Envelope(source="/shops/alma"), clock=clock)
    broker.away = True
    print("The broker is away:", relay.run_once().trouble)
    broker.away = False
    done = relay.run_once()
    print(f"It is back: {done.published} events published, {relay.backlog().pending} waiting")

    dashboard = Dashboard()
    backwards = reversed(broker.events * 2)
    effects = Counter(dashboard.receive(event).value for event in backwards)
    print("Delivered twice and backwards:", dict(effects))
    assert effects["applied"] == effects["duplicate"] == len(broker.events)
    assert set(dashboard.count.values()) == {1}
    (order,) = (event.subject for event in broker.events if event.type.endswith("order.placed"))
    print(f"{order}: {dashboard.latest[order]}")
    assert dashboard.latest[order] == "omnicommerce.order.confirmed"
    print(next(event for event in broker.events if event.subject == order).to_json())


if __name__ == "__main__":
    main()
