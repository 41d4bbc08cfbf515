"""The audit behind ``omnicommerce parity SHOP_DIR``: proved, violated, or not refuted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from omnicommerce.cli.check_document import to_document
from omnicommerce.cli.check_report import print_parity
from omnicommerce.cli.check_run import check_shop
from omnicommerce.cli.console import print_json, stdout
from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.pricing.audit.model import Severity

__all__ = ["audit_shop"]

_VIOLATED = 1


def audit_shop(
    shop_dir: Path, *, at: datetime, cases: int = 2000, locale: str = "en", as_json: bool = False
) -> None:
    """Audit the parity groups of a directory and print what each comes to.

    Args:
        shop_dir: The shop's configuration.
        at: The instant that counts.
        cases: About how many baskets to price for each group that is not proved.
        locale: Language of sentences and figures.
        as_json: Whether to print one JSON document instead.

    Raises:
        InvalidConfiguration: The configuration cannot be used, or has no parity group.
        typer.Exit: A group is violated, or an exception has expired.
    """
    found = check_shop(shop_dir, at=at, cases=cases, lints=False)
    if found.mistakes:
        first = found.mistakes[0].finding
        raise InvalidConfiguration(first.path, str(first.reason.parameters["problem"]))
    if found.report is not None and not found.report.groups:
        raise InvalidConfiguration("$.parity_groups", "names no channels that are to be equal")
    if as_json:
        print_json(to_document(found, locale=locale))
    else:
        print_parity(stdout(), found, locale=locale)
    if found.count(Severity.ERROR):
        raise typer.Exit(_VIOLATED)
