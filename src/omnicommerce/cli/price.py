"""The command ``omnicommerce price``: what a basket costs, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from omnicommerce.cli.basket_files import read_basket
from omnicommerce.cli.console import print_json, stdout
from omnicommerce.cli.failures import failures_told
from omnicommerce.cli.shop_dir import load_pricing
from omnicommerce.i18n import explain_trace, format_money, render
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Trace
from omnicommerce.pricing.basket import Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price as price_basket
from omnicommerce.pricing.explain import explain
from omnicommerce.pricing.promotions import SelectionPolicy
from omnicommerce.pricing.result import Adjustment, PricedBasket

__all__ = ["price"]

_NOTHING_MATCHES: Final = "promotion.no_matching_items"


def price(
    shop_dir: Annotated[
        Path,
        typer.Argument(
            metavar="SHOP_DIR", exists=True, file_okay=False, help="A shop's configuration."
        ),
    ],
    basket: Annotated[
        Path,
        typer.Argument(
            metavar="BASKET.json",
            exists=True,
            dir_okay=False,
            help="What is bought: an object with 'basket' and 'situation', or a basket alone.",
        ),
    ],
    *,
    channel: Annotated[
        str | None, typer.Option(help="The channel, in place of the file's.", show_default=False)
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANT",
            help="The instant with its offset, such as 2026-11-21T10:00:00+01:00, "
            "in place of the file's.",
            show_default=False,
        ),
    ] = None,
    policy: Annotated[
        SelectionPolicy | None,
        typer.Option(
            help="How promotions are chosen; by default as configured.", show_default=False
        ),
    ] = None,
    drafts: Annotated[
        list[str] | None,
        typer.Option(
            "--draft", metavar="ID", help="Let a draft promotion count, to try it out; repeatable."
        ),
    ] = None,
    why: Annotated[
        bool,
        typer.Option("--explain", help="Say of every promotion why it applied or did not."),
    ] = False,
    locale: Annotated[str, typer.Option(help="Language of sentences and figures.")] = "en",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document; money in minor units.")
    ] = False,
) -> None:
    """Price a basket by a shop's configuration."""
    with failures_told(as_json=as_json, locale=locale):
        goods, situation = read_basket(basket, channel=channel, at=_instant(at))
        book = PriceBook.compile(load_pricing(shop_dir), drafts=drafts or ())
        priced = price_basket(book, goods, situation, policy=policy)
        trace = explain(book, goods, situation, policy=policy) if why else None
        if as_json:
            print_json(_document(priced, situation, trace))
        else:
            _print(stdout(), book, priced, trace, locale)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return require_instant(datetime.fromisoformat(text))
    except ValueError:
        problem = f"must be an instant such as 2026-11-21T10:00:00+01:00, not {text!r}"
        raise InvalidValue("at", problem) from None


def _document(priced: PricedBasket, situation: Situation, trace: Trace | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "book_version": priced.book_version,
        "currency": priced.currency.code,
        "channel": situation.channel,
        "at": situation.at.isoformat(),
        "lines": [
            {
                "line_id": line.line_id,
                "sku": line.sku,
                "quantity": line.quantity,
                "base": line.base_minor,
                "selling": line.selling_minor,
                "adjustments": _adjustments(line.adjustments),
            }
            for line in priced.lines
        ],
        "delivery": [
            {
                "delivery_id": line.delivery_id,
                "base": line.base_minor,
                "selling": line.selling_minor,
                "adjustments": _adjustments(line.adjustments),
            }
            for line in priced.delivery
        ],
        "gifts": [gift._asdict() | {"currency": priced.currency.code} for gift in priced.gifts],
        "surcharges": {item.key: item.minor for item in priced.surcharges},
        "points": priced.points,
        "blocked": dict(priced.blocked),
        "refused_codes": [
            {"code": reason.code, **reason.parameters} for reason in priced.codes.refused
        ],
        "tax": priced.tax_minor,
        "total": priced.total_minor,
        "payable": priced.payable_minor,
    }
    if priced.certificate is not None:
        proof = priced.certificate
        document["certificate"] = {"discount": proof.discount, "bound": proof.bound}
    if trace is not None:
        document["trace"] = [
            {
                "promotion_id": step.subject,
                "verdict": step.verdict,
                "reason": step.reason.code,
                "parameters": dict(step.reason.parameters),
            }
            for step in trace
        ]
    return document


def _adjustments(adjustments: tuple[Adjustment, ...]) -> list[dict[str, Any]]:
    return [{"promotion_id": item.promotion_id, "amount": item.minor} for item in adjustments]


def _print(
    console: Console, book: PriceBook, priced: PricedBasket, trace: Trace | None, locale: str
) -> None:
    promotions = book.configuration.promotions
    names = {p.promotion_id: _in_language(p.name, locale) or p.promotion_id for p in promotions}
    console.print(_bill(priced, names, locale))
    for reason in priced.codes.refused:
        console.print(render(reason, locale=locale), style="yellow")
    if priced.certificate is not None:
        code = "price.best" if priced.certificate.is_optimal else "price.best_within"
        gap = Money(priced.certificate.gap, priced.currency)
        console.print(render(code, {"gap": str(gap)}, locale=locale))
    if trace is not None:
        near = [step for step in trace if step.reason.code != _NOTHING_MATCHES]
        sentences = explain_trace(
            Trace(tuple(near)),
            locale=locale,
            detail="long",
            names={"promotion": names},
            currency=priced.currency,
        )
        console.print()
        console.print(sentences, markup=False)
        far = len(tuple(trace)) - len(near)
        if far:
            console.print(render("price.others", {"count": far}, locale=locale), style="dim")


def _bill(priced: PricedBasket, names: dict[str, str], locale: str) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")

    def add(words: str, minor: int, style: str | None = None) -> None:
        table.add_row(words, format_money(Money(minor, priced.currency), locale), style=style)

    bought = [(f"{i.quantity} × {i.sku}", i.base_minor, i.adjustments) for i in priced.lines]
    brought = [(item.method, item.base_minor, item.adjustments) for item in priced.delivery]
    for words, base, adjustments in (*bought, *brought):
        add(words, base)
        for item in adjustments:
            add(f"    {names.get(item.promotion_id, item.promotion_id)}", item.minor, "green")
    for gift in priced.gifts:
        add(f"{gift.quantity} × {gift.sku}", gift.worth_minor - gift.off_minor)
    for surcharge in priced.surcharges:
        add(surcharge.key, surcharge.minor)
    add(render("price.total", locale=locale), priced.total_minor, "bold")
    for share in priced.tax.rates if priced.tax is not None else ():
        add(f"    {share.name} {share.rate}", share.tax, "dim")
    if priced.payable_minor != priced.total_minor:
        add(render("price.payable", locale=locale), priced.payable_minor, "bold")
    return table


def _in_language(name: Mapping[str, str], locale: str) -> str | None:
    language = locale.replace("_", "-").partition("-")[0]
    found = (name.get(key) for key in (locale, language, "en"))
    return next((text for text in found if text), None)
