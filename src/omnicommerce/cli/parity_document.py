"""Drift of observed prices as one JSON document; money in minor units."""

from __future__ import annotations

from typing import Any

import attrs

from omnicommerce.cli.parity_observed import Findings
from omnicommerce.insight.comparison import Comparison

__all__ = ["to_document"]


def to_document(findings: Findings, *, top: int) -> dict[str, Any]:
    """Return what was found as a JSON document.

    The counts of each kind stand under its name, such as ``shelf`` and
    ``zone_shelf``, and once more under ``kinds``. What needs zones is None
    where they are not known.

    Args:
        findings: What was found.
        top: How many offenders of each kind, places and drifts to list.
    """
    report, question = findings.report, findings.question
    kinds = [_kind(findings, kind) for kind in report.kinds]
    return {
        **{counts["kind"]: counts["disparities"] for counts in kinds},
        **{f"zone_{counts['kind']}": counts["zone_disparities"] for counts in kinds},
        "audited": report.audited(),
        "zone_audited": report.audited(in_zones=True) if findings.in_zones else None,
        "observed": question.observed.name,
        "zones": None if findings.zones is None else findings.zones.name,
        "prices": report.observed,
        "places": len(report.places),
        "tolerance": str(question.tolerance),
        "reference": question.reference,
        "kinds": kinds,
        "placements": [attrs.asdict(placed) for placed in report.placements],
        "offenders": _offenders(findings, top, in_zones=False),
        "zone_offenders": _offenders(findings, top, in_zones=True) if findings.in_zones else None,
        "deviations": [attrs.asdict(one) for one in findings.deviations(top)],
        "drifts": [attrs.asdict(one) for one in findings.drifts(top)],
    }


def _kind(findings: Findings, kind: str) -> dict[str, Any]:
    report, known = findings.report, findings.in_zones
    return {
        "kind": kind,
        "audited": report.audited(kind),
        "disparities": report.differing(kind),
        "zone_audited": report.audited(kind, in_zones=True) if known else None,
        "zone_disparities": report.differing(kind, in_zones=True) if known else None,
    }


def _offenders(findings: Findings, top: int, *, in_zones: bool) -> list[dict[str, Any]]:
    """Return the first so many of each kind of price, the largest spread of any kind first."""
    found = [
        one
        for kind in findings.report.kinds
        for one in findings.largest(kind, top, in_zones=in_zones)
    ]
    return [_offender(one) for one in sorted(found, key=Comparison.rank)]


def _offender(one: Comparison) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "product_id": one.product_id,
        "period": one.period,
        "zone": one.zone,
        "spread": one.spread_amount,
        "spread_percent": one.spread_percent,
        "lowest": one.lowest_amount,
        "highest": one.highest_amount,
        "reference": one.reference_amount,
        "places": len(one.places),
        "asked": [{"amount": amount, "places": list(places)} for amount, places in one.asked],
    }
