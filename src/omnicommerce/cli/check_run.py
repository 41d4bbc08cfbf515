"""What a check of a shop's configuration finds: mistakes, lints, and where parity breaks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import attrs

from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.cli.json_places import TextPlace
from omnicommerce.cli.shop_dir import ShopFiles, read_shop
from omnicommerce.cli.shop_places import FilePlace
from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.audit.audit import audit
from omnicommerce.pricing.audit.inquiry import Known
from omnicommerce.pricing.audit.lints import lint
from omnicommerce.pricing.audit.model import AuditReport, Finding, Severity
from omnicommerce.pricing.audit.taint import opaque_names
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.book import Condition, PriceBook
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.rules import OpaqueFunction

__all__ = ["Check", "Placed", "check_shop"]

_NAMED: Final = re.compile(r"(?P<file>[^\s:]+)(?::(?P<line>\d+))?(?: (?P<path>.*))?")
_CHANNEL: Final = "-"
_REFUSED: Final = "lint.refused"


@attrs.frozen
class Placed:
    """A finding, and where in the files it is."""

    finding: Finding
    place: FilePlace


@attrs.frozen(kw_only=True)
class Check:
    """What was found in one directory.

    Attributes:
        directory: Where the configuration lies.
        at: The instant that counts.
        mistakes: Why it cannot be used at all.
        report: What the audit says of parity; None: it cannot be used.
        lints: What can hardly be meant.
        groups: The findings of the audit, by group.
    """

    directory: Path
    at: datetime
    mistakes: tuple[Placed, ...] = ()
    report: AuditReport | None = None
    parity: tuple[Placed, ...] = ()
    lints: tuple[Placed, ...] = ()

    @property
    def findings(self) -> tuple[Placed, ...]:
        """Everything found: mistakes, parity, lints."""
        return (*self.mistakes, *self.parity, *self.lints)

    def count(self, severity: Severity) -> int:
        """Count the findings of a severity."""
        return Counter(item.finding.severity for item in self.findings)[severity]


def check_shop(directory: Path, *, at: datetime, cases: int, lints: bool = True) -> Check:
    """Read a directory and look for everything that is wrong in it.

    Args:
        directory: The shop's configuration.
        at: The instant that counts.
        cases: About how many cases the audit prices for each group.
        lints: Whether to look for lints, too.
    """
    files: ShopFiles | None = None
    try:
        files = read_shop(directory)
        loaded = files.load()
        pricing = files.pricing_of(loaded)
    except InvalidConfiguration as error:
        mistakes = tuple(_mistakes(error, files, directory))
        return Check(directory=directory, at=at, mistakes=mistakes)
    known = _known(loaded, at)
    report = _audited(pricing, known, at, cases)
    found = _linted(pricing, known, at) if lints or report is None else ()
    return Check(
        directory=directory,
        at=at,
        report=report,
        mistakes=tuple(_placed((one for one in found if one.code == _REFUSED), files)),
        parity=tuple(_placed(() if report is None else report.all_findings, files)),
        lints=tuple(_placed((one for one in found if one.code != _REFUSED), files)),
    )


def _audited(
    pricing: PricingConfiguration, known: Known, at: datetime, cases: int
) -> AuditReport | None:
    """Audit parity; None: the configuration contradicts itself, and the lints say how."""
    conditions, effects = _functions(pricing)
    try:
        PriceBook.compile(pricing, conditions=conditions, effects=effects)
    except InvalidConfiguration:
        return None
    return audit(
        pricing,
        at=at,
        cases=cases,
        situations=known.situations,
        conditions=conditions,
        effects=effects,
    )


def _linted(pricing: PricingConfiguration, known: Known, at: datetime) -> tuple[Finding, ...]:
    conditions, effects = _functions(pricing)
    return lint(pricing, at=at, known=known, conditions=conditions, effects=effects)


def _placed(findings: Iterable[Finding], files: ShopFiles) -> Iterator[Placed]:
    for finding in findings:
        yield Placed(finding, files.place(finding.path))


def _mistakes(
    error: InvalidConfiguration, files: ShopFiles | None, directory: Path
) -> Iterator[Placed]:
    """Yield each problem of a refused configuration with its place."""
    problem = error.message.removeprefix(f"{error.path}: ")
    paths = error.parameters.get("paths") or [(error.path, problem)]
    for path, said in paths:
        place = _place_of(path, directory) if files is None else files.place(path)
        yield Placed(
            Finding(
                reason=Reason("lint.refused", {"problem": said}),
                severity=Severity.ERROR,
                path=place.path,
            ),
            place,
        )


def _place_of(path: str, directory: Path) -> FilePlace:
    """Return the place of a problem that was found while files were read."""
    found = _NAMED.fullmatch(path)
    file = None if found is None else directory / found["file"]
    if found is None or file is None or not file.is_file():
        return FilePlace(None, path)
    line = TextPlace(int(found["line"] or 1), 1)
    return FilePlace(file, found["path"] or "$", line)


def _known(loaded: ShopConfiguration | PricingConfiguration, at: datetime) -> Known:
    """Return what the shop has; of prices alone nothing is known."""
    if isinstance(loaded, PricingConfiguration):
        return Known()
    places = loaded.locations
    return Known(
        channels=(channel.channel_id for channel in loaded.channels),
        locations=(place.location_id for place in places),
        zones=(place.zone for place in places if place.zone is not None),
        situations=tuple(
            Situation(channel=_CHANNEL, at=at, location=place.location_id, zone=place.zone)
            for place in places
        ),
    )


class _Functions(NamedTuple):
    """What stands for the shop's own code, which a check does not have."""

    conditions: dict[str, Condition]
    effects: dict[str, OpaqueFunction]


def _functions(pricing: PricingConfiguration) -> _Functions:
    """Return functions that say no and take nothing, under every name that is asked for."""
    conditions, effects = opaque_names(pricing)
    return _Functions(dict.fromkeys(conditions, _never), dict.fromkeys(effects, _nothing))


def _never(_: Basket, __: Situation) -> bool:
    return False


def _nothing(left: list[int], _: list[int], __: Any) -> list[int]:
    return [0] * len(left)
