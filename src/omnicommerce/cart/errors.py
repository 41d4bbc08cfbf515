"""How the cart says no."""

from __future__ import annotations

from omnicommerce.kernel.errors import Refused

__all__ = ["CartClosed", "CartFull", "CartRefused", "ForeignCart"]


class CartRefused(Refused):
    """The cart cannot be used like this."""

    code = "refused.cart"


class ForeignCart(CartRefused):
    """The cart is somebody else's, or the code opens none."""

    code = "refused.cart.foreign"


class CartClosed(CartRefused):
    """The cart has expired, was ordered, or went into another one, which the reason names."""

    code = "refused.cart.closed"


class CartFull(CartRefused):
    """The cart would hold more than the shop allows."""

    code = "refused.cart.full"
