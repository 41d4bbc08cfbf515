"""Forget what is old, in batches that hold nobody up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from omnicommerce.kernel.errors import InvalidValue

__all__ = ["forget_older"]


def forget_older(
    forget: Callable[[datetime], int], *, at: datetime, older_than: timedelta, batch: int
) -> int:
    """Call ``forget`` until it finds less than a batch, and return how many it forgot.

    Args:
        forget: Forgets at most a batch of what is older than an instant, in a
            transaction of its own.
        at: Now.
        older_than: How old something must be.
        batch: Most rows of one transaction.

    Raises:
        InvalidValue: A negative duration, or an empty batch.
    """
    if older_than < timedelta(0):
        raise InvalidValue("older_than", f"must not be negative: {older_than}")
    if batch < 1:
        raise InvalidValue("batch", f"must be 1 or more, not {batch}")
    before = at - older_than
    total = 0
    while True:
        count = forget(before)
        total += count
        if count < batch:
            return total
