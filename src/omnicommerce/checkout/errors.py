"""How checkout says no, besides what the rooms it spans say themselves."""

from __future__ import annotations

from omnicommerce.kernel.errors import Refused

__all__ = ["CheckoutRefused", "PaymentDeclined", "QuoteOutdated"]


class CheckoutRefused(Refused):
    """The cart cannot be checked out like this."""

    code = "refused.checkout"


class QuoteOutdated(Refused):
    """The quote is too old or no longer true; ask for a new one and show it."""

    code = "refused.quote_outdated"


class PaymentDeclined(Refused):
    """The gateway declined; nothing was burnt and the order still waits for payment."""

    code = "refused.payment_declined"
