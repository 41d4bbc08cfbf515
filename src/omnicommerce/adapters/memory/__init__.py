"""The readable reference: a whole shop in dictionaries, with real transactions.

Nothing outlives the process. Everything else is as the ports promise: what a
unit of work does is kept as a whole or not at all, whoever runs it and wherever
it fails, which makes this the yardstick that other stores are compared with.
"""

from __future__ import annotations

from omnicommerce.adapters.memory.store import MemoryStore
from omnicommerce.adapters.memory.unit_of_work import MemoryUnit

__all__ = ["MemoryStore", "MemoryUnit"]
