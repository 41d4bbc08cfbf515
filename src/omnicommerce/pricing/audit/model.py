"""What audits and lints find: verdicts, findings, and the baskets that show them."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import attrs

from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.parity import ParityDifference
from omnicommerce.pricing.parity_model import ParityLevel

__all__ = ["AuditReport", "Finding", "GroupVerdict", "Seen", "Severity", "Verdict", "Witness"]


class Severity(enum.StrEnum):
    """What a finding asks for: an error to be mended, a warning to be looked at, a note to read."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Verdict(enum.StrEnum):
    """What is known of a group: equal for all baskets, not equal, or not found to be unequal."""

    PROVED = "proved"
    VIOLATED = "violated"
    NOT_REFUTED = "no_counterexample"


@attrs.frozen
class Seen:
    """A basket and a situation as one channel sees them: what to price there."""

    basket: Basket
    situation: Situation


@attrs.frozen(kw_only=True)
class Witness:
    """A basket and a situation that show what a finding says, when they are priced.

    Attributes:
        basket: What is bought.
        situation: Where, when and for whom.
        other: The second basket, where two are compared.
        channels: The channels in which to price it, where channels are compared.
        seen: The case as each of these channels sees it, in their order.
        differences: What is not the same in two channels.
    """

    basket: Basket
    situation: Situation
    other: Basket | None = None
    channels: tuple[str, ...] = ()
    seen: tuple[Seen, ...] = ()
    differences: tuple[ParityDifference, ...] = ()

    @property
    def units(self) -> int:
        """How many units are bought."""
        return sum(line.quantity for line in self.basket.lines)


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that is wrong, or worth knowing, and where.

    Attributes:
        reason: What it is, with its figures.
        severity: What it asks for.
        path: Where in the configuration, such as ``$.promotions[2].when``.
        witness: A basket that shows it; None: it shows in the configuration itself.
        related: Other places that have to do with it.
    """

    reason: Reason
    severity: Severity
    path: str
    witness: Witness | None = None
    related: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """What it is, as a stable code."""
        return self.reason.code


@attrs.frozen(kw_only=True)
class GroupVerdict:
    """What the audit says of one parity group.

    Attributes:
        group_id: The group.
        channels: Its channels, sorted.
        level: Up to where they are to be equal.
        verdict: Proved, violated, or not refuted.
        cases: How many cases were priced to find a difference.
        findings: What was found, errors first.
        reason: The verdict as a reason.
    """

    group_id: str
    channels: tuple[str, ...]
    level: ParityLevel
    verdict: Verdict
    cases: int
    findings: tuple[Finding, ...]
    reason: Reason

    @property
    def witness(self) -> Witness | None:
        """The smallest basket that breaks the group, if it is violated."""
        found = [
            item.witness
            for item in self.findings
            if item.severity is Severity.ERROR and item.witness is not None
        ]
        return min(found, key=lambda one: (one.units, len(one.basket.lines)), default=None)


def _groups(value: Iterable[GroupVerdict]) -> tuple[GroupVerdict, ...]:
    return tuple(value)


def _findings(value: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class AuditReport:
    """What the audit says of every parity group of a configuration.

    Attributes:
        groups: One verdict each, in the order of the configuration.
        findings: What belongs to no group, such as exceptions that nobody needs.
    """

    groups: tuple[GroupVerdict, ...] = attrs.field(converter=_groups)
    findings: tuple[Finding, ...] = attrs.field(default=(), converter=_findings)

    @property
    def is_proved(self) -> bool:
        """Whether every group is proved."""
        return all(group.verdict is Verdict.PROVED for group in self.groups)

    @property
    def is_violated(self) -> bool:
        """Whether some group is violated."""
        return any(group.verdict is Verdict.VIOLATED for group in self.groups)

    @property
    def cases(self) -> int:
        """How many cases were priced."""
        return sum(group.cases for group in self.groups)

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """The findings of all groups, then those that belong to none."""
        inner = [finding for group in self.groups for finding in group.findings]
        return (*inner, *self.findings)
