"""A cart of 20 lines as JSON text and back, beside code written by hand for exactly this cart.

The hand-written code has the same classes, whose validators run, and orjson; it knows every
field by name and refuses nothing. Both write the same text and read the same cart.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from benchmarks.measure import Row, compared, interleaved, progress
from omnicommerce.cart.model import Cart, CartStatus
from omnicommerce.cart.operations import AddUnits, ApplyCode, Note, Operation, Selection
from omnicommerce.kernel import documents
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.ids import CartId, ChannelId, Sku

__all__ = ["cart", "figures", "read_by_hand", "write_by_hand"]

STARTED: Final = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LINES: Final = 20
KIND: Final = "cart"
VERSION: Final = 1
KINDS: Final = {KIND: documents.StoredKind(VERSION, Cart)}


def figures() -> Iterator[Row]:
    """Yield what writing and reading cost beside the hand-written code."""
    if importlib.util.find_spec("orjson") is None:
        progress("the JSON of carts is not measured: needs `pip install orjson`")
        return
    goods = cart(LINES)
    text = documents.pack(KIND, VERSION, goods)
    assert write_by_hand(goods).decode() == text
    assert read_by_hand(text) == documents.unpack(text, KINDS) == goods
    progress(f"a cart of {LINES} lines as JSON, {len(text) / 1000:.1f} kB")
    found = interleaved(
        {
            "write": partial(documents.pack, KIND, VERSION, goods),
            "by hand": partial(write_by_hand, goods),
            "read": partial(documents.unpack, text, KINDS),
            "back by hand": partial(read_by_hand, text),
        }
    )
    name = f"cart of {LINES} lines"
    against = "by hand with orjson"
    yield compared(f"{name} to JSON", found["write"], found["by hand"], against=against, limit=1.5)
    yield compared(
        f"{name} from JSON", found["read"], found["back by hand"], against=against, limit=2
    )


def cart(lines: int) -> Cart:
    """Return a cart that two devices filled with so many lines, with notes and a code."""
    changes: list[Any] = [
        AddUnits(
            Selection(
                Sku(f"SKU-{n:05d}"),
                options={"colour": "dark blue", "size": "M"} if n % 4 == 0 else {},
                notes=["gift wrap"] if n % 5 == 0 else [],
            ),
            1 + n % 3,
        )
        for n in range(lines)
    ]
    changes += [Note("SKU-00001", "please ring twice"), ApplyCode("WELCOME10")]
    devices = ("browser-7f3a", "till-2")
    operations = [
        Operation(
            device=devices[n % 2],
            sequence=1 + n // 2,
            actor="customer:c-1001",
            at=STARTED + timedelta(seconds=37 * n),
            seen={devices[(n + 1) % 2]: (n + 1) // 2} if n else {},
            change=change,
        )
        for n, change in enumerate(changes)
    ]
    return Cart(
        cart_id=CartId("cart-000017"),
        owner="customer:c-1001",
        shared_with=frozenset({"guest:5f1c"}),
        currency=Currency.of("EUR"),
        channel=ChannelId("web"),
        started_at=STARTED,
        expires_at=STARTED + timedelta(days=60),
        operations=tuple(operations),
    )


def write_by_hand(goods: Cart) -> bytes:
    """Write the cart with orjson and without any general machinery."""
    import orjson  # noqa: PLC0415 - measured only where it is installed

    body = {
        "cart_id": goods.cart_id,
        "owner": goods.owner,
        "shared_with": sorted(goods.shared_with),
        "currency": goods.currency.code,
        "channel": goods.channel,
        "started_at": goods.started_at,
        "expires_at": goods.expires_at,
        "status": goods.status.value,
        "merged_into": goods.merged_into,
        "hand_over": None,
        "version": goods.version,
        "operations": [
            {
                "device": each.device,
                "sequence": each.sequence,
                "actor": each.actor,
                "at": each.at,
                "seen": dict(each.seen),
                "change": _change_written(each.change),
            }
            for each in goods.operations
        ],
    }
    document = {"kind": KIND, "version": VERSION, "body": body}
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def _change_written(change: Any) -> dict[str, Any]:
    kind = type(change)
    if kind is AddUnits:
        selection = change.selection
        return {
            "type": "add_units",
            "selection": {
                "sku": selection.sku,
                "options": dict(selection.options),
                "notes": selection.notes,
            },
            "quantity": change.quantity,
        }
    if kind is Note:
        return {"type": "note", "line_id": change.line_id, "text": change.text}
    return {"type": "apply_code", "code": change.code}


def read_by_hand(text: str) -> Cart:
    """Read the cart with orjson and without any general machinery."""
    import orjson  # noqa: PLC0415 - measured only where it is installed

    body = orjson.loads(text)["body"]
    instant = datetime.fromisoformat
    return Cart(
        cart_id=body["cart_id"],
        owner=body["owner"],
        shared_with=frozenset(body["shared_with"]),
        currency=Currency.of(body["currency"]),
        channel=body["channel"],
        started_at=instant(body["started_at"]),
        expires_at=instant(body["expires_at"]),
        status=CartStatus(body["status"]),
        merged_into=body["merged_into"],
        hand_over=body["hand_over"],
        version=body["version"],
        operations=tuple(
            [
                Operation(
                    device=each["device"],
                    sequence=each["sequence"],
                    actor=each["actor"],
                    at=instant(each["at"]),
                    seen=each["seen"],
                    change=_change_read(each["change"]),
                )
                for each in body["operations"]
            ]
        ),
    )


def _change_read(body: dict[str, Any]) -> Any:
    match body["type"]:
        case "add_units":
            selection = body["selection"]
            return AddUnits(
                Selection(selection["sku"], selection["options"], selection["notes"]),
                body["quantity"],
            )
        case "note":
            return Note(body["line_id"], body["text"])
        case _:
            return ApplyCode(body["code"])
