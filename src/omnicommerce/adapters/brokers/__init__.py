"""Publishers for message brokers: each needs its client library, an extra of the same name.

======================  ==========  ============================================
URL                     extra       what an event counts as published by
======================  ==========  ============================================
``nats://host``         `nats`      JetStream's acknowledgement
``amqp://host/vhost``   `rabbitmq`  RabbitMQ's publisher confirm
``redis://host/0``      `redis`     the answer to XADD
``kafka://host/topic``  `kafka`     the delivery report with ``acks=all``
======================  ==========  ============================================
"""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from omnicommerce.kernel.errors import AdapterError, InvalidValue
from omnicommerce.relay.ports import Publisher

__all__ = ["TIMEOUT", "open_publisher"]

TIMEOUT: Final = timedelta(seconds=10)
"""How long a publisher waits for its broker; shorter than half the lease of a relay."""

_MODULES: Final = {
    "amqp": "rabbitmq",
    "amqps": "rabbitmq",
    "kafka": "kafka",
    "nats": "nats",
    "redis": "redis",
    "rediss": "redis",
    "tls": "nats",
}


def open_publisher(url: str, *, timeout: timedelta = TIMEOUT) -> Publisher:
    """Make the publisher for a broker; the first batch connects.

    Args:
        url: Where the broker is, and in its query what to publish to; see the
            publisher's class.
        timeout: How long to wait for the broker.

    Raises:
        InvalidValue: The URL names no broker we know, or an unknown option.
        AdapterError: The client library is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme not in _MODULES:
        known = ", ".join(f"{name}://" for name in sorted(_MODULES))
        raise InvalidValue("url", f"must begin with one of {known}")
    extra = _MODULES[scheme]
    try:
        module = importlib.import_module(f"omnicommerce.adapters.brokers.{extra}")
    except ModuleNotFoundError as error:
        raise AdapterError(
            f"{error.name} is missing: pip install 'omnicommerce[{extra}]'"
        ) from error
    publisher: Publisher = module.open_url(url, timeout=timeout)
    return publisher
