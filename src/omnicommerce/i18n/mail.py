"""Messages to customers, rendered from their templates.

=================== =====================================================================
template            parameters (any may be left out: its line is left out with it)
=================== =====================================================================
``order.confirmed`` order, total, points, store, slot
``pickup.ready``    order, store, slot, code, collect_until
``pickup.reminder`` order, store, collect_until
``refund.paid``     order, amount
``order.cancelled`` order, cause
=================== =====================================================================

``name`` greets the customer, ``shop`` signs; instants are shown by the clock of ``time_zone``
(an IANA name, UTC by default). A slot is ``{"starts_at": …, "ends_at": …}``.
"""

from __future__ import annotations

from omnicommerce.fulfilment.ports import Message
from omnicommerce.i18n.catalogue import find_message
from omnicommerce.i18n.figures import Audience, Names, fill, placeholders
from omnicommerce.kernel.errors import NotFound

__all__ = ["render_message"]


def render_message(message: Message, *, names: Names | None = None) -> tuple[str, str]:
    """Return the subject and the body of a message in its locale.

    Args:
        message: Template, locale and figures; see the table of this module.
        names: Names to show instead of identities, such as
            ``{"location": {"madrid-gran-via": "Gran Vía"}}``.

    Raises:
        NotFound: No catalogue has such a template.
        InvalidValue: An unknown locale or zone.
    """
    zone = message.parameters.get("time_zone") or "UTC"
    audience = Audience(locale=message.locale, zone=zone, names=names or {})
    subject = _filled(message, "subject", audience)
    body = "\n".join(
        part
        for name in ("greeting", "body", "closing")
        for part in (_filled(message, name, audience),)
        if part
    )
    return " ".join(subject.split()), f"{body.strip()}\n"


def _filled(message: Message, part: str, audience: Audience) -> str:
    code = f"mail.{message.template}.{part}"
    text = find_message((code, f"mail.{part}"), message.parameters, audience.locale)
    if text is None:
        raise NotFound("message template", message.template)
    given = {name for name, value in message.parameters.items() if value is not None}
    lines = [
        fill(line, message.parameters, audience, code=message.template)
        for line in text.split("\n")
        if given.issuperset(placeholders(line))
    ]
    return "\n".join(lines)
