"""What a check found as SARIF 2.1.0, which code hosts and editors show beside the lines.

The format is the OASIS standard "Static Analysis Results Interchange Format
(SARIF) Version 2.1.0".
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from omnicommerce.cli.check_document import witness_document
from omnicommerce.cli.check_run import Check, Placed
from omnicommerce.i18n import render
from omnicommerce.pricing.audit.model import Severity

__all__ = ["to_sarif"]

_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def to_sarif(check: Check, *, locale: str = "en", root: Path | None = None) -> dict[str, Any]:
    """Return the findings as a SARIF log with one run.

    Args:
        check: What was found.
        locale: Language of the messages.
        root: Files are named relative to this folder where they lie in it.
    """
    items = check.findings
    codes = sorted({item.finding.code for item in items})
    rules = [_rule(code, items) for code in codes]
    results = [_result(item, codes.index(item.finding.code), locale, root) for item in items]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "omnicommerce check",
                        "semanticVersion": version("omnicommerce"),
                        "rules": rules,
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def _rule(code: str, items: tuple[Placed, ...]) -> dict[str, Any]:
    """Return a rule: its level is the worst of its findings."""
    order = tuple(Severity)
    found = [item.finding.severity for item in items if item.finding.code == code]
    words = code.replace(".", " ").replace("_", " ")
    return {
        "id": code,
        "name": "".join(word.title() for word in words.split()),
        "shortDescription": {"text": words.capitalize()},
        "defaultConfiguration": {"level": min(found, key=order.index).value},
    }


def _result(item: Placed, index: int, locale: str, root: Path | None) -> dict[str, Any]:
    finding = item.finding
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity.value,
        "message": {"text": render(finding.reason, locale=locale)},
        "locations": [_location(item, root)],
        "partialFingerprints": {"pathAndCode/v1": f"{finding.path}#{finding.code}"},
    }
    if finding.witness is not None:
        result["properties"] = {"witness": witness_document(finding.witness)}
    return result


def _location(item: Placed, root: Path | None) -> dict[str, Any]:
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": item.finding.path, "kind": "value"}]
    }
    file, text = item.place.file, item.place.text
    if file is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(file, root)}}
        if text is not None:
            physical["region"] = {"startLine": text.line, "startColumn": text.column}
        location["physicalLocation"] = physical
    return location


def _uri(file: Path, root: Path | None) -> str:
    resolved = file.resolve()
    if root is not None and resolved.is_relative_to(root.resolve()):
        return resolved.relative_to(root.resolve()).as_posix()
    return resolved.as_uri()
