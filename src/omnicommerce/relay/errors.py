"""What goes wrong between a relay and its broker."""

from __future__ import annotations

from omnicommerce.kernel.errors import AdapterError

__all__ = ["BrokerUnavailable"]


class BrokerUnavailable(AdapterError):
    """The message broker cannot be reached, or does not take anything; the cause is kept."""

    code = "adapter.broker_unavailable"
