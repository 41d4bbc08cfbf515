"""Events on their way out, and in again at the other end: at least once, and once in effect.

A unit of work writes events to the outbox together with what they tell of. A
`Relay` leases them, publishes them as CloudEvents and marks them published. A
consumer's `Inbox` lets each of them take effect once.
"""

from __future__ import annotations

from omnicommerce.relay.cloud_event import CloudEvent
from omnicommerce.relay.envelope import Envelope
from omnicommerce.relay.errors import BrokerUnavailable
from omnicommerce.relay.inbox import Effect, Inbox
from omnicommerce.relay.model import Backlog, Leased, RelayPolicy, Round, Sent, SetAside, Verdict
from omnicommerce.relay.ports import Deliveries, InboxRecord, Publisher, Stop
from omnicommerce.relay.service import Relay

__all__ = [
    "Backlog",
    "BrokerUnavailable",
    "CloudEvent",
    "Deliveries",
    "Effect",
    "Envelope",
    "Inbox",
    "InboxRecord",
    "Leased",
    "Publisher",
    "Relay",
    "RelayPolicy",
    "Round",
    "Sent",
    "SetAside",
    "Stop",
    "Verdict",
]
