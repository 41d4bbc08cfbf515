"""What a check found, for people: verdicts, findings with their places, and baskets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Console
from rich.text import Text

from omnicommerce.cli.check_run import Check, Placed
from omnicommerce.i18n import format_money, render
from omnicommerce.kernel.money import Money
from omnicommerce.pricing.audit.model import GroupVerdict, Severity, Verdict, Witness
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.parity import ParityDifference
from omnicommerce.pricing.parity_model import ParityLevel

__all__ = ["print_check", "print_parity"]

_STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_VERDICTS: Final = {
    Verdict.PROVED: "bold green",
    Verdict.VIOLATED: "bold red",
    Verdict.NOT_REFUTED: "bold yellow",
}


def print_check(console: Console, check: Check, *, locale: str, notes: bool) -> None:
    """Print everything that was found, and how much it is."""
    print_parity(console, check, locale=locale)
    for item in (*check.mistakes, *check.lints):
        if notes or item.finding.severity is not Severity.NOTE:
            _print_finding(console, item, locale)
    counts = [f"{check.count(severity)} {severity.value}s" for severity in Severity]
    worst = next((one for one in Severity if check.count(one)), None)
    style = "bold green" if worst in {None, Severity.NOTE} else _STYLES[worst or Severity.NOTE]
    console.print(Text(", ".join(counts), style=style))


def print_parity(console: Console, check: Check, *, locale: str) -> None:
    """Print the verdict on each group, and what it rests on."""
    if check.report is None:
        return
    placed = {id(item.finding): item for item in check.parity}
    for group in check.report.groups:
        _print_verdict(console, group, locale)
        for finding in group.findings:
            _print_finding(console, placed[id(finding)], locale)
    for finding in check.report.findings:
        _print_finding(console, placed[id(finding)], locale)


def _print_verdict(console: Console, group: GroupVerdict, locale: str) -> None:
    line = Text()
    line.append(group.verdict.value.replace("_", " "), style=_VERDICTS[group.verdict])
    line.append(f"  {group.group_id}", style="bold")
    line.append(f" ({', '.join(group.channels)}; {group.level.value}): ")
    line.append(render(group.reason, locale=locale))
    console.print(line, soft_wrap=True)


def _print_finding(console: Console, item: Placed, locale: str) -> None:
    finding = item.finding
    line = Text()
    line.append(finding.severity.value, style=_STYLES[finding.severity])
    line.append(f"  {_where(item)}  ")
    line.append(render(finding.reason, locale=locale))
    line.append(f" [{finding.code}]", style="dim")
    console.print(line, soft_wrap=True)
    if finding.witness is not None:
        for text in _shown(finding.witness, locale):
            console.print(Text(f"    {text}"), soft_wrap=True)


def _where(item: Placed) -> str:
    place = item.place
    if place.file is None:
        return item.finding.path
    line = "" if place.text is None else f":{place.text.line}"
    return f"{place.file.name}{line} {item.finding.path}"


def _shown(witness: Witness, locale: str) -> Iterator[str]:
    """Yield a witness as lines: what is bought, where and when, and what it costs."""
    facts = ", ".join(_facts(witness.situation, channels=witness.channels))
    yield f"{_bought(witness.basket)} · {facts}"
    if witness.other is not None:
        yield f"{_bought(witness.other)} · the same"
    telling = _telling(witness.differences)
    if telling is not None:
        yield " · ".join(
            f"{channel}: {_amount(figure, telling, locale)}"
            for channel, figure in (
                (telling.reference, telling.expected),
                (telling.channel, telling.found),
            )
        )


def _bought(basket: Basket) -> str:
    lines = [f"{line.quantity} × {line.sku}" for line in basket.lines]
    lines += [f"delivery {line.method}" for line in basket.delivery]
    lines += [f"coupon of {coupon.face}" for coupon in basket.coupons]
    return ", ".join(lines)


def _facts(situation: Situation, *, channels: Iterable[str]) -> Iterator[str]:
    if not tuple(channels):
        yield situation.channel
    yield situation.at.isoformat()
    for name in ("location", "zone", "country", "currency", "payment", "customer_id", "company_id"):
        value = getattr(situation, name)
        if value is not None:
            yield f"{name} {value}"
    if situation.role is not None:
        yield f"role {situation.role.value}"
    for name in ("codes", "customer_classes"):
        values = getattr(situation, name)
        if values:
            yield f"{name} {', '.join(sorted(values))}"
    for name, texts in sorted(situation.attributes.items()):
        yield f"{name} {', '.join(sorted(texts))}"
    if situation.history is not None:
        yield f"{len(situation.history.placed_at)} orders before"


def _telling(differences: tuple[ParityDifference, ...]) -> ParityDifference | None:
    order = (ParityLevel.PAYABLE, ParityLevel.MERCHANDISE, ParityLevel.POINTS)
    for level in order:
        for item in differences:
            if item.level is level:
                return item
    return differences[0] if differences else None


def _amount(figure: int | None, difference: ParityDifference, locale: str) -> str:
    if figure is None:
        return "–"
    if difference.level.number > ParityLevel.PAYABLE.number:
        return str(figure)
    return format_money(Money(figure, difference.currency), locale)
