"""Parity as a checked contract, and lints: what is wrong in a configuration, with a basket."""

from __future__ import annotations

from omnicommerce.pricing.audit.audit import audit
from omnicommerce.pricing.audit.inquiry import Known, LintPolicy
from omnicommerce.pricing.audit.lints import lint
from omnicommerce.pricing.audit.model import (
    AuditReport,
    Finding,
    GroupVerdict,
    Seen,
    Severity,
    Verdict,
    Witness,
)

__all__ = [
    "AuditReport",
    "Finding",
    "GroupVerdict",
    "Known",
    "LintPolicy",
    "Seen",
    "Severity",
    "Verdict",
    "Witness",
    "audit",
    "lint",
]
