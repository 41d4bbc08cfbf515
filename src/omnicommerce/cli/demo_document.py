"""The story as one JSON document: every step with its sentence, its code and its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from omnicommerce.cli.demo_bill import bill_rows
from omnicommerce.cli.demo_stage import Stage
from omnicommerce.cli.demo_steps import Bill, Exhibit, Grid, Letter, Paper, Row, Step
from omnicommerce.cli.demo_words import Words, spaced
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason

__all__ = ["to_document"]


def to_document(stage: Stage, words: Words, steps: Iterable[Step]) -> dict[str, Any]:
    """Return the story; amounts are in minor units or, as figures of a reason, exact text.

    Identities are shown without the mark of the run, so that every run prints
    the same document.
    """
    shop = stage.commerce.shop
    told = [_step(step, words) for step in steps]
    document = {
        "shop": words.shop_name,
        "locale": words.locale,
        "currency": words.currency,
        "minor_units": shop.currency.exponent,
        "time_zone": words.zone,
        "steps": told,
        "claims_checked": len(stage.claims),
    }
    cleaned: dict[str, Any] = _without_run(document, stage)
    return cleaned


def _step(step: Step, words: Words) -> dict[str, Any]:
    return {
        "at": step.at.isoformat(),
        "time": spaced(words.time(step.at)),
        "place": str(step.place),
        "channel": step.channel,
        "who": step.who,
        **_reason(step.says, words),
        "notes": [{"mark": str(note.mark), **_reason(note.reason, words)} for note in step.notes],
        "exhibits": [_exhibit(exhibit, words) for exhibit in step.exhibits],
    }


def _reason(reason: Reason, words: Words) -> dict[str, Any]:
    return {
        "code": reason.code,
        "figures": dict(reason.parameters),
        "text": spaced(words.say(reason)),
    }


def _exhibit(exhibit: Exhibit, words: Words) -> dict[str, Any]:
    match exhibit:
        case Grid(name, columns, rows):
            headings = [spaced(words.say(column)) for column in columns]
            return {"kind": name, "columns": headings, "rows": [_row(row, words) for row in rows]}
        case Bill():
            return {"kind": "quote", **_bill(exhibit, words)}
        case Letter(message):
            subject, body = words.letter(message)
            return {"kind": "message", "subject": spaced(subject), "body": spaced(body)}
        case Paper(order):
            return {
                "kind": "receipt",
                "total": order.total_amount.minor,
                "refunded": order.refunded_amount.minor,
                "text": words.receipt(order),
            }


def _row(row: Row, words: Words) -> dict[str, Any]:
    return {
        "mark": str(row.mark),
        **_reason(row.label, words),
        "cells": [
            _reason(cell, words) if isinstance(cell, Reason) else _exact(cell) for cell in row.cells
        ],
    }


def _exact(cell: int | str) -> int:
    return cell if isinstance(cell, int) else Money.parse(cell).minor


def _bill(bill: Bill, words: Words) -> dict[str, Any]:
    quote = bill.quote
    return {
        "list": quote.list_amount.minor,
        "total": quote.total_amount.minor,
        "points_spent": quote.points_spent,
        "due": quote.due_amount.minor,
        "points_to_earn": quote.points_to_earn,
        "rows": [
            {"text": row.label.strip(), "amount": row.amount} for row in bill_rows(bill, words)
        ],
        "why": [
            {
                "promotion": step.subject,
                "verdict": step.verdict,
                "code": step.reason.code,
                "figures": dict(step.reason.parameters),
                "text": spaced(words.why(step)),
            }
            for step in bill.trace
        ],
    }


def _without_run(value: Any, stage: Stage) -> Any:
    """Return a JSON value with the mark of the run taken out of every text."""
    match value:
        case str():
            return stage.without_run(value)
        case Mapping():
            return {key: _without_run(one, stage) for key, one in value.items()}
        case list() | tuple():
            return [_without_run(one, stage) for one in value]
        case _:
            return value
