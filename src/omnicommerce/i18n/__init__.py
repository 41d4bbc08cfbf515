"""Languages: reasons, receipts and messages as people read them; the only room with Babel."""

from __future__ import annotations

from omnicommerce.i18n.catalogue import languages
from omnicommerce.i18n.figures import Names
from omnicommerce.i18n.formats import (
    InstantStyle,
    format_distance,
    format_instant,
    format_list,
    format_money,
    format_number,
    format_quantity,
    format_rate,
    format_span,
)
from omnicommerce.i18n.locales import localised
from omnicommerce.i18n.mail import render_message
from omnicommerce.i18n.messages import explain_error, explain_trace, render
from omnicommerce.i18n.receipts import receipt

__all__ = [
    "InstantStyle",
    "Names",
    "explain_error",
    "explain_trace",
    "format_distance",
    "format_instant",
    "format_list",
    "format_money",
    "format_number",
    "format_quantity",
    "format_rate",
    "format_span",
    "languages",
    "localised",
    "receipt",
    "render",
    "render_message",
]
