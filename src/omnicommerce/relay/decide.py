"""What to publish together, and what becomes of each event then."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from omnicommerce.relay.model import LONGEST_REASON, Leased, RelayPolicy, Sent, Verdict

__all__ = ["jittered", "judge", "waves"]


def waves(leased: Iterable[Leased]) -> tuple[tuple[Leased, ...], ...]:
    """Split events into batches that may each be published in any order.

    The first wave has the first event of each subject, the second the second,
    and so on: whoever waits for a wave before sending the next keeps the order
    of each subject, whatever the broker does inside a wave.
    """
    seen: Counter[str] = Counter()
    found: list[list[Leased]] = []
    for event in sorted(leased, key=lambda each: each.sequence):
        turn = seen[event.subject]
        seen[event.subject] += 1
        if turn == len(found):
            found.append([])
        found[turn].append(event)
    return tuple(tuple(wave) for wave in found)


def judge(
    leased: Sequence[Leased], sent: Sent, policy: RelayPolicy, *, at: datetime
) -> tuple[Verdict, ...]:
    """Decide what becomes of leased events after an attempt to publish them.

    What was confirmed is published. What was refused is tried again later, or
    set aside after ``policy.tries`` refusals. Of what nothing is known, and of
    what was not even tried, nothing changes: anybody may lease it at once.
    """
    return tuple(_verdict(event, sent, policy, at) for event in leased)


def _verdict(event: Leased, sent: Sent, policy: RelayPolicy, at: datetime) -> Verdict:
    if event.event_id in sent.accepted:
        return Verdict(sequence=event.sequence, published_at=at, tries=event.tries)
    if event.event_id not in sent.refused:
        return Verdict(sequence=event.sequence, due_at=at, tries=event.tries)
    tries = event.tries + 1
    pause = jittered(tries, policy, seed=event.event_id)
    return Verdict(
        sequence=event.sequence,
        due_at=None if tries >= policy.tries else at + pause,
        tries=tries,
        reason=sent.refused[event.event_id][:LONGEST_REASON],
    )


def jittered(tries: int, policy: RelayPolicy, *, seed: str) -> timedelta:
    """Return the pause after so many failures: doubled each time, and up to half less.

    How much less follows from the seed, so that many who failed together do
    not come back together.
    """
    doublings = min(tries - 1, 60)
    pause = min(policy.first_pause.total_seconds() * 2**doublings, _seconds(policy.longest_pause))
    digest = hashlib.sha256(f"{seed}:{tries}".encode()).digest()
    share = 1 - int.from_bytes(digest[:4]) / 2**33
    return timedelta(seconds=pause * share)


def _seconds(length: timedelta) -> float:
    return length.total_seconds()
