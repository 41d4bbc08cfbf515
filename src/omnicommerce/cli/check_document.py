"""What a check found, as one JSON document; witnesses are files for ``omnicommerce price``."""

from __future__ import annotations

from typing import Any

from omnicommerce.cli.check_run import Check, Placed
from omnicommerce.i18n import render
from omnicommerce.kernel import documents
from omnicommerce.pricing.audit.model import AuditReport, Finding, GroupVerdict, Severity, Witness
from omnicommerce.pricing.parity import ParityDifference

__all__ = ["to_document", "witness_document"]


def to_document(check: Check, *, locale: str = "en") -> dict[str, Any]:
    """Return everything that was found; amounts are in minor units."""
    return {
        "directory": str(check.directory),
        "at": check.at.isoformat(),
        "errors": check.count(Severity.ERROR),
        "warnings": check.count(Severity.WARNING),
        "notes": check.count(Severity.NOTE),
        "mistakes": [_finding(item, locale) for item in check.mistakes],
        "parity": [] if check.report is None else _groups(check.report, check, locale),
        "exceptions": [] if check.report is None else _others(check.report, check, locale),
        "lints": [_finding(item, locale) for item in check.lints],
    }


def _groups(report: AuditReport, check: Check, locale: str) -> list[dict[str, Any]]:
    placed = {id(item.finding): item for item in check.parity}
    return [_group(group, placed, locale) for group in report.groups]


def _group(group: GroupVerdict, placed: dict[int, Placed], locale: str) -> dict[str, Any]:
    return {
        "group": group.group_id,
        "channels": list(group.channels),
        "level": group.level.value,
        "verdict": group.verdict.value,
        "cases": group.cases,
        "message": render(group.reason, locale=locale),
        "findings": [_finding(placed[id(item)], locale) for item in group.findings],
    }


def _others(report: AuditReport, check: Check, locale: str) -> list[dict[str, Any]]:
    placed = {id(item.finding): item for item in check.parity}
    return [_finding(placed[id(item)], locale) for item in report.findings]


def _finding(item: Placed, locale: str) -> dict[str, Any]:
    finding, place = item.finding, item.place
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": render(finding.reason, locale=locale),
        "parameters": dict(finding.reason.parameters),
        "path": finding.path,
        "file": None if place.file is None else place.file.name,
        "line": None if place.text is None else place.text.line,
        "related": _related(finding),
        "witness": None if finding.witness is None else witness_document(finding.witness),
    }


def _related(finding: Finding) -> list[str]:
    return [path for path in finding.related if path != finding.path]


def witness_document(witness: Witness) -> dict[str, Any]:
    """Return a witness: ``basket`` and ``situation`` as ``omnicommerce price`` reads them."""
    document: dict[str, Any] = {
        "basket": _without_nothing(documents.dump(witness.basket)),
        "situation": _without_nothing(documents.dump(witness.situation)),
    }
    if witness.other is not None:
        document["other"] = _without_nothing(documents.dump(witness.other))
    if witness.channels:
        document["seen"] = {
            channel: {
                "basket": _without_nothing(documents.dump(seen.basket)),
                "situation": _without_nothing(documents.dump(seen.situation)),
            }
            for channel, seen in zip(witness.channels, witness.seen, strict=True)
        }
        document["differences"] = [_difference(item) for item in witness.differences]
    return document


def _difference(item: ParityDifference) -> dict[str, Any]:
    return {
        "level": item.level.value,
        "line_id": item.line_id,
        item.reference: item.expected,
        item.channel: item.found,
        "currency": item.currency.code,
    }


def _without_nothing(value: Any) -> Any:
    """Leave out what says nothing, so that a witness can be read."""
    if isinstance(value, dict):
        kept = {name: _without_nothing(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if inner not in (None, [], {}, False)}
    if isinstance(value, list):
        return [_without_nothing(inner) for inner in value]
    return value
