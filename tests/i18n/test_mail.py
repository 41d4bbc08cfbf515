from __future__ import annotations

from typing import Any

import pytest

from omnicommerce import i18n
from omnicommerce.fulfilment.ports import Message
from omnicommerce.kernel.errors import InvalidValue, NotFound

NAMES = {"location": {"madrid": "Gran Vía 12"}}
READY: dict[str, Any] = {
    "name": "Clara",
    "shop": "Casa Alba",
    "time_zone": "Europe/Madrid",
    "order": "order_0001",
    "store": "madrid",
    "slot": {"starts_at": "2026-11-22T10:00:00Z", "ends_at": "2026-11-22T11:00:00Z"},
    "code": "4711 0815",
    "collect_until": "2026-11-27T11:00:00+00:00",
}


def message(template: str, parameters: dict[str, Any], locale: str = "en") -> Message:
    """Return a message to Clara."""
    return Message(
        message_id="m1",
        template=template,
        recipient="clara@example.com",
        locale=locale,
        parameters=parameters,
    )


def test_ready_in_spanish() -> None:
    """The customer learns where, when, by which code and until when."""
    subject, body = i18n.render_message(message("pickup.ready", READY, "es-ES"), names=NAMES)
    assert "Tu pedido order_0001 está listo para recoger" == subject
    assert (
        "Hola, Clara:\n"
        "\n"
        "Todo lo de tu pedido order_0001 te está esperando.\n"
        "Tienda: Gran Vía 12\n"
        "Cuándo: dom, 22 nov, 11:00–12:00\n"
        "Código: 4711 0815\n"
        "Recógelo antes del 27 nov 2026, 12:00.\n"
        "Enseña el código en el mostrador. Pruébatelo: lo que no quieras quedarte se te devuelve "
        "al momento.\n"
        "\n"
        "¡Hasta pronto en Casa Alba!\n" == body
    )


def test_what_is_not_given_is_not_mentioned() -> None:
    """Without slot, name or shop, their lines are left out."""
    bare = {"order": "o1", "store": "madrid", "slot": None, "code": "1", "collect_until": "soon"}
    _, body = i18n.render_message(message("pickup.ready", bare), names=NAMES)
    assert (
        "Everything of your order o1 waits for you.\n"
        "Store: Gran Vía 12\n"
        "Code: 1\n"
        "Please collect it before soon.\n"
        "Show the code at the counter. Try things on: what you do not want to keep is refunded "
        "at once.\n" == body
    )


@pytest.mark.parametrize(
    ("points", "line"), [(1, "You earn 1 point with it."), (1234, "You earn 1,234 points with it.")]
)
def test_confirmation_counts_points(points: int, line: str) -> None:
    """The sentence about points follows the language's plural."""
    parameters = {"order": "o1", "total": "69.80 EUR", "points": points}
    subject, body = i18n.render_message(message("order.confirmed", parameters))
    assert "Your order o1 is confirmed" == subject
    assert line in body.splitlines()
    assert "Total: €69.80" in body.splitlines()


@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize(
    "template",
    ["order.confirmed", "pickup.ready", "pickup.reminder", "refund.paid", "order.cancelled"],
)
def test_every_template_reads_well_when_all_is_given(template: str, locale: str) -> None:
    """With all documented parameters no figure is missing and nothing is left unrendered."""
    parameters = READY | {
        "total": "69.80 EUR",
        "amount": "29.95 EUR",
        "points": 70,
        "cause": "payment",
    }
    subject, body = i18n.render_message(message(template, parameters, locale), names=NAMES)
    for text in (subject, body):
        assert "…" not in text
        assert "{" not in text
        assert "T10:00" not in text
    assert "\n" not in subject


def test_a_subject_is_one_line() -> None:
    """A line break in a figure cannot add a header to the mail."""
    subject, _ = i18n.render_message(message("order.confirmed", {"order": "o1\r\nBcc: x@y"}))
    assert "Your order o1 Bcc: x@y is confirmed" == subject


def test_an_unknown_template_is_named() -> None:
    """A message nobody wrote cannot be sent."""
    with pytest.raises(NotFound, match=r"order\.exploded"):
        i18n.render_message(message("order.exploded", {}))


def test_an_unknown_zone_is_refused() -> None:
    """Instants are never shown by a clock that does not exist."""
    with pytest.raises(InvalidValue, match="Mars"):
        i18n.render_message(message("order.confirmed", {"time_zone": "Mars"}))
