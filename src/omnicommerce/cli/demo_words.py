"""The demo's words: every sentence, figure and name in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from omnicommerce import i18n
from omnicommerce.cli.demo_stage import Stage
from omnicommerce.cli.demo_steps import Cell
from omnicommerce.fulfilment.ports import Message
from omnicommerce.i18n import Names
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason, Trace, TraceStep
from omnicommerce.orders.model import Order

__all__ = ["Words", "spaced", "words_of"]

_FIRST_NUMBER: Final = 1000
_NUMBERS: Final = 10


@attrs.frozen(kw_only=True)
class Words:
    """Whom the story is told to.

    Args:
        locale: Their locale.
        zone: The shop's time zone.
        currency: The shop's currency.
        shop_name: What the shop is called.
        names: Names by what they name.
    """

    locale: str
    zone: str
    currency: str
    shop_name: str
    names: Names

    def say(self, reason: Reason) -> str:
        """Return a sentence."""
        return i18n.render(
            reason,
            locale=self.locale,
            zone=self.zone,
            names=self.names,
            currency=self.currency,
        )

    def why(self, step: TraceStep) -> str:
        """Return what became of one promotion."""
        return i18n.explain_trace(
            Trace((step,)),
            locale=self.locale,
            detail="long",
            zone=self.zone,
            names=self.names,
            currency=self.currency,
        )

    def cell(self, cell: Cell) -> str:
        """Return a figure, an amount or a sentence."""
        if isinstance(cell, Reason):
            return self.say(cell)
        if isinstance(cell, int):
            return i18n.format_number(cell, self.locale)
        return self.money(Money.parse(cell))

    def money(self, amount: Money) -> str:
        """Return an amount."""
        return i18n.format_money(amount, self.locale)

    def time(self, at: datetime) -> str:
        """Return the time of day."""
        return i18n.format_instant(at, self.locale, self.zone, "time")

    def name(self, kind: str, identity: str) -> str:
        """Return what people call something."""
        return self.names[kind].get(identity, identity)

    def receipt(self, order: Order) -> str:
        """Return an order as the till prints it."""
        return i18n.receipt(
            order,
            locale=self.locale,
            zone=self.zone,
            shop_name=self.shop_name,
            names=self.names,
        )

    def letter(self, message: Message) -> tuple[str, str]:
        """Return subject and body of a message."""
        return i18n.render_message(message, names=self.names)


def words_of(stage: Stage, locale: str) -> Words:
    """Return the words for telling one run's story.

    Raises:
        InvalidValue: An unknown locale.
    """
    configuration = stage.commerce.shop.configuration
    return Words(
        locale=locale,
        zone=configuration.time_zone,
        currency=stage.commerce.shop.currency.code,
        shop_name=configuration.name,
        names={
            "sku": _skus(stage, locale),
            "location": {each.location_id: each.name for each in configuration.locations},
            "channel": {
                each.channel_id: _in(each.name, each.channel_id, locale)
                for each in configuration.channels
            },
            "promotion": {
                each.promotion_id: _in(each.name, each.promotion_id, locale)
                for each in configuration.pricing.promotions
            },
            "order": _numbers(stage.run),
        },
    )


def _skus(stage: Stage, locale: str) -> Mapping[str, str]:
    """Name each SKU by its product and its options: ``Alba dress (M)``."""
    found = {}
    for product in stage.commerce.shop.configuration.products:
        title = _in(product.name, product.product_id, locale)
        for variant in product.variants:
            options = ", ".join(variant.options.values())
            found[str(variant.sku)] = f"{title} ({options})" if options else title
    return found


def _numbers(run: str) -> Mapping[str, str]:
    """Give each order the number that people see."""
    return {f"order_{run}_{n:04d}": f"A-{_FIRST_NUMBER + n}" for n in range(_NUMBERS)}


def _in(names: Mapping[str, str], identity: str, locale: str) -> str:
    return i18n.localised(names, locale) or identity


def spaced(text: str) -> str:
    """Return the text with ordinary spaces where it has ones that must not break."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
